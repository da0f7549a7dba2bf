"""What happens to scores by the clock."""

from celery import shared_task
from django.utils import timezone

from apps.scoring.lifetime import NoFit, TooFewCameBack
from apps.scoring.lives import reckon


@shared_task(name="scoring.reckon_lifetimes", ignore_result=True)
def reckon_lifetimes() -> None:
    try:
        reckon(at=timezone.now())
    except (NoFit, TooFewCameBack):
        return  # the page says so
