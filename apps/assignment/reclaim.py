"""Whom nobody follows up is taken back into a pool, after its owner was told.

Once a day it is worked out whom it concerns: one statement over all contacts, pool by
pool. Who is due soon has a notice written; who is due, and had one long enough, is
taken back a handful at a time. Each handful is looked at once more under the lock of
its contacts, so a follow-up that was written a moment ago counts. The connection in
WeCom stays as it is: the next owner may ask for the contact's card.
"""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext

from apps.assignment.give import Told, give_all, held
from apps.assignment.models import Assignment, Notice, Pool
from apps.channels.plan import Plan
from apps.channels.stand import people_of
from apps.staff.models import Employee

HANDFUL = 5_000
SECONDS = 45.0  # of the minute that a job may take

# All contacts of these owners, since when nobody has followed them up, and until when
# they may stay so: by the stage of their lead, if it says so. A next step that is
# agreed on keeps them until it is overdue. Whoever is protected, bought lately, carries
# a tag or has another colleague may be passed over.
DUE = """
SELECT contact.id, contact.owner_id, touched.at,
    touched.at + allowed.days * interval '1 day' AS due_at
FROM contacts_contact AS contact
LEFT JOIN assignment_assignment AS mine
    ON mine.contact_id = contact.id AND mine.until IS NULL
LEFT JOIN (
    SELECT contact_id, max(written_at) AS at FROM followups_note
    WHERE written_at > %(since)s {of_notes} GROUP BY contact_id
) AS note ON note.contact_id = contact.id
LEFT JOIN followups_lead AS lead
    ON lead.contact_id = contact.id AND lead.closed_at IS NULL
CROSS JOIN LATERAL (
    SELECT greatest(
        coalesce(mine.since, contact.added_at), note.at, lead.touched_at
    ) AS at
) AS touched
CROSS JOIN LATERAL (
    SELECT CASE WHEN %(stages)s::jsonb ? lead.stage_id::text
        THEN (%(stages)s::jsonb ->> lead.stage_id::text)::int
        ELSE %(days)s END AS days
) AS allowed
WHERE contact.merged_into_id IS NULL AND contact.owner_id IS NOT NULL
    AND touched.at <= %(soon)s - allowed.days * interval '1 day'
    {of_owners} {of_contacts}
    AND NOT EXISTS (
        SELECT FROM followups_task AS task
        WHERE task.contact_id = contact.id AND task.done_at IS NULL
            AND task.due_at > %(at)s
    )
    AND NOT EXISTS (
        SELECT FROM assignment_protection AS kept
        WHERE kept.contact_id = contact.id AND kept.until > %(at)s
    )
"""
BOUGHT = """
    AND NOT EXISTS (
        SELECT FROM orders_order AS bought
        WHERE bought.contact_id = contact.id AND bought.placed_at > %(bought_since)s
    )
"""
TAGGED = """
    AND NOT EXISTS (
        SELECT FROM tags_tagging AS tagging
        WHERE tagging.contact_id = contact.id AND tagging.tag_id = ANY(%(tags)s)
    )
"""
SHARED = """
    AND cardinality(array_remove(contact.served_by, contact.owner_id)) = 0
"""
TELL = """
INSERT INTO assignment_notice (contact_id, employee_id, pool_id, due_at, told_at)
SELECT due.id, due.owner_id, %(pool)s,
    greatest(due.due_at, %(at)s + %(warns)s * interval '1 day'), %(at)s
FROM ({due}) AS due
ON CONFLICT (contact_id) DO UPDATE SET employee_id = excluded.employee_id,
    pool_id = excluded.pool_id, due_at = excluded.due_at, told_at = excluded.told_at
WHERE assignment_notice.employee_id <> excluded.employee_id
    OR assignment_notice.pool_id <> excluded.pool_id
"""
# One for each of their owners, of all at once: under the bell, and said in WeCom.
REMIND = """
INSERT INTO followups_notice (employee_id, kind, contact_id, many, at)
SELECT employee_id, 'reclaim',
    (array_agg(contact_id ORDER BY due_at, contact_id))[1], count(*), %(at)s
FROM assignment_notice WHERE pool_id = %(pool)s AND told_at = %(at)s
GROUP BY employee_id
"""
# A follow-up, a protection or another owner since: nobody is taken back.
FORGET = """
DELETE FROM assignment_notice AS told
WHERE told.pool_id = %(pool)s AND NOT EXISTS (
    SELECT FROM ({due}) AS due
    WHERE due.id = told.contact_id AND due.owner_id = told.employee_id
)
"""
RIPE = """
SELECT told.contact_id FROM assignment_notice AS told
WHERE told.pool_id = %(pool)s AND told.due_at <= %(at)s
ORDER BY told.contact_id
"""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What a run did, and whether something is left for the next."""

    told: int = 0
    taken_back: int = 0
    is_left: bool = False


def run(*, at: datetime, seconds: float = SECONDS) -> Ran:
    """All pools, the special ones first: whose owner none of them names is the general
    pool's."""
    until = time.monotonic() + seconds
    told = taken_back = 0
    pools = list(Pool.objects.order_by("is_general", "pk"))
    owners = {pool.pk: owners_of(pool) for pool in pools}
    named = sorted({who for mine in owners.values() for who in mine or ()})
    for pool in pools:
        if pool.reclaims_after is None:
            Notice.objects.filter(pool=pool).delete()
            continue
        of = owners[pool.pk]
        told += tell(pool, of=of, but=[] if of is not None else named, at=at)
        for handful in handfuls(pool, at=at):
            if time.monotonic() > until:
                return Ran(told=told, taken_back=taken_back, is_left=True)
            taken_back += take_back(pool, handful, at=at)
    return Ran(told=told, taken_back=taken_back)


def owners_of(pool: Pool) -> list[int] | None:
    """Whose contacts fall into it; None: everybody's whom no other pool names."""
    if pool.is_general or not (pool.people or pool.departments):
        return None
    plan = Plan(departments=tuple(pool.departments))
    return sorted({*pool.people, *(p.employee for p in people_of(plan))})


def due_sql(
    pool: Pool,
    *,
    of: list[int] | None = None,
    but: list[int] | None = None,
    contacts: Iterable[int] | None = None,
    soon: timedelta = timedelta(),
    at: datetime,
) -> tuple[str, dict[str, Any]]:
    assert pool.reclaims_after is not None
    longest = max([pool.reclaims_after, *(n or 0 for n in pool.stage_days.values())])
    told: dict[str, Any] = {
        "days": pool.reclaims_after,
        "stages": json.dumps(pool.stage_days),
        "soon": at + soon,
        "since": at - timedelta(days=longest + 1),
        "at": at,
        "of": of,
        "but": but or [],
        "ids": list(contacts) if contacts is not None else None,
        "pool": pool.pk,
        "warns": pool.warns_before,
    }
    sql = DUE.format(
        of_owners="AND contact.owner_id = ANY(%(of)s)"
        if of is not None
        else "AND contact.owner_id <> ALL(%(but)s::bigint[])",
        of_contacts="" if contacts is None else "AND contact.id = ANY(%(ids)s)",
        of_notes="" if contacts is None else "AND contact_id = ANY(%(ids)s)",
    )
    if pool.spares_bought_days is not None:
        told["bought_since"] = at - timedelta(days=pool.spares_bought_days)
        sql += BOUGHT
    if pool.spares_tags:
        told["tags"] = list(pool.spares_tags)
        sql += TAGGED
    if pool.spares_shared:
        sql += SHARED
    return sql, told


@transaction.atomic
def tell(pool: Pool, *, of: list[int] | None, but: list[int], at: datetime) -> int:
    """Notices of whom is due soon; those that hold no longer are forgotten."""
    soon = timedelta(days=pool.warns_before)
    sql, told = due_sql(pool, of=of, but=but, soon=soon, at=at)
    with connection.cursor() as cursor:
        cursor.execute(FORGET.format(due=sql), told)
        cursor.execute(TELL.format(due=sql), told)
        many = cursor.rowcount
        if many:
            cursor.execute(REMIND, told)
        return many


def handfuls(pool: Pool, *, at: datetime) -> Iterable[list[int]]:
    with connection.cursor() as cursor:
        cursor.execute(RIPE, {"pool": pool.pk, "at": at})
        ripe = [pk for (pk,) in cursor.fetchall()]
    for start in range(0, len(ripe), HANDFUL):
        yield ripe[start : start + HANDFUL]


@transaction.atomic
def take_back(pool: Pool, contacts: list[int], *, at: datetime) -> int:
    held(contacts)
    sql, told = due_sql(pool, contacts=contacts, at=at)
    told["but"] = []
    with connection.cursor() as cursor:
        cursor.execute(sql, told)
        due = {pk: (owner, touched) for pk, owner, touched, _due in cursor.fetchall()}
    told_of = dict(
        Notice.objects.filter(contact__in=contacts).values_list("contact", "employee")
    )
    names = {
        row.pk: str(row)
        for row in Employee.objects.filter(pk__in={who for who, _at in due.values()})
    }
    words = gettext("%(who)s has not followed up for %(days)s days")
    goes = {
        pk: Told(
            pool_id=pool.pk,
            why=words % {"who": names[owner], "days": (at - touched).days},
        )
        for pk, (owner, touched) in due.items()
        if told_of.get(pk) == owner
    }
    given = give_all(goes, how=Assignment.How.RECLAIM, at=at)
    Notice.objects.filter(contact__in=contacts).delete()
    return len(given)
