"""Who looks after a winner is asked to hand the prize out, and no longer once it is.

Points, codes and texts reach the winner by themselves; what a person must do is a task
of the winner's owner, with the other work of today.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from apps.campaigns.models import Grant, Reward
from apps.contacts.models import Contact
from apps.followups.models import Task
from apps.followups.tasks_of import LONGEST, add_task_by_itself, finish

WITHIN = 8 * 60  # working minutes
BY_HAND = (Reward.Kind.PHYSICAL, Reward.Kind.MANUAL)


def words_of(reward: Reward) -> str:
    words = gettext("Hand out “%(prize)s” of the campaign “%(campaign)s”")
    told = words % {"prize": reward.name, "campaign": reward.campaign.name}
    return told[:LONGEST]


@transaction.atomic
def ask_to_hand_out(*, grant_id: int, at: datetime) -> None:
    rows = Grant.objects.filter(pk=grant_id, status=Grant.Status.GRANTED)
    given = rows.select_related("reward__campaign").first()
    if given is None or given.reward.kind not in BY_HAND:
        return
    contact = Contact.objects.filter(pk=given.contact_id or 0).first()
    if contact is not None:
        text = words_of(given.reward)
        add_task_by_itself(contact=contact, text=text, minutes=WITHIN, at=at)


@transaction.atomic
def nothing_left_to_hand_out(*, grant_id: int, at: datetime) -> None:
    """It was handed out, or taken back."""
    rows = Grant.objects.select_related("reward__campaign")
    given = rows.filter(pk=grant_id, contact__isnull=False).first()
    if given is None or given.reward.kind not in BY_HAND:
        return
    more = Grant.objects.filter(
        contact=given.contact_id, reward=given.reward, status=Grant.Status.GRANTED
    )
    if more.exists():
        return
    tasks = Task.objects.open().filter(contact=given.contact_id)
    for task in tasks.filter(text=words_of(given.reward)):
        finish(task=task, by=None, at=at)
