"""The table at which contacts are dealt out, as it stands at a moment: rules with their
people and turns, and what everybody has in hand."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, time
from typing import Any

from django.db import connection
from pyroaring import BitMap

from apps.assignment.deal import Deals, Hand, Lead, Strategy, Table, Turns
from apps.assignment.models import Assignment, AssignmentRule, Skill
from apps.assignment.models import Dealt as DealtRow
from apps.channels.duty import local
from apps.channels.plan import NotAPlan, read
from apps.channels.stand import colleagues_of, people_of
from apps.contacts.models import Contact
from apps.rules import bitmaps
from apps.rules.algebra import atoms
from apps.rules.compile import EVERYBODY, compiled, day_of, found_by, is_true
from apps.rules.tree import NotUnderstood
from apps.rules.tree import read as read_rule
from apps.tags.models import Tagging

FEW = 20  # contacts; up to here each is looked at by itself

# Of the people of all rules: how many they look after, and when they were last given
# anybody. Whoever was merged away counts no more.
HANDS = """
SELECT person, (
        SELECT count(*) FROM assignment_assignment AS mine
        JOIN contacts_contact AS contact ON contact.id = mine.contact_id
        WHERE mine.employee_id = person AND {in_hand} AND contact.merged_into_id IS NULL
    ), (
        SELECT max(since) FROM assignment_assignment
        WHERE employee_id = person AND how = 'rule' AND {before}
    )
FROM unnest(%(people)s::bigint[]) AS person
"""
NOW = {"in_hand": "mine.until IS NULL", "before": "TRUE"}
THEN = {
    "in_hand": "mine.since < %(at)s AND (mine.until IS NULL OR mine.until >= %(at)s)",
    "before": "since < %(at)s",
}
TODAY = """
SELECT rule_id, employee_id, count(*) FROM assignment_assignment
WHERE rule_id = ANY(%(rules)s) AND employee_id IS NOT NULL
    AND since >= %(midnight)s AND {before}
GROUP BY 1, 2
"""
BEFORE = """
SELECT contact_id, employee_id, how = 'follow' OR since < %(before)s
FROM assignment_assignment
WHERE contact_id = ANY(%(ids)s) AND employee_id IS NOT NULL ORDER BY since DESC, id DESC
"""


def table_at(
    at: datetime, *, rules: Iterable[AssignmentRule], back_then: bool = False
) -> tuple[Table, list[AssignmentRule]]:
    """The table, and those rules that cannot be used, with what is wrong. All that is
    written counts, whatever the clock of whoever wrote it; unless it is asked how
    things stood `back_then`."""
    counted = THEN if back_then else NOW
    dealing, broken = [], []
    for rule in rules:
        try:
            dealing.append(deals_of(rule))
        except NotAPlan as wrong:
            rule.trouble = str(wrong)[:300]
            broken.append(rule)
    if not back_then:  # whose turn it was then nobody knows: it begins anew
        fill_in_turns(dealing)
    fill_in_today(dealing, counted, at=at)
    table = Table(rules=dealing)
    people = {person.employee for rule in dealing for person in rule.people}
    rows = []
    if any(looks_at_hands(rule) for rule in dealing):
        told: dict[str, Any] = {"people": sorted(people), "at": at}
        with connection.cursor() as cursor:
            cursor.execute(HANDS.format(**counted), told)
            rows = cursor.fetchall()
    moments = sorted({last for _person, _many, last in rows if last is not None})
    order = {moment: number for number, moment in enumerate(moments, start=1)}
    table.hands = {
        person: Hand(many=many, last=order.get(last, 0)) for person, many, last in rows
    }
    table.last = len(moments)
    return table, broken


def looks_at_hands(rule: Deals) -> bool:
    """Does it matter what everybody holds, or when they were given somebody last?"""
    if rule.strategy in (Strategy.LEAST_OPEN, Strategy.LONGEST_IDLE):
        return True
    return any(person.total_cap is not None for person in rule.people)


def deals_of(rule: AssignmentRule) -> Deals:
    plan = read(rule.plan)
    people = tuple(people_of(plan))
    skills: dict[int, set[int]] = defaultdict(set)
    if rule.by_skill:
        rows = Skill.objects.filter(employee__in=[p.employee for p in people])
        for employee, tag in rows.values_list("employee", "tag"):
            skills[employee].add(tag)
    return Deals(
        rule_id=rule.pk or 0,
        name=rule.name,
        plan=plan,
        strategy=Strategy(rule.strategy),
        people=people,
        colleagues=colleagues_of(people),
        keeps=rule.keeps,
        by_skill=rule.by_skill,
        skills={employee: frozenset(tags) for employee, tags in skills.items()},
        pool_id=rule.pool_id,
        turns=rule.turns,
    )


def fill_in_turns(dealing: list[Deals]) -> None:
    by_rule = {deals.rule_id: deals for deals in dealing}
    rows = DealtRow.objects.filter(rule__in=by_rule)
    for rule, employee, given, number, credit in rows.values_list(
        "rule", "employee", "given", "number", "credit"
    ):
        turns = Turns(given=given, number=number, credit=credit)
        by_rule[rule].taken[employee] = turns


def fill_in_today(
    dealing: list[Deals], counted: Mapping[str, str], *, at: datetime
) -> None:
    by_rule = {deals.rule_id: deals for deals in dealing}
    here = local(at)
    midnight = datetime.combine(here.date(), time(), tzinfo=here.tzinfo)
    told: dict[str, Any] = {"rules": list(by_rule), "midnight": midnight, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(TODAY.format(**counted), told)
        for rule, employee, today in cursor.fetchall():
            by_rule[rule].taken.setdefault(employee, Turns()).today = today
    for deals in dealing:
        deals.day = here.date()


def leads_of(
    contacts: Iterable[int], table: Table, *, before: datetime | None = None
) -> list[Lead]:
    """In the order in which they became known, with what the rules look at. What was
    decided since `before` is not known yet."""
    rows = Contact.objects.current().filter(pk__in=list(contacts))
    owners = dict(rows.order_by("added_at", "pk").values_list("pk", "owner_id"))
    had: dict[int, list[int]] = defaultdict(list)
    if any(deals.keeps for deals in table.rules):
        with connection.cursor() as cursor:
            cursor.execute(
                BEFORE, {"ids": list(owners), "before": before or "infinity"}
            )
            for contact_id, employee_id, is_known in cursor.fetchall():
                if is_known:
                    had[contact_id].append(employee_id)
                else:
                    owners[contact_id] = None
    tags: dict[int, set[int]] = defaultdict(set)
    if any(deals.by_skill for deals in table.rules):
        taggings = Tagging.objects.filter(contact__in=list(owners))
        for contact_id, tag_id in taggings.values_list("contact", "tag"):
            tags[contact_id].add(tag_id)
    return [
        Lead(
            contact_id=pk,
            owner_id=owner,
            before=tuple(dict.fromkeys(had[pk])),
            tags=frozenset(tags[pk]),
        )
        for pk, owner in owners.items()
    ]


def described_by(
    rules: Iterable[AssignmentRule], contacts: Iterable[int], *, at: datetime
) -> tuple[dict[int, set[int]], list[AssignmentRule]]:
    """By contact: the rules whose conditions hold; and the rules that nobody
    understands."""
    contacts = list(contacts)
    found: dict[int, set[int]] = {pk: set() for pk in contacts}
    broken = []
    for rule in rules:
        try:
            for pk in whom_it_describes(rule, contacts, at=at):
                found[pk].add(rule.pk or 0)
        except NotUnderstood as wrong:
            rule.trouble = str(wrong)[:300]
            broken.append(rule)
    return found, broken


def whom_it_describes(
    rule: AssignmentRule, contacts: list[int], *, at: datetime
) -> Iterable[int]:
    if not rule.rule:
        return contacts
    node = read_rule(rule.rule)
    if len(contacts) > FEW:
        return found_by(node, at=at).members & BitMap(contacts)
    expr = compiled(node, today=day_of(at), shares=False)
    wanted = [EVERYBODY, *atoms(expr)]
    each = {pk: bitmaps.is_in(wanted, pk) for pk in contacts}
    return [
        pk
        for pk, holds in each.items()
        if holds[EVERYBODY.name] and is_true(expr, holds)
    ]


def open_in(contacts: Iterable[int]) -> dict[int, bool]:
    """Of those who were given to somebody: are they in a hand (or else in a pool)?"""
    rows = Assignment.objects.open().filter(contact__in=list(contacts))
    return {pk: who is not None for pk, who in rows.values_list("contact", "employee")}
