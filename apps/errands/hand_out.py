"""A campaign is handed to employees; they say when they are done; it is called off.

An errand is open until whoever has it is done or it is called off; it is late when its
time is over before that. Whoever is done may say so again, with another number.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.audit.note import note
from apps.campaigns.models import Campaign
from apps.common.errors import Refused
from apps.errands.models import Errand, Share
from apps.staff.models import Employee, User

MOST = 500  # employees of one errand
TARGETS = ("reached", "joined", "helped", "converted", "amount")
LARGEST = 10**12


class NotRunning(Refused):
    """Only a campaign that runs is handed out: launch it first."""

    code = "campaign_not_running"


class BadErrand(Refused):
    """An errand needs colleagues who work here, 500 at most, a time in the future, and
    one target at least."""

    code = "bad_errand"


class BadLink(Refused):
    """A link begins with https:// or http://."""

    code = "bad_link"


class CalledOff(Refused):
    """This errand was called off."""

    code = "errand_called_off"


@transaction.atomic
def hand_out(
    *,
    campaign: Campaign,
    employees: Iterable[Employee],
    targets: Mapping[str, int | None],
    due_at: datetime | None,
    text: str = "",
    link: str = "",
    by: User,
    at: datetime,
) -> Errand:
    if campaign.status != Campaign.Status.LAUNCHED:
        raise NotRunning
    chosen = list({each.pk: each for each in employees if not each.has_left}.values())
    wanted = {name: targets.get(name) for name in TARGETS}
    if not 1 <= len(chosen) <= MOST or due_at is None or due_at <= at:
        raise BadErrand
    if not any(wanted.values()) or any((n or 0) > LARGEST for n in wanted.values()):
        raise BadErrand
    link = link.replace("\0", "").strip()[:300]
    if link and not link.startswith(("https://", "http://")):
        raise BadLink
    made = Errand.objects.create(
        campaign=campaign,
        text=text.replace("\0", "").strip()[:500],
        link=link,
        since=at,
        due_at=due_at,
        made_by=by,
        made_at=at,
        **wanted,
    )
    Share.objects.bulk_create(Share(errand=made, employee=each) for each in chosen)
    after: dict[str, Any] = {name: many for name, many in wanted.items() if many}
    after |= {"campaign": campaign.name, "many": len(chosen), "due_at": f"{due_at}"}
    note(deed="added", about=made, after=after, by=by, at=at)
    return made


@transaction.atomic
def say_done(
    *, share: Share, reached: int, is_done: bool, by: User, at: datetime
) -> None:
    """How many of their customers they have told, and whether that is all."""
    share = Share.objects.select_for_update().select_related("errand").get(pk=share.pk)
    if share.errand.ended_at:
        raise CalledOff
    before = {"reached": share.reached, "is_done": share.done_at is not None}
    share.reached = min(reached, LARGEST // 1_000)
    share.done_at = (share.done_at or at) if is_done else None
    share.save(update_fields=["reached", "done_at"])
    after = {"reached": share.reached, "is_done": is_done}
    if before != after:
        note(
            deed="changed", about=share.errand, before=before, after=after, by=by, at=at
        )


@transaction.atomic
def call_off(*, errand: Errand, by: User, at: datetime) -> None:
    errand = Errand.objects.select_for_update().get(pk=errand.pk)
    if errand.ended_at:
        raise CalledOff
    errand.ended_at = at
    errand.save(update_fields=["ended_at"])
    note(
        deed="changed",
        about=errand,
        before={},
        after={"ended_at": f"{at}"},
        by=by,
        at=at,
    )
