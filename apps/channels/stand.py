"""How things stand at a code: its people, what they were given, whose turn it is."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from apps.channels.choose import Choice, Colleague, Count, decide
from apps.channels.duty import local
from apps.channels.models import Channel
from apps.channels.plan import Person, Plan, Rotation, read
from apps.staff.models import Employee
from apps.staff.tree import read_tree

# All that is counted of one code, by employee: as many rows as people ever stood there.
COUNTS = """
SELECT turn.employee_id, coalesce(today.added, 0), turn.given, turn.number, turn.credit
FROM channels_turn AS turn
LEFT JOIN channels_channelday AS today ON today.channel_id = turn.channel_id
    AND today.day = %(day)s AND today.employee_id = turn.employee_id
WHERE turn.channel_id = %(channel)s
"""
BUSY = """
SELECT employee_id, sum(added) FROM channels_channelday
WHERE employee_id = ANY(%(people)s) AND day = %(day)s GROUP BY employee_id
"""


def plan_of(channel: Channel) -> Plan:
    """The plan in force; of what was never published, its draft."""
    return read(channel.plan if channel.plan is not None else channel.draft)


def people_of(plan: Plan) -> list[Person]:
    """Those named, then those of the departments and all below them."""
    named = {person.employee for person in plan.people}
    others: set[int] = set()
    if plan.departments:
        branches = read_tree().branches
        for number in plan.departments:
            if branch := branches.get(number):
                others |= branch.people
        serving = Employee.objects.serving().filter(pk__in=others - named)
        others = set(serving.values_list("pk", flat=True))
    return [*plan.people, *(Person(employee=number) for number in sorted(others))]


def colleagues_of(people: Iterable[Person]) -> dict[int, Colleague]:
    rows = Employee.objects.filter(pk__in={person.employee for person in people})
    return {
        employee.pk: Colleague(
            number=employee.pk,
            account=employee.wecom_id,
            name=str(employee),
            status=employee.status,
            serves=employee.serves,
            has_left=employee.has_left,
        )
        for employee in rows
    }


def counts_of(
    channel: Channel, plan: Plan, people: Iterable[Person], *, at: datetime
) -> dict[int, Count]:
    """One statement, two where it matters how busy somebody is."""
    told: dict[str, Any] = {"channel": channel.pk, "day": local(at).date()}
    busy: dict[int, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, told)
        rows = cursor.fetchall()
        if plan.rotation == Rotation.LEAST_BUSY:
            told["people"] = [person.employee for person in people]
            cursor.execute(BUSY, told)
            busy = dict(cursor.fetchall())
    found = {
        employee: Count(
            today=today,
            given=given,
            number=number,
            credit=credit,
            busy=busy.pop(employee, 0),
        )
        for employee, today, given, number, credit in rows
    }
    return found | {employee: Count(busy=many) for employee, many in busy.items()}


def choice_at(channel: Channel, *, at: datetime, plan: Plan | None = None) -> Choice:
    """Who would be given the next contact at that moment, and why the others not."""
    plan = plan or plan_of(channel)
    people = people_of(plan)
    return decide(
        plan,
        people,
        colleagues=colleagues_of(people),
        counts=counts_of(channel, plan, people, at=at),
        barred=map(int, channel.barred),
        at=at,
    )
