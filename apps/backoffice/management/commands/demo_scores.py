"""How warm the customers of the demo's company are: rules in force, a draft to look at,
what happens in a good grade, and half a year of months."""

import random
from datetime import date, datetime

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from apps.scoring import trades
from apps.scoring.earn import earn_lately
from apps.scoring.grades import LETTERS, NUMBERS
from apps.scoring.keep import keep, put_in_force
from apps.scoring.models import (
    GradeTask,
    Rescore,
    ScoreMonth,
    ScoreRule,
    ScoreVersion,
    Standing,
)
from apps.scoring.said import Said
from apps.scoring.scale import THRESHOLDS
from apps.staff.models import User

MONTHS = 6


class Command(BaseCommand):
    help = "Score rules, scores and grades, once."

    def handle(self, **options):
        admin = User.objects.filter(username="admin").first()
        if admin is None or ScoreRule.objects.exists():
            return
        now = timezone.now()
        for name in ("retail", "b2b"):
            trades.take(trade=trades.TRADES[name], by=admin, at=now)
        work_off()
        put_in_force(by=admin, at=now)
        work_off()
        earn_lately(at=now)
        GradeTask.objects.create(grades=["A1", "A2"], text="当天致电", within=240)
        keep_some_months(at=now)
        propose(by=admin, at=now)
        work_off()


def work_off() -> None:
    while job := Rescore.objects.unfinished().order_by("pk").first():
        job.work_off()


def propose(*, by: User, at: datetime) -> None:
    """A draft that somebody has begun: having bought counts for more."""
    rule = ScoreRule.objects.filter(name="买过").first()
    stands = ScoreVersion.objects.in_force().filter(rule=rule).first()
    if rule is None or stands is None:
        return
    said = Said(
        name=rule.name,
        axis=stands.group.axis,
        group=stands.group.name,
        points=stands.points + 10,
        conditions=stands.conditions,
    )
    keep(said=said, by=by, at=at, rule=rule)


@transaction.atomic
def keep_some_months(*, at: datetime) -> None:
    """As they came to where they are, with ups and downs."""
    chance = random.Random(11)
    today = timezone.localdate(at).replace(day=1)
    months = [month_before(today, n) for n in range(MONTHS, 0, -1)]
    rows = []
    for standing in Standing.objects.exclude(grade="").order_by("pk"):
        for number, month in enumerate(months, start=1):
            share = number / (MONTHS + 1) * chance.uniform(0.7, 1.3)
            fit, does = (
                round(each * share) for each in (standing.fit, standing.engagement)
            )
            levels = [sum(v >= t for t in THRESHOLDS) for v in (fit, does)]
            grade = LETTERS[levels[0]] + NUMBERS[levels[1]]
            rows.append(
                ScoreMonth(
                    contact_id=standing.contact_id,
                    month=month,
                    score=fit + does,
                    grade=grade,
                )
            )
    ScoreMonth.objects.bulk_create(rows, batch_size=2_000)


def month_before(first: date, many: int) -> date:
    months = first.year * 12 + first.month - 1 - many
    return date(months // 12, months % 12 + 1, 1)
