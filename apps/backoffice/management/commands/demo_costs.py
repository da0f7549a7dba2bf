"""What the demo's company spent on its channel codes, so that a return is seen."""

from datetime import datetime, timedelta

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.channels.enter import enter
from apps.channels.models import Channel
from apps.contacts.models import Follow
from apps.events.models import EventRecord
from apps.reports.cost import enter_cost
from apps.reports.models import Cost
from apps.staff.models import User

SPENT = [
    ("media", 320_000, 29, "朋友圈广告"),
    ("time", 150_000, 20, "地推两天，两人"),
    ("rewards", 68_000, 14, "到店礼"),
    ("media", 90_000, 9, "海报与物料"),
]
LATELY = timedelta(days=60)
MOST = 400  # connections that are looked at


def let_some_have_come(*, at: datetime) -> None:
    """Of the friends of the last two months every third came by one of the codes."""
    codes = list(Channel.objects.published().order_by("pk")[:4])
    if not codes:
        return
    lately = Follow.objects.filter(started_at__gt=at - LATELY, entry__isnull=True)
    for number, follow in enumerate(lately.order_by("started_at")[:MOST]):
        if number % 3 == 0:
            code = codes[number * number % len(codes)]
            source = EventRecord.Source.FIRST_PULL
            enter(follow_id=follow.pk, state=code.state, source=source, at=at)


class Command(BaseCommand):
    help = "Costs of the first channel codes, and whom these brought, once."

    def handle(self, **options):
        if Cost.objects.exists():
            return
        let_some_have_come(at=timezone.now())
        boss = User.objects.filter(is_superuser=True).order_by("pk").first()
        today, now = timezone.localdate(), timezone.now()
        codes = Channel.objects.order_by("pk")
        for code, (kind, fen, days, note) in zip(codes, SPENT, strict=False):
            enter_cost(
                kind=kind,
                of=code,
                first_on=today - timedelta(days=days),
                last_on=today,
                amount=fen,
                note=note,
                by=boss,
                at=now,
            )
