"""Recency, frequency, money: cut points, classes, the eight cells and their names.

Of everybody who paid in the last so many days: days since the last order, number of
orders, what they came to. Cut points are values, so that equals are never parted; they
are proposed as quantiles of those who bought, and a person may set others. A cell is a
rule like any other: whoever clicks on it sees its people, and can keep it as a segment.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from apps.common.filters import midnight

CLASSES = (3, 4, 5)
MEASURES = ("recency", "frequency", "money")

# Better than the middle in R, F, M; and what such customers are called.
CELLS: dict[tuple[bool, bool, bool], Any] = {
    (True, True, True): _("important: value"),
    (True, False, True): _("important: develop"),
    (False, True, True): _("important: keep"),
    (False, False, True): _("important: win back"),
    (True, True, False): _("ordinary: value"),
    (True, False, False): _("ordinary: develop"),
    (False, True, False): _("ordinary: keep"),
    (False, False, False): _("ordinary: win back"),
}

BUYERS = """
SELECT row.contact_id,
    (%(today)s - max((row.paid_at AT TIME ZONE %(zone)s)::date))::bigint AS recency,
    count(*) AS frequency, sum(row.amount - row.refunded_amount)::bigint AS money
FROM orders_order AS row
WHERE row.contact_id IS NOT NULL AND row.paid_at >= %(since)s AND row.paid_at < %(end)s
    AND row.status <> 'refunded' AND row.contact_id NOT IN (
        SELECT id FROM contacts_contact WHERE merged_into_id IS NOT NULL
    ) {narrowed}
GROUP BY row.contact_id
"""
# How many have each value: all quantiles follow from one pass.
SPREAD = """
WITH buyers AS MATERIALIZED ({buyers})
SELECT 'recency', recency, count(*) FROM buyers GROUP BY 2
UNION ALL SELECT 'frequency', frequency, count(*) FROM buyers GROUP BY 2
UNION ALL SELECT 'money', money, count(*) FROM buyers GROUP BY 2
"""
COUNTED = """
SELECT width_bucket(recency, %(recency)s::bigint[]),
    width_bucket(frequency, %(frequency)s::bigint[]),
    width_bucket(money, %(money)s::bigint[]), count(*), sum(money)
FROM ({buyers}) AS buyers GROUP BY 1, 2, 3
"""
CHANNEL = " AND row.channel = ANY(%(channels)s)"
PRODUCT = (
    " AND EXISTS (SELECT FROM orders_orderline AS line WHERE line.order_id = row.id "
    "AND line.product_id = ANY(%(products)s))"
)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which orders, of how many days, in how many classes; cut points that are set."""

    today: date
    days: int = 365
    classes: int = 5
    channels: tuple[str, ...] = ()
    products: tuple[int, ...] = ()
    cuts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def parameters(self) -> dict[str, Any]:
        return {
            "today": self.today,
            "zone": "Asia/Shanghai",
            "since": midnight(self.today - timedelta(days=self.days - 1)),
            "end": midnight(self.today + timedelta(days=1)),
            "channels": list(self.channels),
            "products": list(self.products),
        }

    def narrowed(self) -> str:
        channel = CHANNEL if self.channels else ""
        return channel + (PRODUCT if self.products else "")

    def buyers(self) -> str:
        return BUYERS.format(narrowed=self.narrowed())


@dataclass(frozen=True, kw_only=True)
class Rfm:
    """The cut points, and how many contacts with how much money in each class.

    A class is told as R, F, M from 1, the worst, to the number of classes.
    """

    asked: Asked
    cuts: Mapping[str, tuple[int, ...]]
    many: Mapping[tuple[int, int, int], int]
    money: Mapping[tuple[int, int, int], int]

    @property
    def buyers(self) -> int:
        return sum(self.many.values())

    def cells(self) -> dict[tuple[bool, bool, bool], int]:
        """The eight: a class above the middle is a good one."""
        found = dict.fromkeys(CELLS, 0)
        for (r, f, m), many in self.many.items():
            found[self.is_good(r), self.is_good(f), self.is_good(m)] += many
        return found

    def money_of_cells(self) -> dict[tuple[bool, bool, bool], int]:
        found = dict.fromkeys(CELLS, 0)
        for (r, f, m), fen in self.money.items():
            found[self.is_good(r), self.is_good(f), self.is_good(m)] += fen
        return found

    def classes_of(self, good: bool) -> range:
        every = range(1, self.asked.classes + 1)
        found = [number for number in every if self.is_good(number) == good]
        return range(found[0], found[-1] + 1)

    def is_good(self, number: int) -> bool:
        return is_good(number, of=self.asked.classes)

    def heat(self) -> dict[tuple[int, int], int]:
        """By recency and frequency."""
        found: Counter[tuple[int, int]] = Counter()
        for (r, f, _m), many in self.many.items():
            found[r, f] += many
        return found


def is_good(number: int, *, of: int) -> bool:
    """A class above the middle."""
    return number * 2 > of + 1


def rfm(asked: Asked) -> Rfm:
    parameters = asked.parameters()
    with connection.cursor() as cursor:
        cuts = dict(asked.cuts)
        if missing := [name for name in MEASURES if name not in cuts]:
            cursor.execute(SPREAD.format(buyers=asked.buyers()), parameters)
            spread: dict[str, Counter[int]] = {name: Counter() for name in MEASURES}
            for name, value, count in cursor.fetchall():
                spread[name][int(value)] += count
            cuts |= {name: quantiles(spread[name], asked.classes) for name in missing}
        held = {name: list(cuts[name]) for name in MEASURES}
        cursor.execute(COUNTED.format(buyers=asked.buyers()), {**parameters, **held})
        rows = cursor.fetchall()
    many: dict[tuple[int, int, int], int] = {}
    money: dict[tuple[int, int, int], int] = {}
    for recency, frequency, spent, count, fen in rows:
        place = (asked.classes - recency, frequency + 1, spent + 1)
        many[place], money[place] = count, int(fen)
    return Rfm(asked=asked, cuts=cuts, many=many, money=money)


def quantiles(spread: Mapping[int, int], classes: int) -> tuple[int, ...]:
    """Values at which a class begins: the first that at least so many are below of.

    Equals are never parted: a value that many have makes one class larger and others
    empty.
    """
    total, below, cuts = sum(spread.values()), 0, []
    ranks = [total * number / classes for number in range(1, classes)]
    for value in sorted(spread):
        while ranks and below >= ranks[0]:
            cuts.append(value)
            ranks.pop(0)
        below += spread[value]
    highest = max(spread, default=0) + 1
    return tuple(cuts + [highest] * len(ranks))


# --- a cell as a rule -----------------------------------------------------------------


def rule_of(found: Rfm, *, r: range, f: range, m: range) -> dict[str, Any]:
    """The people of some classes, as a rule: last order, orders, amount."""
    asked = found.asked
    options: dict[str, Any] = {"within": {"days": asked.days}}
    if asked.channels:
        options["channel"] = list(asked.channels)
    if asked.products:
        options["product"] = list(asked.products)
    parts = [said("order_count", 1, None, options)]
    newest = edge(found.cuts["recency"], asked.classes - r[-1])
    oldest = edge(found.cuts["recency"], asked.classes - r[0] + 1)
    if oldest is not None and oldest > 0:
        parts.append(moment("last_days", oldest, options))
    if newest is not None and newest > 0:
        parts.append(moment("longer_ago", newest, options))
    for name, cut, classes in (
        ("order_count", "frequency", f),
        ("order_sum", "money", m),
    ):
        least = edge(found.cuts[cut], classes[0] - 1)
        beyond = edge(found.cuts[cut], classes[-1])
        if least is not None or beyond is not None:
            parts.append(said(name, least, beyond, options))
    return {"all": parts}


def edge(cuts: Sequence[int], number: int) -> int | None:
    """Where the class after so many cut points begins; None at either end."""
    return cuts[number - 1] if 1 <= number <= len(cuts) else None


def moment(op: str, days: int, options: Mapping[str, Any]) -> dict[str, Any]:
    return {"field": "last_order", "op": op, "value": days, **options}


def said(
    name: str, least: int | None, beyond: int | None, options: Mapping[str, Any]
) -> dict[str, Any]:
    """From the one value up to below the other."""
    if beyond is None:
        return {"field": name, "op": "at_least", "value": least, **options}
    if least is None:
        return {"field": name, "op": "at_most", "value": beyond - 1, **options}
    return {"field": name, "op": "between", "value": [least, beyond - 1], **options}
