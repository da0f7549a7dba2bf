"""Tasks that tests put into the timetable, and what became of them."""

from datetime import datetime

from celery import shared_task

from apps.common.models import Slot

ran: list[str] = []
goes_wrong: list[str] = []


@shared_task(name="tests.tick")
def tick() -> None:
    if goes_wrong:
        raise ZeroDivisionError
    ran.append("tick")


@shared_task(name="tests.each")
def each() -> None:
    ran.append("each")


def fired() -> list[datetime]:
    """The slots that there are, without the row from which they count."""
    slots = Slot.objects.exclude(status="ignored", attempts=0)
    return list(slots.order_by("slot_at").values_list("slot_at", flat=True))
