"""Campaigns for the demo's company: one that friends are brought by, and others."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from apps.campaigns.deliver import Address, deliver, write_address
from apps.campaigns.door import own_door
from apps.campaigns.draw import draw
from apps.campaigns.join import join
from apps.campaigns.keep import Prize, Told, keep
from apps.campaigns.launch import close, launch
from apps.campaigns.models import Campaign, Grant
from apps.campaigns.ready import ready, with_rules
from apps.campaigns.reward import take_part
from apps.channels.models import Channel
from apps.common.errors import Refused
from apps.contacts.models import Contact
from apps.loyalty.models import Membership
from apps.staff.models import Employee, User

BRING = "老友带新友 · 免费私教课"
PEOPLE = 48  # who take part in it
AGO = timedelta(days=6)
TIERS = (
    Prize(name="100 积分", kind="points", points=100, needed=1, initial=500, value=100),
    Prize(name="运动水杯", kind="physical", needed=3, initial=60, value=1_500),
    Prize(
        name="免费私教课一节", needed=6, initial=20, value=12_000, text="到店前台核销"
    ),
)
WHEEL = (
    Prize(name="季卡", initial=2, weight=50, value=60_000),
    Prize(name="速干 T 恤", kind="physical", initial=20, weight=800, value=3_500),
    Prize(
        name="20 积分",
        kind="points",
        points=20,
        initial=900,
        per_person=9,
        weight=5_000,
        value=20,
    ),
)
DRAWERS = 30
COUPONS = 60
TAKERS = 25


class Command(BaseCommand):
    help = "A referral that runs, a draw for points, coupons that are over; once."

    def handle(self, **options):
        boss = User.objects.filter(is_superuser=True).order_by("pk").first()
        if Campaign.objects.exists() or boss is None or not Contact.objects.exists():
            return
        now = timezone.now()
        bring_friends(boss, now - AGO)
        draw_for_points(boss, now)
        give_coupons(boss, now - timedelta(days=20))
        plan_a_group_buy(boss, now)


def friends(many: int, seed: int) -> list[Contact]:
    """Some who are friends, always the same."""
    rows = Contact.objects.filter(standing=Contact.Standing.FRIEND, kind=1)
    found = list(rows.order_by("pk")[: many * 4])
    return random.Random(seed).sample(found, min(many, len(found)))


def a_door(name: str, boss: User, at: datetime) -> Channel:
    people = Employee.objects.filter(serves=True, status=1).order_by("pk")[:4]
    return own_door(name=name, people=[each.pk for each in people], by=boss, at=at)


def launched(told: Told, boss: User, at: datetime) -> Campaign:
    campaign = keep(told=with_rules(told), by=boss, at=at)
    return launch(campaign=campaign, by=boss, at=at)


@transaction.atomic
def bring_friends(boss: User, at: datetime) -> None:
    told = replace(
        ready(Campaign.Kind.REFERRAL, at=at),
        name=BRING,
        prizes=TIERS,
        ends_at=at + timedelta(days=21),
        channel_id=a_door(BRING, boss, at).pk,
    )
    campaign = launched(told, boss, at)
    dice = random.Random(8)
    for contact in friends(PEOPLE, 8):
        began = at + timedelta(minutes=dice.randint(30, 60 * 24 * 5))
        join(campaign=campaign, contact=contact, at=began)


@transaction.atomic
def draw_for_points(boss: User, now: datetime) -> None:
    began = now - timedelta(days=3)
    told = replace(
        ready(Campaign.Kind.POINTS_DRAW, at=began),
        name="积分大转盘",
        prizes=WHEEL,
        channel_id=a_door("积分大转盘", boss, began).pk,
        terms={"points": 50, "a_day": 3},
    )
    campaign = launched(told, boss, began)
    rich = Membership.objects.filter(balance__gte=200).order_by("pk")[:DRAWERS]
    dice = random.Random(11)
    for member in rich.select_related("contact"):
        at = began + timedelta(minutes=dice.randint(10, 60 * 60))
        made = join(campaign=campaign, contact=member.contact, at=at)
        for _turn in range(dice.randint(1, 3)):
            try:
                draw(participation=made, at=at)
            except Refused:
                break
    won = Grant.objects.filter(reward__kind="physical", reward__campaign=campaign)
    for each in won:
        told_where = Address(
            name="收件人", phone="13800000000", place="青岛市市南区香港中路 1 号"
        )
        write_address(grant=each, told=told_where)


@transaction.atomic
def give_coupons(boss: User, at: datetime) -> None:
    codes = tuple(f"FIT{number:05}" for number in range(10_001, 10_001 + COUPONS))
    prize = Prize(name="满 200 减 30", kind="coupon", initial=COUPONS, codes=codes)
    told = replace(
        ready(Campaign.Kind.COUPON, at=at),
        name="双十一领券",
        prizes=(replace(prize, value=3_000),),
        channel_id=a_door("双十一领券", boss, at).pk,
        ends_at=at + timedelta(days=7),
    )
    campaign = launched(told, boss, at)
    dice = random.Random(12)
    for number, contact in enumerate(friends(TAKERS, 12)):
        began = at + timedelta(minutes=dice.randint(10, 60 * 24 * 6))
        made = take_part(campaign=campaign, contact=contact, at=began)
        for given in made.grants.all() if number % 3 else ():
            deliver(grant=given, proof="门店收银核销", by=boss, at=began)
    close(
        campaign=campaign,
        by=None,
        at=at + timedelta(days=7),
        why=Campaign.ClosedBy.TIME,
    )


def plan_a_group_buy(boss: User, now: datetime) -> None:
    told = ready(Campaign.Kind.GROUP_BUY, at=now)
    keep(told=replace(told, name="三人拼团 · 月卡"), by=boss, at=now)
