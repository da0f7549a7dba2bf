"""RFM: equals are never parted; CDNOW's cells are those of an independent reckoning."""

from collections import Counter
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.common.copying import copy_in
from apps.contacts.models import Contact
from apps.orders.models import Order
from apps.rules.compile import found_by
from apps.rules.tree import read
from apps.segments.rfm import CELLS, Asked, quantiles, rfm, rule_of
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

CDNOW = Path(settings.BASE_DIR).parent / "shared" / "data" / "cdnow_master.txt"
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("values", "classes", "cuts"),
    [
        # nobody bought
        ([], 3, (1, 1)),
        # one each
        ([1, 2, 3, 4, 5], 5, (2, 3, 4, 5)),
        # most have bought once: they stay together, classes above them are empty
        ([1] * 8 + [2, 3], 5, (2, 2, 2, 2)),
        # all are the same
        ([7, 7, 7], 3, (8, 8)),
    ],
)
def test_cut_points_are_values_so_that_equals_stay_together(values, classes, cuts):
    assert quantiles(Counter(values), classes) == cuts


def bought(moments_and_amounts) -> Contact:
    contact = make.contact()
    for at, amount in moments_and_amounts:
        make.order(contact, paid_at=at, placed_at=at, amount=amount)
    return contact


def test_cells_are_rules_whose_people_are_those_that_are_counted():
    for number in range(12):
        bought([(day(1 + number), 1_000 * (number + 1))] * (1 + number % 3))
    bought([(day(-500), 9_999)])
    found = rfm(Asked(today=timezone.localdate(day(20)), classes=3))
    assert found.buyers == 12

    everywhere = range(1, 4)
    for (r, f), many in found.heat().items():
        rule = rule_of(found, r=range(r, r + 1), f=range(f, f + 1), m=everywhere)
        assert found_by(read(rule), at=day(20)).many == many
    for (r, f, m), many in found.many.items():
        rule = rule_of(found, r=range(r, r + 1), f=range(f, f + 1), m=range(m, m + 1))
        assert found_by(read(rule), at=day(20)).many == many
    assert sum(found.cells().values()) == 12


def test_a_person_may_set_the_cut_points():
    for number in range(4):
        bought([(day(1 + number), 1_000 * (number + 1))])
    cuts = {"recency": (8, 30), "frequency": (2, 5), "money": (2_000, 4_000)}

    found = rfm(Asked(today=timezone.localdate(day(20)), classes=3, cuts=cuts))

    assert Counter({m: n for (_r, _f, m), n in found.many.items()}) == {
        1: 1,
        2: 2,
        3: 1,
    }


def test_only_orders_of_the_channel_count():
    bought([(day(1), 100)])

    asked = Asked(today=timezone.localdate(day(20)), channels=("store",))
    assert rfm(asked).buyers == 0


@pytest.mark.skipif(not CDNOW.exists(), reason="CDNOW is not on this machine")
def test_the_cells_of_cdnow_are_those_of_an_independent_reckoning():
    tell_nobody_what_changes()
    today, lines = date(1998, 6, 30), []
    for line in CDNOW.read_text().splitlines()[1:]:
        who, when, _pieces, dollars = line.split()
        at = datetime.strptime(when, "%Y%m%d").replace(hour=12, tzinfo=SHANGHAI)
        lines.append((who, at, round(float(dollars) * 100)))
    people = {who: None for who, _at, _fen in lines}
    contacts = copy_in(
        (Contact(name=who, added_at=day(1), kind=1) for who in people), numbered=True
    )
    number = {contact.name: contact.pk for contact in contacts}
    copy_in(
        (
            Order(
                system="cdnow",
                number=f"{n}",
                contact_id=number[who],
                status="paid",
                amount=fen,
                placed_at=at,
                paid_at=at,
                changed_at=at,
                lines_digest=b"",
            )
            for n, (who, at, fen) in enumerate(lines)
        )
    )

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orders_order, contacts_contact")
    found = rfm(Asked(today=today, days=1_000, classes=5))

    assert found.buyers == 23_570
    assert found.cells() == reckoned(lines, today)
    assert len(CELLS) == 8


def tell_nobody_what_changes() -> None:
    """Kept sets are not asked here; triggers would write down each row for them."""
    with connection.cursor() as cursor:
        for table in ("contacts_contact", "orders_order"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")


def reckoned(lines, today) -> dict[tuple[bool, bool, bool], int]:
    """Again, by pandas: ranks among sorted values, of which equals share the lowest."""
    orders = pandas.DataFrame(lines, columns=["who", "at", "fen"])
    orders["ago"] = orders["at"].map(lambda at: (today - at.date()).days)
    people = orders.groupby("who").agg(
        recency=("ago", "min"), frequency=("fen", "size"), money=("fen", "sum")
    )
    classes = (people.rank(method="min").astype(int) - 1) * 5 // len(people)
    good = pandas.concat(
        [classes["recency"] < 2, classes[["frequency", "money"]] > 2], axis=1
    )
    return dict.fromkeys(CELLS, 0) | good.value_counts().to_dict()
