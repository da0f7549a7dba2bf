"""A shop for the demo's company: what its contacts bought, looked at, and said.

One of them has come for two years, so that there is a long timeline to look at.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.core.management.base import BaseCommand
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from apps.behaviour.report import ToldBehaviour, report
from apps.contacts.models import Contact, Follow
from apps.contacts.recognise import Person
from apps.events.models import EventRecord
from apps.followups.write_down import write_down
from apps.orders.models import Order
from apps.orders.record import ToldOrder, record_orders
from apps.orders.state import Line, State, digest_of
from apps.staff.models import User

SYSTEM = "mall"
PRODUCTS = [
    *(("瑜伽垫", 12_900), ("蛋白粉 2kg", 32_800), ("运动水杯", 6_900)),
    *(("私教课 10 节", 298_000), ("健身季卡", 99_900), ("速干 T 恤", 15_900)),
]
SHOPS = ["官方商城", "小程序店", "青岛旗舰店"]
DONE = [
    ("page.viewed", "浏览商品页"),
    ("page.viewed", "浏览课程表"),
    ("cart.added", "加入购物车"),
    ("coupon.taken", "领取优惠券"),
    ("article.read", "阅读《训练前后怎么吃》"),
    ("live.watched", "观看直播"),
]
SAID = [
    "问了私教课的价格，想先体验一节，约了周六下午。",
    "电话沟通：膝盖有旧伤，推荐低冲击课程，已发课程介绍。",
    "收到货了，很满意，说下个月带朋友一起来。",
    "嫌季卡贵，等活动；答应有优惠时第一时间告诉她。",
    "约好月底回访，看看训练计划执行得怎么样。",
]
BUY = 0.35  # share of the contacts who have ever ordered
LONG = timedelta(days=730)
VISITS = 1_800  # of the one who has come for long
BOUGHT = 48

SOURCE = EventRecord.Source.FIRST_PULL  # history: nobody has to hear of it


class Command(BaseCommand):
    help = "Orders, visits and notes for some of the contacts, once."

    @transaction.atomic
    def handle(self, **options):
        if Order.objects.exists() or not Contact.objects.exists():
            return
        chance, now = random.Random(11), timezone.now()
        people = list(Contact.objects.current().order_by("pk"))
        loyal = the_most_served()
        some = chance.sample(people, int(len(people) * BUY))
        buyers = [who for who in some if who.pk != loyal.pk]
        orders = [
            order
            for who in buyers
            for order in orders_of(who, chance, now, many=chance.randint(1, 4))
        ]
        orders += orders_of(loyal, chance, now, many=BOUGHT, since=LONG)
        record_orders(system=SYSTEM, orders=orders, source=SOURCE, at=now)
        visits = [
            visit
            for who in buyers
            for visit in visits_of(who, chance, now, many=chance.randint(0, 6))
        ]
        visits += visits_of(loyal, chance, now, many=VISITS, since=LONG)
        report(system=SYSTEM, behaviours=visits, source=SOURCE, at=now)
        talk_to([loyal, *buyers[:80]], chance, now)


def the_most_served() -> Contact:
    """Whom most employees are connected with."""
    going_on = Count(
        "identities__follows", filter=Q(identities__follows__ended_at=None)
    )
    friends = Contact.objects.filter(standing=Contact.Standing.FRIEND)
    found = friends.annotate(many=going_on).order_by("-many", "pk").first()
    assert found is not None
    return found


def orders_of(
    who: Contact,
    chance: random.Random,
    now: datetime,
    *,
    many: int,
    since: timedelta = timedelta(days=240),
) -> Iterator[ToldOrder]:
    for number in range(many):
        placed = now - chance.random() * since
        state, lines = an_order(placed, chance, now)
        yield ToldOrder(
            number=f"M{who.pk:05}{number:03}",
            person=Person(ids=(), contact_id=who.pk),
            state=state,
            lines=lines,
        )


def an_order(
    placed: datetime, chance: random.Random, now: datetime
) -> tuple[State, tuple[Line, ...]]:
    lines = tuple(
        Line(
            number=f"P{PRODUCTS.index(product):03}",
            name=product[0],
            quantity=quantity,
            amount=product[1] * quantity,
        )
        for product in chance.sample(PRODUCTS, chance.randint(1, 2))
        for quantity in [chance.randint(1, 2)]
    )
    amount = sum(line.amount for line in lines)
    discount = amount // 10 if chance.random() < 0.25 else 0
    hours = (0.1, 20, 70)  # until paid, shipped, received
    moments = [placed + timedelta(hours=h * (0.5 + chance.random())) for h in hours]
    reached = [at if at < now else None for at in moments]
    refunded = None
    if chance.random() < 0.04:
        refunded = moments[-1] + timedelta(days=2)
        refunded = refunded if refunded < now else None
    state = State(
        changed_at=max(filter(None, [placed, *reached, refunded])),
        amount=amount - discount,
        discount=discount,
        lines_digest=digest_of(lines),
        placed_at=placed,
        paid_at=reached[0],
        shipped_at=reached[1],
        received_at=reached[2],
        refunded_at=refunded,
        refunded_amount=amount - discount if refunded else 0,
        channel=chance.choice([Order.Channel.ONLINE_SHOP, Order.Channel.MINI_PROGRAM]),
        shop=chance.choice(SHOPS),
    )
    return state, lines


def visits_of(
    who: Contact,
    chance: random.Random,
    now: datetime,
    *,
    many: int,
    since: timedelta = timedelta(days=120),
) -> Iterator[ToldBehaviour]:
    """People come back to the same page: a visit in three repeats the one before."""
    at, did = now - chance.random() * since, chance.choice(DONE)
    for number in range(many):
        if number % 3:
            at, did = now - chance.random() * since, chance.choice(DONE)
        else:
            at -= timedelta(minutes=2)
        kind, title = did
        yield ToldBehaviour(
            number=f"v{who.pk}-{number}",
            person=Person(ids=(), contact_id=who.pk),
            kind=kind,
            title=title,
            at=at,
        )


def talk_to(people: list[Contact], chance: random.Random, now: datetime) -> None:
    """Notes by whoever serves them, or by the administrator."""
    admin = User.objects.filter(username="admin").first()
    by = dict(
        Follow.objects.open()
        .filter(identity__contact__in=people, employee__user__is_active=True)
        .values_list("identity__contact", "employee__user")
    )
    known = User.objects.in_bulk(by.values())
    for number, who in enumerate(people):
        author = known.get(by.get(who.pk, 0), admin)
        if author is None:
            continue
        for _each in range(3 if number == 0 else 1):
            at = now - timedelta(days=chance.randint(1, 60), hours=chance.randint(0, 9))
            write_down(text=chance.choice(SAID), about=who, by=author, at=at)
