"""What must be done next for a contact: agreed, moved, done, or dropped.

The first contact that a stage demands is such a task as well. It is done by whoever
follows up: by writing down what was said, or by moving the lead. Where nobody is named
who does it, another system does, by our API.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from apps.audit.note import note
from apps.common.errors import Refused
from apps.contacts.models import Contact
from apps.events.bus import record
from apps.events.models import EventRecord
from apps.followups.events import TaskAdded, TaskDone
from apps.followups.models import Lead, Stage, Task
from apps.followups.notices import settle
from apps.followups.working_time import setting, working_time
from apps.staff.models import Employee, User

LONGEST = 200
FURTHEST = timedelta(days=3 * 366)


class SayWhat(Refused):
    """Say what is to be done."""

    code = "task_without_text"


class TextTooLong(Refused):
    """A task has at most 200 letters."""

    code = "task_too_long"


class IsPast(Refused):
    """This moment is past, or too far away: choose one that is to come."""

    code = "task_due_in_the_past"


class DoneAlready(Refused):
    """This task is done already."""

    code = "task_is_done"


class NobodyToDoIt(Refused):
    """Say who is to do it: somebody who works here."""

    code = "task_for_nobody"


@transaction.atomic
def add_task(
    *,
    contact: Contact,
    text: str,
    due_at: datetime,
    employee: Employee | None,
    by: User | None,
    at: datetime,
) -> Task:
    if employee is None or employee.has_left:
        raise NobodyToDoIt
    good_due(due_at, at=at)
    task = Task.objects.create(
        contact=contact,
        lead=Lead.objects.open().filter(contact=contact).first(),
        employee=employee,
        text=good_text(text),
        due_at=due_at,
        made_by=by,
        made_at=at,
        next_at=first_told(due_at, at=at),
    )
    audited("added", task, before={}, after=told_of(task), by=by, at=at)
    record(
        TaskAdded(
            at=at,
            source=source_of(by),
            contact_id=contact.pk,
            actor_id=by.pk if by else None,
            task_id=task.pk,
            employee_id=employee.pk,
        )
    )
    return task


def add_task_by_itself(
    *, contact: Contact, text: str, minutes: int, at: datetime
) -> Task | None:
    """A rule asks the owner for it, within so many working minutes; not once more while
    they still have the same to do."""
    owner = contact.owner
    if owner is None or owner.has_left:
        return None
    mine = Task.objects.open().filter(contact=contact, employee=owner, text=text)
    if mine.exists():
        return None
    due_at = working_time().after(at, minutes=minutes)
    task = Task.objects.create(
        contact=contact,
        lead=Lead.objects.open().filter(contact=contact).first(),
        employee=owner,
        text=good_text(text),
        due_at=due_at,
        made_at=at,
        next_at=first_told(due_at, at=at),
    )
    record(
        TaskAdded(
            at=at,
            source=EventRecord.Source.SYSTEM,
            contact_id=contact.pk,
            task_id=task.pk,
            employee_id=owner.pk,
        )
    )
    return task


@transaction.atomic
def put_off(*, task: Task, due_at: datetime, by: User | None, at: datetime) -> Task:
    task = held(task)
    good_due(due_at, at=at)
    if task.due_at == due_at:
        return task
    before = {"due_at": task.due_at}
    task.due_at, task.told = due_at, Task.Told.NOTHING
    task.next_at = first_told(due_at, at=at)
    task.save(update_fields=["due_at", "told", "next_at"])
    audited("changed", task, before=before, after={"due_at": due_at}, by=by, at=at)
    return task


@transaction.atomic
def finish(*, task: Task, by: User | None, at: datetime) -> None:
    task = held(task)
    end(task, at=at)
    touch(contact_id=task.contact_id, at=at)
    audited("changed", task, before={}, after={"done_at": at}, by=by, at=at)
    record(
        TaskDone(
            at=at,
            source=source_of(by),
            contact_id=task.contact_id,
            actor_id=by.pk if by else None,
            task_id=task.pk,
            employee_id=task.employee_id,
        )
    )


@transaction.atomic
def drop(*, task: Task, by: User | None, at: datetime) -> None:
    """It need not be done any more."""
    task = held(task)
    end(task, at=at, dropped=True)
    audited("changed", task, before={}, after={"dropped": True}, by=by, at=at)


# --- the first contact ----------------------------------------------------------------


def demand_contact(*, lead: Lead, stage: Stage, at: datetime) -> Task | None:
    """As the stage demands: within so many minutes in which the company works."""
    if stage.contact_within is None or lead.owner_id is None:
        return None
    due_at = working_time().after(at, minutes=stage.contact_within)
    task = Task(
        contact_id=lead.contact_id,
        lead=lead,
        employee_id=lead.owner_id,
        kind=Task.Kind.CONTACT,
        due_at=due_at,
        made_at=at,
        next_at=first_told(due_at, at=at),
    )
    Task.objects.bulk_create([task], ignore_conflicts=True)
    return task


def end_first_contact(*, lead: Lead, at: datetime) -> None:
    end_all(Task.objects.open().filter(lead=lead, kind=Task.Kind.CONTACT), at=at)


def touch(*, contact_id: int, at: datetime) -> None:
    """Somebody has followed up: the lead is not silent, its first contact is made."""
    leads = Lead.objects.open().filter(contact=contact_id)
    leads.filter(touched_at__lt=at).update(touched_at=at)
    first = Task.objects.open().filter(contact=contact_id, kind=Task.Kind.CONTACT)
    end_all(first, at=at)


# --------------------------------------------------------------------------------------


def held(task: Task) -> Task:
    """As it stands now, until the transaction ends; somebody may have done it."""
    found = Task.objects.select_for_update().get(pk=task.pk)
    if found.done_at is not None:
        raise DoneAlready
    return found


def end(task: Task, *, at: datetime, dropped: bool = False) -> None:
    task.done_at, task.dropped, task.next_at = at, dropped, None
    task.save(update_fields=["done_at", "dropped", "next_at"])
    settle(tasks=[task.pk], at=at)


def end_all(tasks: QuerySet, *, at: datetime) -> None:
    numbers = list(tasks.values_list("pk", flat=True))
    if numbers:
        Task.objects.filter(pk__in=numbers).update(done_at=at, next_at=None)
        settle(tasks=numbers, at=at)


def first_told(due_at: datetime, *, at: datetime) -> datetime:
    """When its employee is reminded: some minutes before, but not before now."""
    return max(due_at - timedelta(minutes=setting().remind_before), at)


def good_due(due_at: datetime, *, at: datetime) -> None:
    if not at < due_at < at + FURTHEST:
        raise IsPast


def good_text(text: str) -> str:
    tidy = " ".join(text.replace("\0", "").split())
    if not tidy:
        raise SayWhat
    if len(tidy) > LONGEST:
        raise TextTooLong
    return tidy


def source_of(by: User | None) -> EventRecord.Source:
    return EventRecord.Source.PERSON if by else EventRecord.Source.CLIENT


def told_of(task: Task) -> dict:
    return {"text": task.text, "due_at": task.due_at, "employee": str(task.employee)}


def audited(
    deed: str, task: Task, *, before: dict, after: dict, by: User | None, at: datetime
) -> None:
    note(
        deed=deed,
        about=task,
        contact_id=task.contact_id,
        before=before,
        after=after,
        personal=["text"],
        by=by,
        at=at,
    )
