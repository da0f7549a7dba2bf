"""What happens to scores by the clock."""

from celery import shared_task
from django.utils import timezone

from apps.scoring.earn import earn_lately
from apps.scoring.fits import look_at_all
from apps.scoring.foretell import ask_for
from apps.scoring.foretold_months import keep_month
from apps.scoring.lifetime import NoFit, TooFewCameBack
from apps.scoring.lives import reckon
from apps.scoring.months import keep_month as keep_scores
from apps.scoring.rebase import rebase
from apps.scoring.settle import sweep
from apps.scoring.together import compare


@shared_task(name="scoring.reckon_lifetimes", ignore_result=True)
def reckon_lifetimes() -> None:
    try:
        reckon(at=timezone.now())
    except (NoFit, TooFewCameBack):
        return  # the page says so


@shared_task(name="scoring.foretell", ignore_result=True)
def foretell() -> None:
    ask_for(learns=False, at=timezone.now())


@shared_task(name="scoring.train", ignore_result=True)
def train() -> None:
    ask_for(learns=True, at=timezone.now())


@shared_task(name="scoring.compare_products", ignore_result=True)
def compare_products() -> None:
    compare(at=timezone.now())


@shared_task(name="scoring.keep_foretold", ignore_result=True)
def keep_foretold() -> None:
    keep_month(at=timezone.now())


@shared_task(name="scoring.follow_conditions", ignore_result=True)
def follow_conditions() -> None:
    look_at_all(at=timezone.now())


@shared_task(name="scoring.let_scores_fade", ignore_result=True)
def let_scores_fade() -> None:
    sweep(at=timezone.now())


@shared_task(name="scoring.catch_up", ignore_result=True)
def catch_up() -> None:
    earn_lately(at=timezone.now())


@shared_task(name="scoring.keep_month", ignore_result=True)
def keep_the_month() -> None:
    keep_scores(at=timezone.now())
    rebase(at=timezone.now())
