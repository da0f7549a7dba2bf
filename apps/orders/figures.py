"""What a list of orders comes to: how many, how much, by whom, and who came back."""

from dataclasses import dataclass

from django.db import OperationalError, connection, transaction
from django.db.models import Count, Max, Min, QuerySet, Sum
from django.utils import timezone

LONGEST = 5_000  # milliseconds; a person does not wait for a sum any longer

ADD_UP = """
SELECT coalesce(sum(many), 0), coalesce(sum(all_of_it), 0),
    coalesce(sum(given_back), 0), count(contact_id),
    count(contact_id) FILTER (
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
    buyers = (
        orders.order_by()
        .values("contact_id")
        .annotate(
            many=Count("pk"),
            all_of_it=Sum("amount"),
            given_back=Sum("refunded_amount"),
            first=Min("placed_at"),
            last=Max("placed_at"),
        )
    )
    sql, parameters = buyers.query.sql_with_params()
    zone = timezone.get_default_timezone_name()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {LONGEST}")
            cursor.execute(ADD_UP.format(buyers=sql), (zone, zone, *parameters))
            return Figures(*map(int, cursor.fetchone()))
    except OperationalError:
        return None
