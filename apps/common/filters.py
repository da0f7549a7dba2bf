"""Filters above a list: a choice among few, a pick among many, a span of days.

What makes no sense in the address finds nothing, or is passed over; it is no error.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from unfold.admin import ModelAdmin

from apps.common.addresses import beside

LONGEST_TERM = 64  # characters; nobody types a longer name
PICKS = 20  # rows offered while somebody types
FEW = 2_000  # rows that a condition names one by one
LONGEST_NUMBER = 18  # digits that surely fit into a bigint


class Filter(admin.SimpleListFilter):
    """One filter of the bar; `sort` says how it is drawn."""

    sort = ""
    quiet = False  # not offered in the bar, but links lead to it

    def __init__(self, request: HttpRequest, params: Any, model: Any, site: Any):
        self.request = request
        super().__init__(request, params, model, site)

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple]:
        return ()

    def has_output(self) -> bool:
        return True

    @property
    def names(self) -> list[str]:
        """Its words in the address, to be taken out when it is removed."""
        return self.expected_parameters()

    @property
    def chip(self) -> str:
        """What is filtered for, in words; empty when nothing is."""
        return ""

    @property
    def is_lost(self) -> bool:
        """Is something filtered for that exists no longer, or not for the visitor?"""
        return False

    def links(self) -> Iterator[tuple[Any, dict[str, str]]]:
        """Words, and what the address says once they are clicked."""
        yield from ()


class Choice(Filter):
    """One of a few: each with its value, its words and its condition."""

    sort = "choice"

    def narrow(self, rows: QuerySet, value: str) -> QuerySet:
        """By the field that is called like the filter, unless a subclass says more."""
        return rows.filter(**{str(self.parameter_name): value})

    def queryset(self, request: HttpRequest, rows: QuerySet) -> QuerySet:
        known = {str(value) for value, _words in self.lookup_choices}
        if (value := self.value()) is None:
            return rows
        return self.narrow(rows, value) if value in known else rows.none()

    @property
    def is_lost(self) -> bool:
        known = {str(value) for value, _words in self.lookup_choices}
        return not (self.value() is None or self.value() in known)

    @property
    def chip(self) -> str:
        words = {str(value): str(words) for value, words in self.lookup_choices}
        value = self.value()
        return "" if value is None else words.get(value, value)


class Pick(Filter):
    """One row of another list, found by typing; `model` is such as "staff.employee".

    `others` are values that are no row, such as nobody.
    """

    sort = "pick"
    model = ""
    hint: Any = ""
    others: tuple[tuple[str, Any], ...] = ()

    def narrow(self, rows: QuerySet, row: Model) -> QuerySet:
        raise NotImplementedError

    def narrow_to_other(self, rows: QuerySet, value: str) -> QuerySet:
        raise NotImplementedError

    def queryset(self, request: HttpRequest, rows: QuerySet) -> QuerySet:
        value = self.value()
        if value is None:
            return rows
        if value in dict(self.others):
            return self.narrow_to_other(rows, value)
        return rows.none() if self.picked is None else self.narrow(rows, self.picked)

    @property
    def is_lost(self) -> bool:
        value = self.value()
        return not (value is None or value in dict(self.others) or self.picked)

    @cached_property
    def picked(self) -> Model | None:
        """The row itself, if the visitor may see it."""
        number = self.number
        door = admin.site.get_model_admin(apps.get_model(self.model))
        if number is None or not door.has_view_permission(self.request):
            return None
        return door.get_queryset(self.request).filter(pk=number).first()

    @property
    def number(self) -> int | None:
        return whole_number(self.value() or "")

    def links(self) -> Iterator[tuple[Any, dict[str, str]]]:
        for value, words in self.others:
            yield words, {self.parameter_name: value}

    @property
    def picks_url(self) -> str:
        return reverse(f"admin:{self.model.replace('.', '_')}_picks")

    @property
    def chip(self) -> str:
        if (value := self.value()) is None:
            return ""
        others = dict(self.others)
        return str(others.get(value) or self.picked or _("nobody like that"))


class Days(Filter):
    """From one day to another, both included, in the zone of the house."""

    sort = "days"
    field = ""

    def __init__(self, request: HttpRequest, params: Any, model: Any, site: Any):
        super().__init__(request, params, model, site)
        for name in self.names:
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]

    def expected_parameters(self) -> list[str]:
        return [f"{self.parameter_name}_from", f"{self.parameter_name}_to"]

    @property
    def inputs(self) -> list[str]:
        """The names of the two ends."""
        return self.names

    def value(self) -> str | None:
        return None

    @property
    def first(self) -> date | None:
        return day_of(self.used_parameters.get(self.names[0], ""))

    @property
    def last(self) -> date | None:
        return day_of(self.used_parameters.get(self.names[1], ""))

    def queryset(self, request: HttpRequest, rows: QuerySet) -> QuerySet:
        if self.first:
            rows = rows.filter(**{f"{self.field}__gte": midnight(self.first)})
        if self.last:
            end = midnight(self.last + timedelta(days=1))
            rows = rows.filter(**{f"{self.field}__lt": end})
        return rows

    @property
    def chip(self) -> str:
        first, last = self.first, self.last
        if first and first == last:
            return f"{first}"
        return f"{first or ''} ～ {last or ''}".strip() if first or last else ""

    def links(self) -> Iterator[tuple[Any, dict[str, str]]]:
        today = timezone.localdate()
        yesterday = today - timedelta(days=1)
        for words, first, last in (
            (_("Today"), today, today),
            (_("Yesterday"), yesterday, yesterday),
            (_("Last 7 days"), today - timedelta(days=6), today),
            (_("Last 30 days"), today - timedelta(days=29), today),
            (_("This month"), today.replace(day=1), today),
        ):
            yield words, dict(zip(self.names, (f"{first}", f"{last}"), strict=True))


class Pickable(ModelAdmin):
    """A row of this list can be picked by typing where another list is filtered."""

    def get_urls(self) -> list:
        picks = beside(self)("picks/", require_safe(self.picks_view), "picks")
        return [picks, *super().get_urls()]

    def picks(self, rows: QuerySet) -> Iterable[Any]:
        return rows[:PICKS]

    def more_about(self, row: Any) -> str:
        """What tells two rows of one name apart."""
        return ""

    def picks_view(self, request: HttpRequest) -> JsonResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        term = searched_for(request.GET.get("term", ""))
        rows = self.get_queryset(request)
        rows, _repeated = self.get_search_results(request, rows, term)
        found = [
            {"id": row.pk, "text": str(row), "more": self.more_about(row)}
            for row in self.picks(rows.order_by(*self.get_ordering(request)))
        ]
        return JsonResponse({"results": found}, headers={"Cache-Control": "no-store"})


def searched_for(term: str) -> str:
    """Without what PostgreSQL refuses, and no longer than anybody types."""
    return term.replace("\x00", "").strip()[:LONGEST_TERM]


def among(rows: QuerySet, numbers: QuerySet, otherwise: Any) -> QuerySet:
    """Rows that have one of these numbers. A few are named; of many, `otherwise` is the
    condition: a list walks down its rows until a page is full, and to find few among a
    million it would walk through all of them."""
    few = list(numbers.order_by()[: FEW + 1])
    return rows.filter(otherwise if len(few) > FEW else Q(pk__in=sorted(set(few))))


def whole_number(text: str) -> int | None:
    """A number that can be a primary key, or None."""
    is_one = text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER
    return int(text) if is_one else None


def day_of(text: str) -> date | None:
    try:
        day = parse_date(text)
    except ValueError:  # the 31st of February
        return None
    # beyond these a day more or less is no date any more
    return day if day and 1970 <= day.year <= 9000 else None


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())
