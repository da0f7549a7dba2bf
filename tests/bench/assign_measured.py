"""What `./run bench assign` measures, in a process of the house; prints JSON."""

import json
import os
import subprocess
import sys
import time
from datetime import timedelta

import django

FIVE = {"callback": 1, "reconcile": 1, "client": 1, "table": 200, "list": 1_000}
EACH = 200  # leads of each source
CAPS = {n: 60 if n <= 10 else 45 for n in range(1, 21)}  # a day; 1,050 in all

GAPS = """
SELECT count(*) FROM (
    SELECT until, lead(since) OVER (PARTITION BY contact_id ORDER BY since, id) AS next,
        row_number() OVER (PARTITION BY contact_id ORDER BY since DESC, id DESC) AS last
    FROM assignment_assignment WHERE contact_id = ANY(%s)
) AS row WHERE next IS DISTINCT FROM until OR (until IS NULL) <> (last = 1)
"""
# At every moment: how many this one has been given today, with this one.
OVER = """
SELECT employee_id, row_number() OVER (PARTITION BY employee_id ORDER BY since, id)
FROM assignment_assignment WHERE contact_id = ANY(%s) AND employee_id IS NOT NULL
"""


def main() -> None:
    django.setup()
    found = {**deal(), **reclaim()}
    found["more"] = [
        f"Taken back: {found['taken']:,} of {found['all']:,} contacts; "
        f"told of: {found['told']:,}.",
        f"Waiting in the pool since all were full: {found['in_pool']}.",
    ]
    print(json.dumps(found))


def deal() -> dict:
    from django.db import connection

    from apps.assignment.models import Assignment, AssignmentRule
    from apps.contacts.models import Contact
    from apps.staff.models import Employee

    staff = list(Employee.objects.order_by("pk")[:20])
    people = [
        {"employee": e.pk, "daily_cap": CAPS[n]} for n, e in enumerate(staff, start=1)
    ]
    AssignmentRule.objects.create(
        name="新客",
        plan={"always": True, "people": people},
        keeps=False,
        is_on=True,
        rule={"field": "standing", "op": "any", "value": ["known"]},
    )
    now = django.utils.timezone.now()
    made = Contact.objects.bulk_create(
        Contact(name=f"线索{n}", standing="known", added_at=now)
        for n in range(EACH * len(FIVE))
    )
    numbers = [contact.pk for contact in made]
    runs = []
    for place, (source, at_once) in enumerate(FIVE.items()):
        mine = numbers[place * EACH : (place + 1) * EACH]
        command = [sys.executable, "-m", "tests.bench.assign_source", str(at_once)]
        runs.append(
            subprocess.Popen(
                [*command, *map(str, mine)],
                env={**os.environ, "SOURCE": source},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
    for run in runs:
        assert run.stdout is not None
        run.stdout.readline()
    began = time.monotonic()
    for run in runs:
        assert run.stdin is not None
        run.stdin.write("go\n")
        run.stdin.flush()
    codes = [run.wait() for run in runs]
    took = time.monotonic() - began
    assert codes == [0] * len(FIVE), codes
    owned = Assignment.objects.open().filter(contact__in=numbers)
    with connection.cursor() as cursor:
        cursor.execute(GAPS, [numbers])
        [gaps] = cursor.fetchone()
        cursor.execute(OVER, [numbers])
        rows = cursor.fetchall()
    caps = {person["employee"]: person["daily_cap"] for person in people}
    given: dict[int, int] = {}
    for employee, many in rows:
        given[employee] = max(given.get(employee, 0), many)
    # Turns go round until somebody is full; whoever is not then shares what is left.
    due = dict.fromkeys(caps, 0)
    for _lead in numbers:
        free = [e for e in caps if due[e] < caps[e]]
        if free:
            due[min(free, key=lambda e: due[e])] += 1
    return {
        "leads": took,
        "homeless": len(numbers) - owned.count(),
        "over": sum(many > caps[employee] for employee, many in rows),
        "off": max(abs(given.get(e, 0) - due[e]) for e in caps),
        "gaps": gaps,
        "in_pool": owned.filter(pool__isnull=False).count(),
    }


def reclaim() -> dict:
    from apps.assignment.assign import general_pool
    from apps.assignment.models import Pool
    from apps.assignment.reclaim import run
    from apps.contacts.models import Contact

    now = django.utils.timezone.now()
    Pool.objects.filter(pk=general_pool().pk).update(
        reclaims_after=30, warns_before=1, spares_bought_days=60
    )
    began = time.monotonic()
    first = run(at=now, seconds=600)
    told = time.monotonic() - began
    began = time.monotonic()
    second = run(at=now + timedelta(days=1), seconds=600)
    return {
        "tell": told,
        "take": time.monotonic() - began,
        "told": first.told,
        "taken": second.taken_back,
        "all": Contact.objects.count(),
    }


if __name__ == "__main__":
    main()
