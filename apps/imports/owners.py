"""The owner column of a table: contacts are given to colleagues, as by any other hand.

Each is an assignment with its row as the reason. When the table is taken back they go
to whoever had them before, or wait in the general pool if that was nobody; whoever has
been given on since stays there.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from apps.assignment.assign import general_pool
from apps.assignment.give import Told, give_all
from apps.assignment.models import Assignment
from apps.contacts.bring import Meant, contact_of
from apps.imports.models import Import
from apps.staff.models import Employee

How = Assignment.How
SHOWN = 20  # colleagues


def give_owners(rows: Sequence[Meant], *, of: Import, at: datetime) -> list[list[Any]]:
    """Answers of each who had them before: a colleague, or a pool, or nobody."""
    words = gettext("table “%(name)s”, row %(number)d")
    told = {
        contact_of(row): Told(
            employee_id=row.owner_id,
            why=words % {"name": of.name, "number": row.row.number},
        )
        for row in rows
        if row.owner_id is not None
    }
    had = {contact_of(row): row.contact.owner_id for row in rows if row.contact}
    before = open_of(told)
    given = give_all(told, how=How.IMPORT, at=at, by=of.by)
    return [
        [pk, told[pk].employee_id, *before.get(pk, (had.get(pk), None))]
        for pk in sorted(given)
    ]


def give_back(given: Iterable[Sequence[Any]], *, of: Import, at: datetime) -> None:
    """`given` is what give_owners answered, without whom the table made."""
    words = gettext("the table “%(name)s” was taken back") % {"name": of.name}
    rows = {pk: (to, employee, pool) for pk, to, employee, pool in given}
    now = open_of(rows)
    told = {}
    for pk, (to, employee, pool) in rows.items():
        if now.get(pk) != (to, None):
            continue
        if employee is None and pool is None:
            pool = general_pool().pk
        told[pk] = Told(employee_id=employee, pool_id=pool, why=words)
    gone = Employee.objects.filter(
        pk__in={each.employee_id for each in told.values()}, left_at__isnull=False
    )
    left = set(gone.values_list("pk", flat=True))
    for pk, each in told.items():
        if each.employee_id in left:
            told[pk] = Told(pool_id=general_pool().pk, why=words)
    give_all(told, how=How.IMPORT, at=at, by=of.by)


def open_of(contacts: Iterable[int]) -> dict[int, tuple[int | None, int | None]]:
    rows = Assignment.objects.open().filter(contact__in=list(contacts))
    return {
        contact: (employee, pool)
        for contact, employee, pool in rows.values_list("contact", "employee", "pool")
    }


def named(many: Counter[int]) -> list[list[Any]]:
    """Who would be given how many, the most first."""
    names = Employee.objects.in_bulk(list(many))
    return [[str(names[pk]), n] for pk, n in many.most_common(SHOWN) if pk in names]
