"""What to offer somebody next, and why.

A product is spoken for by what she has bought (others bought both), by her own tags,
and by the tags of what she has bought. What she has bought already is not offered
again. Each reason is told with what it rests on.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection

from apps.orders.models import Product
from apps.orders.rule_fields import COUNTS
from apps.scoring.models import Sold, Together
from apps.tags.models import Tagging

OFFERED = 3
HISTORY = 30  # products of hers that are looked at, the newest ones
HER_TAGS = 30
CANDIDATES = 40  # of each way
OF_TOGETHER, OF_HER_TAG, OF_SAME_TAG = 1.0, 0.35, 0.15  # how much each way says

BOUGHT = f"""
SELECT line.product_id, max(row.paid_at) AS last
FROM orders_order AS row JOIN orders_orderline AS line ON line.order_id = row.id
WHERE row.contact_id = %s AND line.product_id IS NOT NULL AND {COUNTS}
GROUP BY 1 ORDER BY 2 DESC LIMIT {HISTORY}
"""


@dataclass
class Reason:
    """`kind` is "together", "her_tag" or "same_tag"; `what` is a product or a tag."""

    kind: str
    what: str
    buyers: int = 0


@dataclass
class Offer:
    product: Product
    worth: float = 0.0
    reasons: list[Reason] = field(default_factory=list)


def next_best(contact_id: int, *, many: int = OFFERED) -> list[Offer]:
    """The best first. Four or five questions, each answered by an index."""
    history = products_bought(contact_id)
    worth: dict[int, float] = defaultdict(float)
    why: dict[int, list[Reason]] = defaultdict(list)
    add_together(history, worth, why)
    add_tags(contact_id, history, worth, why)
    best = sorted(worth, key=lambda pk: (-worth[pk], pk))[:many]
    products = Product.objects.in_bulk(best)
    return [
        Offer(products[pk], round(worth[pk], 4), why[pk])
        for pk in best
        if pk in products
    ]


def products_bought(contact_id: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(BOUGHT, [contact_id])
        return [product for product, _last in cursor]


def add_together(
    history: Sequence[int], worth: dict[int, float], why: dict[int, list[Reason]]
) -> None:
    """Each of hers adds what is left of doubt: two that say the same say more."""
    rows = Together.objects.filter(product__in=history).exclude(other__in=history)
    told = rows.select_related("product").order_by("-likeness", "other")
    doubt: dict[int, float] = defaultdict(lambda: 1.0)
    for row in told[: CANDIDATES * 3]:
        doubt[row.other_id] *= 1 - min(row.likeness, 1.0)
        if not why[row.other_id]:  # the likest of hers is the reason
            named = Reason("together", str(row.product), row.buyers)
            why[row.other_id].append(named)
    for product, left in doubt.items():
        worth[product] += OF_TOGETHER * (1 - left)


def add_tags(
    contact_id: int,
    history: Sequence[int],
    worth: dict[int, float],
    why: dict[int, list[Reason]],
) -> None:
    carried = Tagging.objects.filter(contact=contact_id, tag__deleted_at=None)
    hers = set(carried.values_list("tag__name", flat=True)[:HER_TAGS])
    of_hers = Product.objects.filter(pk__in=history).values_list("tags", flat=True)
    same = {tag for tags in of_hers for tag in tags}
    wanted = sorted(hers | same)
    if not wanted:
        return
    rows = (
        Sold.objects.filter(product__tags__overlap=wanted)
        .exclude(product__in=history)
        .select_related("product")
        .order_by("-buyers", "product")[:CANDIDATES]
    )
    most = max((row.buyers for row in rows), default=0) or 1
    for row in rows:
        popular = 0.5 + row.buyers / most / 2  # among equals what others like
        for tag in row.product.tags:
            if tag in hers:
                worth[row.product_id] += OF_HER_TAG * popular
                why[row.product_id].append(Reason("her_tag", tag))
            elif tag in same:
                worth[row.product_id] += OF_SAME_TAG * popular
                why[row.product_id].append(Reason("same_tag", tag))
