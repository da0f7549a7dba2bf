"""Contacts are given to an employee, or put into a pool: the one place that writes it.

The open assignment ends and the next begins at the same moment; whoever was owned by
what their follows say has that written down before it, so that no history has a gap.
The owner of the contact, the event, and the audit row where a person decided are
written in the same transaction. Who has it already keeps it, and nothing is written.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext

from apps.assignment.events import OwnerChanged
from apps.assignment.models import Assignment, AssignmentRule, Pool
from apps.audit.note import Note, note_all
from apps.common.errors import Refused
from apps.contacts.models import Contact
from apps.contacts.settle import settle_owners
from apps.events.bus import record_all
from apps.events.models import EventRecord
from apps.staff.models import Employee, User

How = Assignment.How
LONGEST = 300  # characters of a reason
LOCK = """
SELECT contact.id, contact.owner_id, contact.added_at, mine.id, mine.employee_id,
    mine.pool_id, mine.since
FROM contacts_contact AS contact
LEFT JOIN assignment_assignment AS mine
    ON mine.contact_id = contact.id AND mine.until IS NULL
WHERE contact.id = ANY(%s) AND contact.merged_into_id IS NULL
ORDER BY contact.id FOR UPDATE OF contact
"""
# Since when the owner has been who they are, as follows say.
SINCE = """
SELECT identity.contact_id, min(follow.started_at)
FROM contacts_follow AS follow
JOIN contacts_identity AS identity ON identity.id = follow.identity_id
JOIN contacts_contact AS contact ON contact.id = identity.contact_id
WHERE identity.contact_id = ANY(%s) AND follow.employee_id = contact.owner_id
    AND follow.ended_at IS NULL
GROUP BY 1
"""


class HasLeft(Refused):
    """This colleague has left the company and can be given nobody."""

    code = "assigned_to_somebody_who_left"


@dataclass(frozen=True, kw_only=True)
class Told:
    """To whom a contact goes, or into which pool, and why."""

    employee_id: int | None = None
    pool_id: int | None = None
    why: str = ""
    rule_id: int | None = None


@dataclass(frozen=True)
class Stands:
    """How things stand with a contact; `open_id` is the open assignment."""

    contact_id: int
    owner_id: int | None
    added_at: datetime
    open_id: int | None
    employee_id: int | None
    pool_id: int | None
    since: datetime | None

    def is_so(self, told: Told) -> bool:
        mine = (self.employee_id, self.pool_id)
        return self.open_id is not None and mine == (told.employee_id, told.pool_id)


def give(
    *,
    contact: Contact,
    how: How,
    at: datetime,
    employee: Employee | None = None,
    pool: Pool | None = None,
    why: str = "",
    by: User | None = None,
    rule: AssignmentRule | None = None,
) -> bool:
    """One contact, to an employee or into a pool. Is it news?"""
    told = Told(
        employee_id=employee.pk if employee else None,
        pool_id=pool.pk if pool else None,
        why=why,
        rule_id=rule.pk if rule else None,
    )
    return bool(give_all({contact.pk: told}, how=how, at=at, by=by))


@transaction.atomic(savepoint=False)
def give_all(
    told: Mapping[int, Told],
    *,
    how: How,
    at: datetime,
    by: User | None = None,
) -> set[int]:
    """Each contact as it is told; answers of whom it is news. Who was merged into
    somebody else meanwhile is left alone. Nobody is given away before they came."""
    standing = held(told)
    refuse_leavers(told.values())
    news = {pk: stands for pk, stands in standing.items() if not stands.is_so(told[pk])}
    if not news:
        return set()
    at = max([at, *(s.since for s in news.values() if s.since is not None)])
    write_down_before(news.values(), at=at)
    open_rows = [s.open_id for s in news.values() if s.open_id is not None]
    if open_rows:
        Assignment.objects.filter(pk__in=open_rows).update(until=at)
    Assignment.objects.bulk_create(
        Assignment(
            contact_id=pk,
            employee_id=told[pk].employee_id,
            pool_id=told[pk].pool_id,
            since=at,
            how=how,
            why=told[pk].why[:LONGEST],
            rule_id=told[pk].rule_id,
            by=by,
        )
        for pk in news
    )
    settle_owners(news)
    if by is not None or how == How.CLIENT:
        note_owners(told, news, by=by, at=at)
    source = EventRecord.Source.PERSON if by else EventRecord.Source.SYSTEM
    if how == How.CLIENT:
        source = EventRecord.Source.CLIENT
    record_all(
        OwnerChanged(
            at=at,
            source=source,
            contact_id=pk,
            actor_id=by.pk if by else None,
            reason=how if told[pk].pool_id is None else f"{how}_pool",
            employee_id=told[pk].employee_id,
            pool_id=told[pk].pool_id,
            before_id=stands.owner_id,
            rule_id=told[pk].rule_id,
        )
        for pk, stands in news.items()
    )
    return set(news)


def held(contacts: Iterable[int]) -> dict[int, Stands]:
    """Nobody else gives these away until the end; those who are still themselves."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [list(contacts)])
        return {row[0]: Stands(*row) for row in cursor.fetchall()}


def refuse_leavers(told: Iterable[Told]) -> None:
    """Whoever is given somebody cannot leave until it is written."""
    takers = [each.employee_id for each in told if each.employee_id is not None]
    people = Employee.objects.select_for_update(of=("self",), no_key=True)
    rows = people.filter(pk__in=takers).order_by("pk")
    if any(left is not None for left in rows.values_list("left_at", flat=True)):
        raise HasLeft


def write_down_before(news: Iterable[Stands], *, at: datetime) -> None:
    """What follows said until now, of those who were never given to anybody."""
    first = [s for s in news if s.open_id is None and s.owner_id is not None]
    if not first:
        return
    with connection.cursor() as cursor:
        cursor.execute(SINCE, [[stands.contact_id for stands in first]])
        since = dict(cursor.fetchall())
    rows = []
    for stands in first:
        began = since.get(stands.contact_id, stands.added_at)
        if began < at:
            rows.append(
                Assignment(
                    contact_id=stands.contact_id,
                    employee_id=stands.owner_id,
                    since=began,
                    until=at,
                    how=How.FOLLOW,
                    why=gettext("added them first"),
                )
            )
    Assignment.objects.bulk_create(rows)


def note_owners(
    told: Mapping[int, Told],
    news: Mapping[int, Stands],
    *,
    by: User | None,
    at: datetime,
) -> None:
    people = {stands.owner_id or 0 for stands in news.values()}
    people |= {each.employee_id or 0 for each in told.values()}
    names = {e.pk: str(e) for e in Employee.objects.filter(pk__in=people)}
    into = {each.pool_id or 0 for each in told.values()}
    pools = dict(Pool.objects.filter(pk__in=into).values_list("pk", "name"))

    def after(each: Told) -> str:
        if each.employee_id is not None:
            return names.get(each.employee_id, "")
        return pools.get(each.pool_id or 0, "")

    notes: list[Any] = [
        Note(
            deed="assigned",
            kind="contacts.contact",
            number=pk,
            contact_id=pk,
            before={"owner": names.get(stands.owner_id or 0, "")},
            after={"owner": after(told[pk])},
            reason=told[pk].why,
        )
        for pk, stands in news.items()
    ]
    note_all(notes, by=by, at=at)
