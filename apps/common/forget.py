"""What is old is deleted a part at a time: a long deletion holds others up."""

from django.db.models import QuerySet


def forget_some(rows: QuerySet, *, at_once: int) -> None:
    """The first of these rows, in their order; the rest goes the next time."""
    rows.model.objects.filter(pk__in=rows.values("pk")[:at_once]).delete()
