"""Earn, spend, expire; the balance is the sum of the ledger.

Whoever writes one contact's ledger holds the contact, so that a balance is looked at
and changed by one at a time, also while contacts are merged. The sums themselves are
the database's (migrations/0002_sums.py). Spending never goes below zero; what was
earned and is taken back after it was spent is owed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from apps.audit.note import note
from apps.common.errors import Refused
from apps.contacts.models import Contact
from apps.events.bus import record
from apps.events.models import EventRecord
from apps.loyalty.events import PointsChanged
from apps.loyalty.level import settle_levels
from apps.loyalty.models import MOST, Membership, PointsEntry
from apps.loyalty.setting import setting
from apps.staff.models import User

Kind = PointsEntry.Kind
Source = EventRecord.Source
AT_LEAST = timedelta(days=1)  # that points count, however late we hear of them
HOLD = """
SELECT id, merged_into_id FROM contacts_contact WHERE id = %s FOR NO KEY UPDATE
"""


class NotEnough(Refused):
    """There are not so many points."""

    code = "not_enough_points"


class BadAmount(Refused):
    """A whole number of points that is not zero, at most a hundred million."""

    code = "bad_points"


class NoReason(Refused):
    """Say why: it stands in the ledger, and the customer may ask."""

    code = "points_without_reason"


class NoSuchMember(Refused):
    """There is no such customer any more."""

    code = "no_such_member"


class ToldOtherwise(Refused):
    """Under this number something else was told before."""

    code = "points_told_otherwise"


@dataclass(frozen=True, kw_only=True)
class Telling:
    """One line as it is told. `key` names the fact behind it, once and for all."""

    kind: PointsEntry.Kind
    key: str
    points: int
    at: datetime
    growth: int = 0
    why: str = ""
    of: PointsEntry | None = None
    rule_id: int | None = None
    by: User | None = None
    system: str = ""
    expires_at: datetime | None = None

    @property
    def source(self) -> EventRecord.Source:
        if self.by:
            return Source.PERSON
        return Source.CLIENT if self.system else Source.SYSTEM


def earn(
    *,
    contact_id: int,
    points: int,
    key: str,
    at: datetime,
    growth: int = 0,
    **more: Any,
) -> PointsEntry:
    """Points that somebody has earned; told again under its `key`, the same line."""
    if not 0 <= points <= MOST or not 0 <= growth <= MOST or points == growth == 0:
        raise BadAmount
    with transaction.atomic():
        told = Telling(
            kind=Kind.EARNED,
            key=key,
            points=points,
            growth=growth,
            at=at,
            expires_at=end_of(at) if points else None,
            **more,
        )
        return append(hold(contact_id), told)


def spend(
    *, contact_id: int, points: int, key: str, at: datetime, **more: Any
) -> PointsEntry:
    """Never more than there are."""
    if not 0 < points <= MOST:
        raise BadAmount
    with transaction.atomic():
        told = Telling(kind=Kind.SPENT, key=key, points=-points, at=at, **more)
        return append(hold(contact_id), told)


def give_back(*, spent: PointsEntry, key: str, at: datetime, **more: Any) -> Any:
    """All of what was spent; it counts anew as long as points do."""
    with transaction.atomic():
        told = Telling(
            kind=Kind.GIVEN_BACK,
            key=key,
            points=-spent.points,
            at=at,
            of=spent,
            expires_at=end_of(at),
            **more,
        )
        return append(hold(spent.contact_id), told)


def take_back(
    *,
    earned: PointsEntry,
    points: int,
    growth: int,
    key: str,
    at: datetime,
    **more: Any,
) -> PointsEntry:
    """Part of what was earned, or all. What has grown old is not taken twice."""
    with transaction.atomic():
        contact_id = hold(earned.contact_id)
        if PointsEntry.objects.filter(key=f"aged:{earned.pk}").exists():
            growth = 0
        told = Telling(
            kind=Kind.TAKEN_BACK,
            key=key,
            points=-points,
            growth=-growth,
            at=at,
            of=earned,
            expires_at=earned.expires_at,
            **more,
        )
        return append(contact_id, told)


def correct(
    *, contact: Contact, points: int, why: str, key: str, by: User, at: datetime
) -> PointsEntry:
    """By hand, with a reason. `key` is of the form that was sent: twice counts once."""
    why = " ".join(why.replace("\0", "").split())[:200]
    if not why:
        raise NoReason
    if points == 0 or abs(points) > MOST:
        raise BadAmount
    with transaction.atomic():
        contact_id = hold(contact.pk)
        known = PointsEntry.objects.filter(key=f"by-hand:{key}").exists()
        told = Telling(
            kind=Kind.CORRECTED,
            key=f"by-hand:{key}",
            points=points,
            at=at,
            why=why,
            by=by,
            expires_at=end_of(at) if points > 0 else None,
        )
        entry = append(contact_id, told)
        if not known:
            after = {"points": points, "why": why}
            note(deed="points_corrected", by=by, at=at, about=contact, after=after)
        return entry


# --- the ledger -----------------------------------------------------------------------


def append(contact_id: int, told: Telling) -> PointsEntry:
    """Who calls this holds the contact."""
    known = PointsEntry.objects.filter(key=told.key).first()
    if known is not None:
        if (known.kind, known.points) != (told.kind, told.points):
            raise ToldOtherwise(detail=told.key)
        return known
    is_spent = told.kind in (Kind.SPENT, Kind.CORRECTED) and told.points < 0
    if is_spent and (balance := balance_of(contact_id)) < -told.points:
        raise NotEnough(detail=str(balance))
    entry = PointsEntry.objects.create(
        contact_id=contact_id,
        kind=told.kind,
        points=told.points,
        growth=told.growth,
        key=told.key,
        of=told.of,
        rule_id=told.rule_id,
        why=told.why,
        by=told.by,
        system=told.system,
        at=told.at,
        expires_at=told.expires_at,
    )
    record(
        PointsChanged(
            at=told.at,
            source=told.source,
            contact_id=contact_id,
            actor_id=told.by.pk if told.by else None,
            points_entry_id=entry.pk,
            points=told.points,
            reason=told.kind.value,
        )
    )
    settle_levels([contact_id], at=told.at)
    return entry


def hold(contact_id: int) -> int:
    """Whose ledger it is now, after merges; nobody else writes it until the end. Who
    was merged meanwhile is let go again: nobody holds one and waits for another."""
    while True:
        part = transaction.savepoint()
        with connection.cursor() as cursor:
            cursor.execute(HOLD, [contact_id])
            row = cursor.fetchone()
        if row is None:
            raise NoSuchMember
        if row[1] is None:
            transaction.savepoint_commit(part)
            return contact_id
        transaction.savepoint_rollback(part)
        contact_id = row[1]


def balance_of(contact_id: int) -> int:
    rows = Membership.objects.filter(contact=contact_id)
    return rows.values_list("balance", flat=True).first() or 0


def ledger_of(contact_id: int) -> int:
    """The same, added up line by line: what the balance is checked against."""
    rows = PointsEntry.objects.filter(contact=contact_id).order_by()
    return rows.aggregate(all=Sum("points"))["all"] or 0


def end_of(at: datetime) -> datetime | None:
    """Until when points of this moment count: to the end of a month."""
    months = setting().months
    if not months:
        return None
    day = timezone.localtime(at)
    month = day.year * 12 + day.month - 1 + months + 1
    end = day.replace(
        year=month // 12,
        month=month % 12 + 1,
        day=1,
        hour=0,
        minute=0,
        second=0,
        microsecond=0,
    )
    return max(end, timezone.now() + AT_LEAST)
