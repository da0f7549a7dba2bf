"""What the demo's company foretells: who buys again, what goes together, who is worth
how much. Those who buy again have mostly looked around in the shop before."""

import random
from collections import defaultdict
from datetime import datetime, timedelta

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from apps.behaviour.report import ToldBehaviour, report
from apps.common.errors import Refused
from apps.contacts.recognise import Person
from apps.events.models import EventRecord
from apps.orders.models import Order, Product
from apps.scoring.foretell import ask_for
from apps.scoring.lives import reckon
from apps.scoring.models import Predictor
from apps.scoring.predict import keep_aim
from apps.scoring.together import compare
from apps.staff.models import User

SYSTEM = "mall"
SOURCE = EventRecord.Source.FIRST_PULL  # history: nobody has to hear of it
LOOKED = 0.8  # share of orders before which somebody looked around
LOOKS = [
    ("page.viewed", "浏览商品页"),
    ("page.viewed", "浏览课程表"),
    ("cart.added", "加入购物车"),
    ("coupon.taken", "领取优惠券"),
]
TAGS = {
    "瑜伽垫": ["瑜伽"],
    "蛋白粉 2kg": ["增肌", "营养"],
    "运动水杯": ["周边"],
    "私教课 10 节": ["课程", "增肌"],
    "健身季卡": ["课程"],
    "速干 T 恤": ["周边"],
}


class Command(BaseCommand):
    help = "A trained prediction, lifetimes and products that go together, once."

    def handle(self, **options):
        admin = User.objects.filter(username="admin").first()
        if admin is None or Predictor.objects.exists() or not Order.objects.exists():
            return
        now = timezone.now()
        with transaction.atomic():
            look_around(random.Random(31), now)
            for product in Product.objects.filter(name__in=TAGS, tags=[]):
                product.tags = TAGS[product.name]
                product.save(update_fields=["tags"])
            keep_aim(
                outcome="second_order",
                days=30,
                left_out=[],
                believed=[],
                by=admin,
                at=now,
            )
        compare(at=now)
        try:
            reckon(at=now)
        except Refused as refused:
            self.stderr.write(str(refused))
        ask_for(learns=True, at=now)


def spread(chance: random.Random) -> list[float]:
    """Days ago at which somebody looks around and buys nothing; or not yet."""
    return [chance.uniform(-20, 240) for _each in range(chance.choice([0, 0, 1]))]


def look_around(chance: random.Random, now: datetime) -> None:
    """Before most orders after the first, and now and then for nothing."""
    moments: dict[int, list[datetime]] = defaultdict(list)
    rows = Order.objects.filter(contact__isnull=False, paid_at__isnull=False)
    for contact, at in rows.order_by("paid_at").values_list("contact_id", "paid_at"):
        moments[contact].append(at)
    visits = []
    for contact, paid in moments.items():
        for _each in range(chance.randint(0, 5)):  # as many as lately, see demo_shop
            at = now - timedelta(days=chance.uniform(120, 270))
            visits.append((contact, at, *chance.choice(LOOKS)))
        wanted = [at for at in paid[1:] if chance.random() < LOOKED]
        wanted += [now - timedelta(days=d) for d in spread(chance)]
        for at in wanted:
            for _each in range(chance.randint(2, 6)):
                before = timedelta(days=chance.triangular(0.2, 30, 8))
                if at - before < now:
                    visits.append((contact, at - before, *chance.choice(LOOKS)))
    told = [
        ToldBehaviour(
            number=f"l{number}",
            person=Person(ids=(), contact_id=contact),
            kind=kind,
            title=title,
            at=at,
        )
        for number, (contact, at, kind, title) in enumerate(visits)
    ]
    report(system=SYSTEM, behaviours=told, source=SOURCE, at=now)
