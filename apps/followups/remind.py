"""Whoever has something to do is reminded: before it is due, when it is overdue; and
then their manager is told.

A first contact that is late is told to the manager at once, everything else when it has
been late for so many working minutes. Each is told once, whoever asks how often.
"""

from datetime import datetime

from django.db import transaction

from apps.events.bus import record_all
from apps.events.models import EventRecord
from apps.followups.events import TaskOverdue
from apps.followups.models import Notice, Task
from apps.followups.working_time import setting, working_time
from apps.staff.models import Department, Employee, Posting

HANDFUL = 200
MOST = 50  # handfuls of one go
HIGHEST = 8  # departments above one's own in which a manager is looked for
Told = Task.Told
Kind = Notice.Kind


def remind(*, at: datetime) -> int:
    """Of all that is due to be told. Answers how many."""
    many = 0
    for _handful in range(MOST):
        told = remind_some(at=at)
        many += told
        if told < HANDFUL:
            break
    return many


@transaction.atomic
def remind_some(*, at: datetime) -> int:
    waiting = Task.objects.to_tell_of(at=at).select_for_update(skip_locked=True)
    tasks = list(waiting.order_by("next_at")[:HANDFUL])
    if not tasks:
        return 0
    late_for = setting().manager_after
    works = working_time()
    managers = managers_of({task.employee_id for task in tasks})
    notices: list[Notice] = []
    overdue: list[Task] = []

    def say(kind: str, task: Task, to: int) -> None:
        notices.append(
            Notice(
                employee_id=to, kind=kind, contact_id=task.contact_id, task=task, at=at
            )
        )

    for task in tasks:
        if at < task.due_at:
            if task.told == Told.NOTHING:
                say(Kind.DUE, task, task.employee_id)
                task.told = Told.DUE
            task.next_at = task.due_at
            continue
        if task.told < Told.OVERDUE:
            overdue.append(task)
            say(Kind.OVERDUE, task, task.employee_id)
            task.told = Told.OVERDUE
            first = task.kind == Task.Kind.CONTACT
            minutes = 0 if first else late_for
            task.next_at = works.after(task.due_at, minutes=minutes)
        if task.next_at and task.next_at <= at:
            for manager in managers[task.employee_id]:
                say(Kind.ESCALATED, task, manager)
            task.told, task.next_at = Told.MANAGER, None
    Task.objects.bulk_update(tasks, ["told", "next_at"])
    Notice.objects.bulk_create(notices)
    record_all(
        TaskOverdue(
            at=task.due_at,
            source=EventRecord.Source.SYSTEM,
            contact_id=task.contact_id,
            task_id=task.pk,
            employee_id=task.employee_id,
        )
        for task in overdue
    )
    return len(tasks)


def managers_of(employees: set[int]) -> dict[int, list[int]]:
    """Who leads the departments that each works in; where nobody else does, those
    above."""
    posted: dict[int, set[int]] = {employee: set() for employee in employees}
    main = Employee.objects.filter(pk__in=employees).values_list(
        "pk", "main_department_id"
    )
    postings = Posting.objects.filter(employee__in=employees).values_list(
        "employee_id", "department_id"
    )
    for employee, department in [*main, *postings]:
        if department is not None:
            posted[employee].add(department)
    parents = dict(Department.objects.values_list("pk", "parent_id"))
    leads: dict[int, list[int]] = {}
    leading = Posting.objects.filter(leads=True, employee__left_at__isnull=True)
    for department, leader in leading.values_list("department_id", "employee_id"):
        leads.setdefault(department, []).append(leader)
    found: dict[int, list[int]] = {}
    for employee, departments in posted.items():
        here = departments
        for _step in range(HIGHEST):
            bosses = {b for d in here for b in leads.get(d, ()) if b != employee}
            if bosses or not here:
                break
            here = {up for d in here if (up := parents.get(d))}
        found[employee] = sorted(bosses) if here else []
    return found
