"""What WeCom lists of the codes of invites is compared with what we hold, and mended.

WeCom lists all codes of the corp by their ids, thousands to a call, so that no invite
is asked for by itself. A code that is not listed any more is made anew; one that was
given back and is still listed is given back again. What changed while WeCom was read
is left for the next time.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from apps.referrals.doors import answering, give_back, open_door
from apps.referrals.models import Invite

SETTLED = timedelta(minutes=10)
LATELY = timedelta(days=30)  # what was given back before is not looked at any more
MOST = 200  # of each kind in one round
ALL_AT_ONCE = 20  # more than these, and more than half: the list is not believed


class Drift(NamedTuple):
    """`lost` are not listed, though their campaign answers; `left` still are."""

    lost: list[Invite]
    left: list[Invite]


def drift_of(listed: Collection[str], *, read_at: datetime) -> Drift:
    held = answering(at=read_at).filter(asked_at__lt=read_at - SETTLED)
    given_back = Invite.objects.exclude(config_id="").filter(
        removed_at__gt=read_at - LATELY, removed_at__lt=read_at - SETTLED
    )
    there = set(listed)
    return Drift(
        lost=some(held, lambda config_id: config_id not in there),
        left=some(given_back, lambda config_id: config_id in there),
    )


def some(rows: QuerySet[Invite], drifted) -> list[Invite]:
    codes = rows.order_by("pk").values_list("pk", "config_id").iterator()
    numbers = [pk for pk, config_id in codes if drifted(config_id)][:MOST]
    found = Invite.objects.filter(pk__in=numbers).order_by("pk")
    return list(found.select_related("campaign__channel"))


@transaction.atomic(savepoint=False)
def mend_codes(listed: Collection[str], *, read_at: datetime, at: datetime) -> Drift:
    """What differed."""
    drift = drift_of(listed, read_at=read_at)
    give_back([invite.config_id for invite in drift.left])
    if is_believed(drift, many=answering(at=read_at).count()):
        for invite in drift.lost:
            invite.config_id = invite.qr_code = invite.qr_text = ""
            invite.held, invite.asked_at = [], None
            invite.save()
            open_door(invite, at=at)
    return drift


def is_believed(drift: Drift, *, many: int) -> bool:
    return len(drift.lost) <= ALL_AT_ONCE or 2 * len(drift.lost) < min(many, MOST)
