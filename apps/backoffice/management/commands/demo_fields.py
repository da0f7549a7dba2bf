"""Fields of its own for the demo's company, with what it knows of some contacts."""

import random
from datetime import timedelta

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from apps.contacts.attributes import Told, set_values
from apps.contacts.models import Attribute, Contact
from apps.contacts.reading_values import Field, fields_of, read_value
from apps.events.models import EventRecord

Face, Type = Attribute.Face, Attribute.Type

CITY = "所在城市"
# Name, face, type, what for, from where, days it stays fresh, what may be chosen.
FIELDS = [
    ("生日", Face.BASIC, Type.DATE, "生日当天送祝福", "员工询问", None, ""),
    ("职业", Face.BASIC, Type.TEXT, "推荐合适的产品", "员工询问", 730, ""),
    (CITY, Face.BASIC, Type.TEXT, "邀请参加当地活动", "员工询问", 730, ""),
    ("有孩子", Face.BASIC, Type.YES_NO, "推荐亲子活动", "问卷", 365, ""),
    (
        *("购买意向", Face.SUBJECTIVE, Type.CHOICE, "安排跟进的先后", "员工判断", 30),
        "强烈、一般、暂无",
    ),
    (
        *("关注点", Face.SUBJECTIVE, Type.CHOICES, "沟通时先讲什么", "员工判断", 180),
        "价格、品质、服务、交付速度",
    ),
    ("年预算", Face.TRADE, Type.MONEY, "推荐合适的价位", "员工询问", 365, ""),
    ("门店数", Face.TRADE, Type.NUMBER, "估算采购量", "问卷", None, ""),
]
CITIES = ["上海", "上海市", "杭州", "苏州", "南京", "宁波"]
JOBS = ["教师", "医生", "设计师", "会计", "店主", "工程师"]
FILLED = 0.4  # share of the contacts of whom something is known


class Command(BaseCommand):
    help = "Define some fields, and fill them in for some of the contacts, once."

    @transaction.atomic
    def handle(self, **options):
        if Attribute.objects.exists():
            return
        fields = fields_of(
            [define(number, *told) for number, told in enumerate(FIELDS)]
        )
        chance, now = random.Random(7), timezone.now()
        people = list(Contact.objects.order_by("pk").values_list("pk", flat=True))
        for days in (3, 40, 200, 400):
            told = [
                Told(who, field.attribute.pk, read_value(field, written(field, chance)))
                for who in chance.sample(people, int(len(people) * FILLED / 4))
                for field in chance.sample(fields, 5)
            ]
            at = now - timedelta(days=days)
            set_values(told, source=EventRecord.Source.FIRST_PULL, at=at)


def define(number, name, face, type, purpose, origin, fresh_days, options) -> Attribute:
    made = Attribute.objects.create(
        name=name,
        face=face,
        type=type,
        purpose=purpose,
        origin=origin,
        fresh_days=fresh_days,
        tells_city=name == CITY,
        position=number,
    )
    for position, option in enumerate(filter(None, options.split("、"))):
        made.options.create(name=option, position=position)
    return made


def written(field: Field, chance: random.Random) -> str:
    match field.attribute.type:
        case Type.DATE:
            return f"{chance.randint(1965, 2004)}-{chance.randint(1, 12)}-15"
        case Type.YES_NO:
            return chance.choice(["是", "否"])
        case Type.MONEY:
            return f"{chance.randint(1, 80) * 500}"
        case Type.NUMBER:
            return f"{chance.randint(1, 30)}"
        case Type.CHOICE:
            return chance.choice([*field.options])
        case Type.CHOICES:
            return "、".join(chance.sample([*field.options], 2))
    return chance.choice(CITIES if field.attribute.name == CITY else JOBS)
