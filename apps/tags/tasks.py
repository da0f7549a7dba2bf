"""Tags by the clock: those that were deleted come off whoever still has them."""

from celery import shared_task

from apps.tags import come_off


@shared_task(name="tags.come_off", ignore_result=True)
def go_on_coming_off() -> None:
    come_off.go_on()
