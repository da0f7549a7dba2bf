"""A lead that was nobody's has an owner: what its stage demands begins now.

Of nobody no first contact can be demanded. Whoever gets the lead has the whole time for
it; what a former owner left undone is theirs as well, and not late yet.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F

from apps.followups.models import Lead, Task
from apps.followups.tasks_of import demand_contact, first_told
from apps.followups.working_time import working_time


def waiting_for_an_owner(contacts: Iterable[int]) -> set[int]:
    """Those of whose lead somebody is to be in contact within a time, and was not."""
    leads = Lead.objects.open().filter(
        contact__in=list(contacts),
        stage__contact_within__isnull=False,
        touched_at__lte=F("stage_since"),
    )
    return set(leads.values_list("contact_id", flat=True))


@transaction.atomic
def owner_found(*, contacts: Iterable[int], at: datetime) -> int:
    """Answers of how many leads somebody has to do something now."""
    rows = Lead.objects.open().filter(
        contact__in=waiting_for_an_owner(contacts), owner__isnull=False
    )
    leads = list(rows.select_related("stage").select_for_update(of=("self",)))
    first = Task.objects.filter(kind=Task.Kind.CONTACT, lead__in=leads)
    left = {task.lead_id: task for task in first.filter(done_at__isnull=True)}
    done = set(
        first.filter(done_at__gte=F("lead__stage_since")).values_list("lead", flat=True)
    )
    many = 0
    for lead in leads:
        if task := left.get(lead.pk):
            many += take_over(task, lead, at=at)
        elif lead.pk not in done:
            many += demand_contact(lead=lead, stage=lead.stage, at=at) is not None
    return many


def take_over(task: Task, lead: Lead, *, at: datetime) -> bool:
    if task.employee_id == lead.owner_id or lead.owner_id is None:
        return False
    minutes = lead.stage.contact_within or 0
    task.employee_id = lead.owner_id
    task.due_at = working_time().after(at, minutes=minutes)
    task.told, task.next_at = Task.Told.NOTHING, first_told(task.due_at, at=at)
    task.save(update_fields=["employee", "due_at", "told", "next_at"])
    return True
