"""Are we in step with WeCom? One sentence in the header of every page.

Calm: "synchronised 12 seconds ago". Amber when something waits for more than a minute,
or WeCom has been silent for much longer than it usually is. Red when the workers or
the broker are away, WeCom refuses us, or the silence is so long that callbacks must
have stopped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from apps.common.jobs import Job
from apps.common.wording import ago, span
from apps.lists.batch import lately
from apps.lists.batch_words import progress_of, title_of
from apps.sync import silence
from apps.sync.models import Pull
from apps.sync.silence import REMEMBERED as REMEMBERED  # callbacks that tell it
from apps.wecom.errors import described
from apps.wecom.models import Callback
from apps.wecom.token import refused_tokens

LATE = timedelta(seconds=60)
STUCK = timedelta(minutes=5)
TOLD = timedelta(minutes=1)  # that the end of somebody's batch stands in the header


class Mood(StrEnum):
    GOOD = "good"
    LATE = "late"
    BROKEN = "broken"


@dataclass(frozen=True, kw_only=True)
class Pulse:
    """`text` is the sentence, `reason` what to know and to do about it."""

    mood: Mood
    text: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Signs:
    """What the pulse is told from."""

    received: Sequence[datetime] = ()  # of the last callbacks, latest first
    waiting_since: datetime | None = None  # the oldest callback that is due
    pulled_at: datetime | None = None  # the last pull's end
    pulling: int | None = None  # percent of the pull under way
    broker: bool = True
    refused: int | None = None  # the errcode, if WeCom gives us no token


def signs(*, at: datetime, broker: bool) -> Signs:
    """Small queries, each by an index."""
    received = Callback.objects.order_by("-received_at")
    due = Callback.objects.filter(status=Job.Status.WAITING, due_at__lte=at)
    pull = Pull.objects.unfinished().order_by("-doing", "pk").first()
    last = (
        Pull.objects.filter(status=Job.Status.DONE, looks_only=False)
        .order_by("-pk")
        .first()
    )
    return Signs(
        received=list(received.values_list("received_at", flat=True)[:REMEMBERED]),
        waiting_since=due.order_by("pk").values_list("created_at", flat=True).first(),
        pulled_at=last.done_at if last else None,
        pulling=pull.percent if pull else None,
        broker=broker,
        refused=next(iter(refused_tokens().values()), None),
    )


def pulse(seen: Signs, *, at: datetime) -> Pulse:
    text = in_step_since(seen, at=at)
    if not seen.broker:
        return Pulse(
            mood=Mood.BROKEN,
            text=text,
            reason=gettext(
                "The broker does not answer. Callbacks are kept, but worked off late: "
                "look after the broker."
            ),
        )
    if seen.refused is not None:
        return Pulse(
            mood=Mood.BROKEN,
            text=text,
            reason=gettext("WeCom does not let us in: %(why)s")
            % {"why": described(seen.refused)},
        )
    waited = at - seen.waiting_since if seen.waiting_since else timedelta()
    if waited > STUCK:
        return Pulse(
            mood=Mood.BROKEN,
            text=text,
            reason=gettext(
                "Callbacks have been waiting for %(span)s: are the workers running?"
            )
            % {"span": span(waited)},
        )
    if found := silence_of(seen, at=at):
        return told(found, text=text)
    if waited > LATE:
        return Pulse(
            mood=Mood.LATE,
            text=text,
            reason=gettext("The oldest waiting callback came %(span)s ago.")
            % {"span": span(waited)},
        )
    return Pulse(mood=Mood.GOOD, text=text)


def at_work(request: Any, *, at: datetime) -> dict[str, Any] | None:
    """What this person has under way, or has just ended: where it is watched."""
    batch = lately(request.user, since=at - TOLD).first()
    if batch is None:
        return None
    told = progress_of(batch, at=at)
    return {
        "label": told["text"],
        "text": title_of(batch),
        "runs": told["running"],
        "percent": told["percent"],
        "url": reverse("admin:lists_batch_change", args=[batch.pk]),
    }


def in_step_since(seen: Signs, *, at: datetime) -> str:
    if seen.pulling is not None:
        return gettext("Pulling from WeCom: %(percent)d%%") % {"percent": seen.pulling}
    heard = [*seen.received[:1], *filter(None, [seen.pulled_at])]
    if not heard:
        return gettext("Not synchronised yet")
    since = max(heard)
    if at - since < timedelta(minutes=1):
        seconds = max(0, int((at - since).total_seconds()))
        return gettext("Synchronised %(seconds)d seconds ago") % {"seconds": seconds}
    return gettext("Synchronised %(ago)s") % {"ago": ago(since, now=at)}


@dataclass(frozen=True, kw_only=True)
class Silence(silence.Silence):
    """WeCom has been silent for longer than is usual."""

    @property
    def mood(self) -> Mood:
        return Mood.BROKEN if self.has_stopped else Mood.LATE

    @property
    def words(self) -> dict[str, str]:
        return {"silent": span(self.silent), "usual": span(self.usual)}


def silence_of(seen: Signs, *, at: datetime) -> Silence | None:
    if seen.pulling is not None:
        return None
    found = silence.silence_of(seen.received, at=at)
    return Silence(**vars(found)) if found and found.is_odd else None


def told(found: Silence, *, text: str) -> Pulse:
    if found.mood == Mood.BROKEN:
        reason = gettext(
            "No callback for %(silent)s, when the longest gap was %(usual)s before: "
            "they have probably stopped. Check the callback address in WeCom's admin "
            "console, then synchronise once."
        )
    else:
        reason = gettext(
            "No callback for %(silent)s, when the longest gap was %(usual)s before. If "
            "something has changed in WeCom all the same, synchronise once."
        )
    return Pulse(mood=found.mood, text=text, reason=reason % found.words)
