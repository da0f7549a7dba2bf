"""Three channel codes for the demo's company, and some who came by them.

The codes are made in the sandbox corp as in any other; then customers scan them there,
over its own HTTP, and the callbacks bring them in.
"""

import random
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.backoffice.play import play, wait_until
from apps.channels.keep import keep, publish
from apps.channels.models import Channel
from apps.staff.models import Employee
from apps.tags.models import Tag
from apps.welcomes.models import Welcome

AT_THE_TILL = "青岛旗舰店·收银台"
PATIENCE = 30.0  # seconds until the codes are made
A_SCAN = 4.0
DAYS = 14
SCANS = 45


class Command(BaseCommand):
    help = "Three channel codes and those who came by them, once."

    def handle(self, **options):
        people = list(Employee.objects.serving().filter(status=1).order_by("pk")[:8])
        is_done = Channel.objects.filter(name=AT_THE_TILL).exists()
        if is_done or len(people) < 6:
            return
        now = timezone.now()
        codes = [
            made(name, folder, plan, at=now - timedelta(days=DAYS), **figures)
            for name, folder, plan, figures in planned(people)
        ]
        waiting = Channel.objects.filter(config_id="")
        if wait_until(lambda: not waiting.all().exists(), seconds=PATIENCE):
            scan(codes, at=now)


def planned(people: list[Employee]) -> list[tuple[str, str, dict, dict]]:
    numbers = [who.pk for who in people]
    tag = Tag.objects.filter(deleted_at__isnull=True).exclude(wecom_id="").first()
    door = Welcome.objects.filter(name="门店活码").first()
    every_day = [1, 2, 3, 4, 5, 6, 7]
    rota = {
        "people": [
            *({"employee": number, "daily_cap": 30} for number in numbers[:3]),
            {"employee": numbers[3], "is_backup": True},
        ],
        "slots": [
            {"days": every_day, "from": "09:00", "until": "21:00", "people": []},
        ],
        "dates": [{"first": "2027-02-06", "last": "2027-02-12", "is_closed": True}],
        "tags": [tag.pk] if tag else [],
        "remark": "{nickname}-旗舰店",
        "welcome": door.pk if door else None,
    }
    weighted = {
        "always": True,
        "rotation": "weighted",
        "people": [
            {"employee": numbers[4], "weight": 3},
            {"employee": numbers[5], "weight": 1},
        ],
        "is_exclusive": True,
    }
    chance = {
        "always": True,
        "rotation": "random",
        "people": [{"employee": number} for number in numbers[-2:]],
        "welcome": 0,  # none
    }
    return [
        (AT_THE_TILL, "门店", rota, {"target": 500, "cost_per_day": 12_000}),
        (
            "抖音投放·秋季课程",
            "投放",
            weighted,
            {"target": 300, "cost_per_day": 80_000},
        ),
        ("公众号菜单", "线上", chance, {}),
    ]


def made(
    name: str, folder: str, plan: dict[str, Any], *, at: datetime, **figures: Any
) -> Channel:
    code = keep(draft=plan, name=name, folder=folder, by=None, at=at, **figures)
    return publish(channel=code, by=None, at=at)


def scan(codes: list[Channel], *, at: datetime) -> None:
    """In the sandbox corp, one day after the other."""
    chance = random.Random(23)
    moments = sorted(at - timedelta(days=DAYS * chance.random()) for _ in range(SCANS))
    for moment in moments:
        (code,) = chance.choices(codes, weights=[4, 3, 2])
        done = play("scan", state=code.state, at=int(moment.timestamp()))
        if done is not None:  # somebody on the code can be added
            wait_for_the_entry(code)


def wait_for_the_entry(code: Channel) -> None:
    """Until WeCom has heard who is next, so that the turns go round."""
    came = code.turns

    def is_next() -> bool:
        code.refresh_from_db()
        return code.turns > came and code.is_told

    wait_until(is_next, seconds=A_SCAN)
