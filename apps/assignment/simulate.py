"""Who would have got yesterday's leads, had a rule been another? Nothing is written.

Leads of a day are those who became known on it, and those whom a rule dealt out. They
are dealt once more, in their order and at their hours, at a table as it stood at
midnight: by the same function that deals in earnest. Conditions are read as they hold
now.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from apps.assignment.assign import told_of
from apps.assignment.deal import Dealt
from apps.assignment.models import AssignmentRule
from apps.assignment.table import described_by, leads_of, table_at
from apps.contacts.models import Contact
from apps.staff.models import Employee

MOST = 2_000  # leads of a day

LEADS = """
SELECT id, at FROM (
    SELECT contact.id, contact.added_at AS at FROM contacts_contact AS contact
    WHERE contact.added_at >= %(from)s AND contact.added_at < %(end)s
        AND contact.merged_into_id IS NULL
    UNION ALL
    SELECT given.contact_id, min(given.since) FROM assignment_assignment AS given
    JOIN contacts_contact AS contact ON contact.id = given.contact_id
    WHERE given.how = 'rule' AND given.since >= %(from)s AND given.since < %(end)s
        AND contact.merged_into_id IS NULL
        AND contact.added_at NOT BETWEEN %(from)s AND %(end)s
    GROUP BY given.contact_id
) AS lead (id, at) ORDER BY at, id LIMIT %(most)s
"""
# Who had each of them when that day was over.
GOT = """
SELECT DISTINCT ON (contact_id) contact_id, employee_id FROM assignment_assignment
WHERE contact_id = ANY(%(ids)s) AND since < %(end)s
ORDER BY contact_id, since DESC, id DESC
"""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One lead: who got it, and who would have."""

    contact: Contact
    at: datetime
    was: str
    would: str
    why: str

    @property
    def differs(self) -> bool:
        return self.was != self.would


@dataclass(frozen=True, kw_only=True)
class Simulated:
    day: date
    lines: list[Line]
    totals: list[tuple[str, int, int]]  # by colleague: had, would have had
    is_cut: bool

    @property
    def moved(self) -> int:
        return sum(line.differs for line in self.lines)


def simulate(changed: AssignmentRule, *, day: date, in_pool: str) -> Simulated:
    """`changed` takes the place of its former self, or is asked before all others.
    `in_pool` is how nobody is called."""
    begin = timezone.make_aware(datetime.combine(day, time()))
    end = begin + timedelta(days=1)
    rules = with_changed(changed)
    with connection.cursor() as cursor:
        told: dict[str, Any] = {"from": begin, "end": end, "most": MOST + 1}
        cursor.execute(LEADS, told)
        moments = dict(cursor.fetchall()[: MOST + 1])
        is_cut = len(moments) > MOST
        moments = dict(list(moments.items())[:MOST])
        cursor.execute(GOT, {"ids": list(moments), "end": end})
        got = dict(cursor.fetchall())
    described, broken = described_by(rules, moments, at=end)
    usable = [rule for rule in rules if rule not in broken]
    table, _unfit = table_at(begin, rules=usable, back_then=True)
    by_pk = {lead.contact_id: lead for lead in leads_of(moments, table, before=begin)}
    dealt: dict[int, Dealt | None] = {}
    for pk, at in moments.items():
        if pk in by_pk:
            dealt[pk] = table.deal(by_pk[pk], described=described[pk], at=at)
    people = Contact.objects.in_bulk(dealt)
    names = names_of(dealt.values(), got.values(), people.values())
    lines = []
    for pk, each in dealt.items():
        contact = people[pk]
        had = got.get(pk, contact.owner_id)
        was = names.get(had or 0, in_pool)
        told_now = told_of(each) if each else None
        taker = told_now.employee_id if told_now else contact.owner_id
        lines.append(
            Line(
                contact=contact,
                at=moments[pk],
                was=was,
                would=names.get(taker or 0, in_pool),
                why=told_now.why if told_now else "",
            )
        )
    many = Counter(line.was for line in lines)
    would = Counter(line.would for line in lines)
    everybody = sorted({*many, *would}, key=lambda name: (-would[name], name))
    totals = [(name, many[name], would[name]) for name in everybody]
    return Simulated(day=day, lines=lines, totals=totals, is_cut=is_cut)


def with_changed(changed: AssignmentRule) -> list[AssignmentRule]:
    rules = list(AssignmentRule.objects.on().order_by("place", "pk"))
    if changed.pk and any(rule.pk == changed.pk for rule in rules):
        return [changed if rule.pk == changed.pk else rule for rule in rules]
    return [changed, *rules]


def names_of(
    dealt: Iterable[Dealt | None],
    got: Iterable[int | None],
    people: Iterable[Contact],
) -> dict[int, str]:
    wanted = {each.employee_id or 0 for each in dealt if each}
    wanted |= {number or 0 for number in got}
    wanted |= {contact.owner_id or 0 for contact in people}
    return {row.pk: str(row) for row in Employee.objects.filter(pk__in=wanted)}
