"""What is wrong between WeCom and us: it is silent, refuses us, or is out of reach."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from apps.backoffice.pulse import Mood, silence_of
from apps.backoffice.troubles.not_done import Alike
from apps.backoffice.troubles.seen import Seen
from apps.backoffice.troubles.trouble import Door, MayRepair, Trouble, doors_of
from apps.backoffice.troubles.words import list_of, listed, topics_in_words
from apps.common.jobs import Job
from apps.common.wording import moment
from apps.wecom.errcodes import Kind, explain
from apps.wecom.errors import WeComUnreachable
from apps.wecom.in_words import call_in_words
from apps.wecom.models import Command, Receiver

RECENT = timedelta(minutes=30)  # in which a refusal of WeCom's still counts as news
# Refusals that concern every call of the kind, not the one thing it asked about.
FOR_ALL = (Kind.CONFIG, Kind.SCOPE, Kind.RELOGIN, Kind.PAUSE, Kind.BUSY)


def of_the_callbacks(seen: Seen, *, at: datetime) -> Iterator[Trouble]:
    silence = silence_of(seen.signs, at=at)
    if silence is None or silence.mood != Mood.BROKEN:
        return
    yield Trouble(
        name="callbacks",
        title=gettext("WeCom sends no callbacks any more"),
        meaning=gettext(
            "There has been none for %(silent)s; the longest gap was %(usual)s before. "
            "New contacts, tags and groups do not arrive here at once."
        )
        % silence.words,
        to_do=gettext(
            "Open the app in WeCom's admin console and save the address under "
            "“receive messages” once more. If that fails, ask those who run the server "
            "to look after the domain and its certificate. Then synchronise once, as "
            "WeCom does not repeat what was missed."
        ),
        since=silence.since,
        doors=(
            Door(
                title=gettext("See the last callbacks"),
                address=reverse("admin:wecom_callback_changelist"),
            ),
        ),
    )


def of_the_tokens(seen: Seen) -> Iterator[Trouble]:
    for app, errcode in seen.wire.refused:
        explanation = explain(errcode)
        yield Trouble(
            name=f"token-{app}",
            title=gettext("WeCom does not let us in (%(app)s)")
            % {"app": Receiver(app).label},
            meaning=gettext(
                "%(cause)s. Nothing can be read from WeCom until this is put right."
            )
            % {"cause": explanation.cause},
            to_do=f"{explanation.remedy}。",
            code=gettext("error code %(errcode)d") % {"errcode": errcode},
        )


def of_refusals(
    seen: Seen, *, at: datetime, may_repair: MayRepair
) -> Iterator[Trouble]:
    """WeCom refuses calls of a kind just now, whatever they ask about."""
    for group in refused_now(seen, at=at):
        errcode = group.example.errcode  # type: ignore[attr-defined]
        explanation = explain(errcode)
        yield Trouble(
            name=f"refused-{errcode}",
            title=gettext("WeCom refuses calls: %(cause)s")
            % {"cause": explanation.cause},
            meaning=ngettext(
                "%(many)s call was refused: %(calls)s.",
                "%(many)s calls were refused: %(calls)s.",
                group.many,
            )
            % {"many": f"{group.many:,}", "calls": topics_in_words(group)},
            to_do=gettext("%(remedy)s. Then try them all again.")
            % {"remedy": explanation.remedy},
            since=group.since,
            doors=doors_of(group, may_repair=may_repair),
            code=gettext("error code %(errcode)d") % {"errcode": errcode},
        )


def refused_now(seen: Seen, *, at: datetime) -> list[Alike]:
    return [group for group in seen.failed if is_refused_now(group, at=at)]


def is_refused_now(group: Alike, *, at: datetime) -> bool:
    errcode = getattr(group.example, "errcode", None)
    return bool(
        errcode
        and explain(errcode).kind in FOR_ALL
        and group.called_at
        and at - group.called_at < RECENT
    )


def of_the_line(seen: Seen) -> Iterator[Trouble]:
    """No answer from WeCom, as commands that wait and the pull under way tell it."""
    words = str(WeComUnreachable(sent=False)).rstrip("。.")
    waiting = [g for g in seen.delayed if g.example.last_error.startswith(words)]
    pulls = [
        pull
        for pull in seen.pulls
        if pull.status == Job.Status.WAITING and pull.last_error.startswith(words)
    ]
    begun = [*(g.since for g in waiting), *(p.created_at for p in pulls)]
    if not begun:
        return
    calls = sum(group.many for group in waiting)
    meaning = gettext("The network between this server and WeCom is interrupted.")
    if calls:
        meaning += ngettext("%(many)s call waits.", "%(many)s calls wait.", calls) % {
            "many": f"{calls:,}"
        }
    yield Trouble(
        name="unreachable",
        title=gettext("WeCom does not answer"),
        meaning=meaning,
        to_do=gettext(
            "Everything is tried again by itself for about ten hours. If it lasts, ask "
            "those who run the server to look after its way to the internet."
        ),
        since=min(begun),
        doors=(
            Door(
                title=gettext("See what waits"),
                address=list_of(Command, status__exact=Job.Status.WAITING),
            ),
        ),
    )


def of_pauses(seen: Seen) -> Iterator[Trouble]:
    if not seen.wire.paused:
        return
    apis = [call_in_words(api) for api, _until in seen.wire.paused]
    until = max(until for _api, until in seen.wire.paused)
    yield Trouble(
        name="paused",
        mood=Mood.LATE,
        title=gettext("WeCom limits how often we may ask"),
        meaning=gettext("Left alone until %(until)s: %(calls)s.")
        % {"until": moment(until), "calls": listed(apis)},
        to_do=gettext("Nothing: it goes on by itself. Do not synchronise meanwhile."),
        code=gettext("error code %(errcode)d") % {"errcode": 45009},
    )
