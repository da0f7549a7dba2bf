"""Every night: which products are bought by the same people.

Likeness is the cosine between the sets of buyers, over the last two years: of two that
everybody buys it says little, of two that the same few buy it says much. Of each
product the twenty likest are kept, if three people at least bought both. Who buys
everything (a reseller) tells nothing of taste, and is passed over.
"""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import scipy
from django.db import connection, transaction

from apps.orders.rule_fields import COUNTS
from apps.scoring.outcomes import packed

SPAN = timedelta(days=730)
FEWEST = 3  # who bought both
MOST = 300  # products of one buyer
LIKEST = 20
BLOCK = 2_000  # products that are compared at a time

READ = f"""
SELECT {packed("contact_id")}, {packed("product_id")} FROM (
    SELECT DISTINCT row.contact_id, line.product_id
    FROM orders_order AS row JOIN orders_orderline AS line ON line.order_id = row.id
    WHERE row.contact_id IS NOT NULL AND line.product_id IS NOT NULL AND {COUNTS}
        AND row.paid_at >= %s
) AS bought
"""
WRITE_SOLD = """
INSERT INTO scoring_sold AS kept (product_id, buyers)
SELECT product, buyers FROM unnest(%s::bigint[], %s::int[]) AS told (product, buyers)
WHERE EXISTS (SELECT FROM orders_product AS row WHERE row.id = told.product)
ON CONFLICT (product_id) DO UPDATE SET buyers = excluded.buyers
WHERE kept.buyers <> excluded.buyers
"""
WRITE = """
INSERT INTO scoring_together AS kept (product_id, other_id, buyers, likeness)
SELECT product, other, buyers, likeness FROM unnest(
    %s::bigint[], %s::bigint[], %s::int[], %s::float8[]
) AS told (product, other, buyers, likeness)
WHERE (SELECT count(*) FROM orders_product AS row
       WHERE row.id IN (told.product, told.other)) = 2
ON CONFLICT (product_id, other_id) DO UPDATE
SET buyers = excluded.buyers, likeness = excluded.likeness
WHERE (kept.buyers, kept.likeness) <> (excluded.buyers, excluded.likeness)
"""
FORGET = """
DELETE FROM scoring_together AS kept WHERE NOT EXISTS (
    SELECT FROM unnest(%s::bigint[], %s::bigint[]) AS told (product, other)
    WHERE told.product = kept.product_id AND told.other = kept.other_id
)
"""
FORGET_SOLD = "DELETE FROM scoring_sold AS kept WHERE NOT kept.product_id = ANY(%s)"


def bought(*, at: datetime) -> tuple[Any, Any]:
    """Who bought what, each pair once."""
    with connection.cursor() as cursor:
        cursor.execute(READ, [at - SPAN])
        told = [bytes(each or b"") for each in cursor.fetchone()]
    contacts, products = (np.frombuffer(each, ">i8").astype(int) for each in told)
    _who, rows, often = np.unique(contacts, return_inverse=True, return_counts=True)
    usual = often[rows] <= MOST if len(rows) else rows.astype(bool)
    return contacts[usual], products[usual]


def compare(*, at: datetime) -> int:
    """What is bought together, written down anew; how many pairs are kept."""
    contacts, numbers = bought(at=at)
    who, rows = np.unique(contacts, return_inverse=True)
    products, columns = np.unique(numbers, return_inverse=True)
    ones = np.ones(len(rows), np.float32)
    shape = (len(who), len(products))
    matrix = scipy.sparse.csr_array((ones, (rows, columns)), shape=shape)
    buyers = np.bincount(columns, minlength=len(products))
    found = [
        likest(matrix, buyers, first=first) for first in range(0, len(products), BLOCK)
    ]
    one, other, both, likeness = (
        np.concatenate(each) if found else np.zeros(0, int)
        for each in (zip(*found, strict=True) if found else [()] * 4)
    )
    write(products, buyers, products[one], products[other], both, likeness)
    return len(one)


def likest(matrix: Any, buyers: Any, *, first: int) -> tuple[Any, Any, Any, Any]:
    """Of a block of products."""
    block = matrix[:, first : first + BLOCK]
    pairs = (block.T @ matrix).tocoo()
    one, other, both = pairs.row + first, pairs.col, pairs.data
    kept = (one != other) & (both >= FEWEST)
    one, other, both = one[kept], other[kept], both[kept].astype(int)
    likeness = np.round(both / np.sqrt(buyers[one] * buyers[other]), 5)
    order = np.lexsort((other, -likeness, one))
    one, other, both = one[order], other[order], both[order]
    likeness = likeness[order]
    begins = np.searchsorted(one, one, side="left")
    top = np.arange(len(one)) - begins < LIKEST
    return one[top], other[top], both[top], likeness[top]


@transaction.atomic
def write(
    products: Any, buyers: Any, one: Any, other: Any, both: Any, likeness: Any
) -> None:
    """Only what has changed."""
    pairs = [each.tolist() for each in (one, other)]
    with connection.cursor() as cursor:
        cursor.execute(WRITE_SOLD, [products.tolist(), buyers.tolist()])
        cursor.execute(FORGET_SOLD, [products.tolist()])
        cursor.execute(WRITE, [*pairs, both.tolist(), likeness.tolist()])
        cursor.execute(FORGET, pairs)
