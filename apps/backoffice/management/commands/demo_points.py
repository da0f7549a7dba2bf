"""Members for the demo's company: levels, what earns points, some that are spent."""

import random
from datetime import datetime, timedelta

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from apps.loyalty.earning import keep_rule, order_changed, was_added
from apps.loyalty.keep_levels import keep_level
from apps.loyalty.models import Level, Membership
from apps.loyalty.points import NotEnough, spend
from apps.loyalty.setting import keep_setting
from apps.orders.models import Order
from apps.staff.models import User

LEVELS = [
    ("普通会员", 0, 100, "生日当月双倍积分"),
    ("银卡", 500, 110, "生日当月双倍积分；免费体测一次"),
    ("金卡", 2_000, 125, "免费体测；私教课 95 折"),
    ("黑金", 8_000, 150, "专属教练；私教课 9 折；新品先试"),
]
RULES = [("order", "", 1, 1, None), ("added", "", 50, 10, None)]
GIFTS = [("兑换运动水杯", 300), ("兑换体测一次", 500), ("兑换速干 T 恤", 900)]
SOME = 250  # orders, the last
SPENT = 0.3  # share of the members who have spent some
LONG_AGO = timedelta(days=300)


class Command(BaseCommand):
    help = "Levels, rules of points, and what some members earned and spent, once."

    def handle(self, **options):
        if Level.objects.exists() or not Order.objects.exists():
            return
        boss = User.objects.filter(is_superuser=True).order_by("pk").first()
        assert boss is not None
        now = timezone.now()
        say_what_earns(boss, now - LONG_AGO)
        # one by one: the company lives on, and whoever holds many waits for many
        paid = Order.objects.filter(paid_at__isnull=False, contact__isnull=False)
        for order in paid.order_by("-placed_at")[:SOME]:
            order_changed(order_id=order.pk, at=now)
        spend_some(random.Random(19))


@transaction.atomic
def say_what_earns(boss: User, began: datetime) -> None:
    for name, growth_from, percent, benefits in LEVELS:
        keep_level(
            level=None,
            name=name,
            growth_from=growth_from,
            percent=percent,
            benefits=benefits,
            by=boss,
            at=began,
        )
    keep_setting(months=12, growth_days=365, by=boss, at=began)
    for when, behaviour, points, growth, a_day in RULES:
        keep_rule(
            when=when,
            behaviour=behaviour,
            points=points,
            growth=growth,
            a_day=a_day,
            by=boss,
            at=began,
        )


def spend_some(chance: random.Random) -> None:
    now = timezone.now()
    for member in Membership.objects.order_by("pk"):
        was_added(contact_id=member.contact_id, at=now - timedelta(days=40))
        if chance.random() > SPENT:
            continue
        why, points = chance.choice(GIFTS)
        at = now - chance.random() * timedelta(days=30)
        try:
            spend(
                contact_id=member.contact_id,
                points=points,
                key=f"demo:{member.pk}",
                at=at,
                why=why,
                system="mall",
            )
        except NotEnough:
            continue
