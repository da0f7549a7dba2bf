"""A made-up company over half a year: who looks at products often buys soon after."""

import random
from datetime import datetime, timedelta

from apps.behaviour.models import Behaviour
from apps.common.copying import copy_in
from apps.contacts.models import Contact
from apps.orders.models import Order
from tests.conftest import day

NOW = day(200)
CYCLE = 30


def order_of(contact_id: int, at: datetime, number: int) -> Order:
    return Order(
        system="mall",
        number=f"{contact_id} {number}",
        contact_id=contact_id,
        status="paid",
        amount=10_000,
        placed_at=at,
        paid_at=at,
        changed_at=at,
        lines_digest=b"",
    )


def company(many: int = 1_500, *, telling: float = 1.0, seed: int = 5) -> list[Contact]:
    """`telling` is the share of contacts whose visits say anything."""
    lot = random.Random(seed)
    contacts = copy_in(
        (
            Contact(
                name=f"客户{number}",
                added_at=NOW - timedelta(days=lot.uniform(5, 190)),
                kind=1,
                gender=lot.choice([1, 2]),
            )
            for number in range(many)
        ),
        numbered=True,
    )
    visits, orders = [], []
    for contact in contacts:
        at = contact.added_at
        while at < NOW - timedelta(days=1):
            keen = lot.random() < 0.25
            often = lot.randint(3, 8) if keen else lot.randint(0, 2)
            visits += [(contact.pk, at + timedelta(days=lot.uniform(0, 9)))] * 1
            for _each in range(often):
                visits.append((contact.pk, at + timedelta(days=lot.uniform(0, 9))))
            buys = keen if lot.random() < telling else lot.random() < 0.25
            if lot.random() < (0.8 if buys else 0.04):
                orders.append((contact.pk, at + timedelta(days=lot.uniform(12, 25))))
                break
            at += timedelta(days=CYCLE)
    told = [(who, at) for who, at in visits if at < NOW]
    copy_in(
        Behaviour(
            system="mall",
            number=str(number),
            contact_id=who,
            kind="page.viewed",
            at=at,
            recorded_at=at,
        )
        for number, (who, at) in enumerate(told)
    )
    copy_in(order_of(who, at, 0) for who, at in orders if at < NOW)
    return contacts
