"""What a list of orders comes to: how many, how much, by whom, and who came back."""

from dataclasses import dataclass

from django.core.exceptions import EmptyResultSet
from django.db import OperationalError, connection, transaction
from django.db.models import Count, Max, Min, QuerySet, Sum
from django.utils import timezone

LONGEST = 3_000  # milliseconds for a statement; nobody waits for a sum any longer

# Apart from the sums: an index has all that is asked here, and is read along.
COUNT = """
SELECT count(contact_id), count(contact_id) FILTER (
    WHERE (first AT TIME ZONE %s)::date <> (last AT TIME ZONE %s)::date
)
FROM ({buyers}) AS buyer
"""


@dataclass(frozen=True)
class Figures:
    """Amounts in fen. `returning` are those who bought on more than one day."""

    orders: int
    amount: int
    refunded: int
    buyers: int
    returning: int


def figures_of(orders: QuerySet) -> Figures | None:
    """None when it takes too long to add up."""
    orders = orders.order_by()
    ends = {"first": Min("placed_at"), "last": Max("placed_at")}
    buyers = orders.values("contact_id").annotate(**ends)
    try:
        sql, parameters = buyers.query.sql_with_params()
    except EmptyResultSet:  # filtered for what cannot be
        return Figures(0, 0, 0, 0, 0)
    zone = timezone.get_default_timezone_name()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {LONGEST}")
            sums = orders.aggregate(
                many=Count("*"), amount=Sum("amount"), refunded=Sum("refunded_amount")
            )
            cursor.execute(COUNT.format(buyers=sql), (zone, zone, *parameters))
            many_buyers, returning = cursor.fetchone()
    except OperationalError:
        return None
    return Figures(
        orders=sums["many"],
        amount=int(sums["amount"] or 0),
        refunded=int(sums["refunded"] or 0),
        buyers=many_buyers,
        returning=returning,
    )
