"""Who came into a grade is to be followed up: a task for their owner, due within
working minutes. Tags and assignment hear of grades by themselves."""

from datetime import datetime

from django.db import transaction

from apps.contacts.models import Contact
from apps.followups.tasks_of import add_task_by_itself
from apps.scoring.events import GradeChanged
from apps.scoring.models import GradeTask


@transaction.atomic
def follow_up(event: GradeChanged, *, at: datetime) -> None:
    """One that is still open is not asked for again."""
    wanted = GradeTask.objects.filter(grades__contains=[event.grade])
    contact = Contact.objects.current().filter(pk=event.contact_id)
    for task in wanted:
        if shown := contact.select_related("owner").first():
            add_task_by_itself(
                contact=shown, text=task.text, minutes=task.within, at=at
            )
