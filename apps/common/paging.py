"""Pages of lists of any length, counted no further than anybody reads."""

from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Model, QuerySet
from django.utils.functional import cached_property

COUNTED = 5_000  # rows; beyond it a filtered list only says "more than"
PAGES = 200  # an OFFSET of a million rows takes longer than anybody waits


class BoundedPaginator(Paginator):
    """Exact up to `counted` rows, then the planner's estimate or "more than that"."""

    counted = COUNTED
    most_pages = PAGES

    @cached_property
    def count(self) -> int:
        rows: QuerySet = self.object_list.order_by()
        if (
            self.is_everything
            and (estimate := estimated_rows(rows.model)) > self.counted
        ):
            return estimate
        return rows.values("pk")[: self.counted + 1].count()

    @cached_property
    def num_pages(self) -> int:
        return min(super().num_pages, self.most_pages)

    @property
    def is_everything(self) -> bool:
        query = self.object_list.query
        return not (query.where or query.distinct or query.is_empty())

    @property
    def is_exact(self) -> bool:
        return self.count <= self.counted

    @property
    def at_least(self) -> int:
        """What is certain about a list that is not counted to its end."""
        return min(self.count, self.counted)


def estimated_rows(model: type[Model]) -> int:
    """How many rows the planner believes the table has; 0 or less: it cannot tell."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass",
            [model._meta.db_table],
        )
        return cursor.fetchone()[0]
