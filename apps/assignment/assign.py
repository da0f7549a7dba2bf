"""Whoever looks after nobody's contact is chosen by the rules, and it is written why.

All who deal take turns: what one has given, the next has counted, so no cap is passed
at any instant. Who has been given to somebody before keeps them, however often the news
is told. Of whom no rule speaks: they stay with whoever was added first, or wait in the
general pool if there is nobody.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext

from apps.assignment.deal import Dealt, Table
from apps.assignment.give import Told, give_all
from apps.assignment.models import Assignment, AssignmentRule, Pool
from apps.assignment.table import described_by, leads_of, open_in, table_at
from apps.assignment.words import why_nobody, why_taken
from apps.common.turns import take_turns
from apps.staff.models import User

TURN = "assignment"
COUNT = """
WITH turned AS (
    UPDATE assignment_assignmentrule SET turns = %s WHERE id = %s
)
INSERT INTO assignment_dealt (rule_id, employee_id, given, number, credit)
SELECT %s, employee, given, number, credit
FROM unnest(%s::bigint[], %s::integer[], %s::integer[], %s::integer[])
    AS told (employee, given, number, credit)
ON CONFLICT (rule_id, employee_id) DO UPDATE SET
    given = excluded.given, number = excluded.number, credit = excluded.credit
"""


@transaction.atomic
def assign(
    contacts: Iterable[int],
    *,
    at: datetime,
    by: User | None = None,
    anew: bool = False,
) -> set[int]:
    """Deal these out by the rules; answers who was given to somebody, or to a pool.
    `anew`: also who is in a hand already."""
    asked = set(contacts)
    take_turns(TURN)
    rules = list(AssignmentRule.objects.on().order_by("place", "pk"))
    stand = open_in(asked)
    if not anew:
        asked -= {pk for pk, in_hand in stand.items() if in_hand}
    if not asked or not rules:
        return set()
    described, broken = described_by(rules, asked, at=at)
    table, unfit = table_at(at, rules=[rule for rule in rules if rule not in broken])
    for rule in (*broken, *unfit):
        AssignmentRule.objects.filter(pk=rule.pk).update(trouble=rule.trouble)
    told: dict[int, Told] = {}
    for lead in leads_of(asked, table):
        dealt = table.deal(lead, described=described[lead.contact_id], at=at)
        if dealt is not None:
            told[lead.contact_id] = told_of(dealt)
        elif lead.owner_id is None and lead.contact_id not in stand:
            told[lead.contact_id] = Told(
                pool_id=general_pool().pk, why=gettext("no rule speaks of them")
            )
    given = give_all(told, how=Assignment.How.RULE, at=at, by=by)
    write_turns(table)
    return given


def told_of(dealt: Dealt) -> Told:
    rule = dealt.rule
    assert rule is not None
    if dealt.employee_id is None:
        pool_id = rule.pool_id or general_pool().pk
        return Told(pool_id=pool_id, why=why_nobody(dealt), rule_id=rule.rule_id)
    return Told(
        employee_id=dealt.employee_id, why=why_taken(dealt), rule_id=rule.rule_id
    )


def write_turns(table: Table) -> None:
    with connection.cursor() as cursor:
        for rule in table.rules:
            people = sorted(rule.touched)
            if not people:
                continue
            turns = [rule.taken[employee] for employee in people]
            columns = (
                [each.given for each in turns],
                [each.number for each in turns],
                [each.credit for each in turns],
            )
            cursor.execute(
                COUNT, [rule.turns, rule.rule_id, rule.rule_id, people, *columns]
            )


def name_of_the_general_pool() -> str:
    """Also before anybody has waited there."""
    found = Pool.objects.filter(is_general=True).first()
    return str(found or gettext("General pool"))


def general_pool() -> Pool:
    """There always is one."""
    found = Pool.objects.filter(is_general=True).first()
    if found is None:
        found, _made = Pool.objects.get_or_create(
            is_general=True, defaults={"name": gettext("General pool")}
        )
    return found
