"""Rows that reach a contact after it was merged away are brought to the winner.

Whoever hears news of a contact takes turns with a merge. But somebody may have looked
a contact up just before, and write a row about it just after; and a long job may hold
an old number. Such rows are looked for: soon after each merge, and every night for a
week. They are entered in its journal as rows of the loser, which they are.
"""

from datetime import datetime, timedelta

from django.db import transaction

from apps.contacts.came_later import holder_of
from apps.contacts.merge import hold
from apps.contacts.models import Contact, Merge
from apps.contacts.pointers import pointers
from apps.contacts.settle import settle
from apps.contacts.unmerge import come_up

SOON = timedelta(hours=1)
WEEK = timedelta(days=7)


def gather_strays(*, at: datetime, since: timedelta = SOON) -> None:
    """Look after each merge that has happened since, the oldest first."""
    young = Merge.objects.filter(undone_at__isnull=True, at__gt=at - since)
    losers = list(young.values_list("loser", flat=True))
    reached: set[int] = set()
    for pointer in pointers():
        if losers and pointer.model is not Contact:
            name = pointer.field.attname
            rows = pointer.model._base_manager.filter(**{f"{name}__in": losers})
            reached.update(rows.order_by().values_list(name, flat=True).distinct())
    for merge in young.filter(loser__in=reached).order_by("pk"):
        gather(merge)


@transaction.atomic
def gather(merge: Merge) -> None:
    """What lies with the loser and collides with nothing comes up."""
    holder = holder_of(merge)
    into = hold(*{merge.loser_id, merge.winner_id, holder})
    if into[merge.loser_id] != holder:  # taken back, or merged on, meanwhile
        return
    for pointer in pointers():
        come_up(pointer, holder)
    settle([holder])
