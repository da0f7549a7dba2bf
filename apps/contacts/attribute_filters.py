"""The contact list narrowed by the company's own fields.

A filter for each field that the address names, "a12" for the field number 12; and one
from which another field is chosen. Each is an EXISTS that the index of its
type answers; what is stale is found by its age.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.common.filters import Choice, Filter, day_of, searched_for
from apps.contacts.attribute_models import COLUMNS, Attribute, AttributeValue
from apps.contacts.reading_values import decimal_of

Type = Attribute.Type
FILLED, EMPTY, STALE = "any", "none", "stale"
SPECIAL = {FILLED: _("filled in"), EMPTY: _("not filled in"), STALE: _("stale")}


def filters_for(request: HttpRequest) -> list[type[Filter]]:
    """Those that the address asks for, and the one to choose another."""
    if not request.user.has_perm("contacts.view_attributevalue"):
        return []
    attributes = attributes_for(request)
    asked = [a for a in attributes if any(n in request.GET for n in names_of(a))]
    left = [a for a in attributes if a not in asked]
    filters = [filter_of(attribute) for attribute in asked]
    aging = [a for a in attributes if a.fresh_days is not None]
    filters.append(type("AnyStale", (StaleFilter,), {"aging": aging}))
    if left:
        filters.append(type("OneMore", (Chooser,), {"left": left}))
    return filters


def attributes_for(request: HttpRequest) -> list[Attribute]:
    """Read once for a page."""
    if not hasattr(request, "attributes_in_use"):
        request.attributes_in_use = list(Attribute.objects.in_use())
    return request.attributes_in_use


def filter_of(attribute: Attribute) -> type[Filter]:
    name = f"Of{attribute.pk}"
    told = {
        "attribute": attribute,
        "title": attribute.name,
        "parameter_name": f"a{attribute.pk}",
    }
    return type(name, (OF_TYPE[Type(attribute.type)],), told)


def names_of(attribute: Attribute) -> list[str]:
    name = f"a{attribute.pk}"
    return [name, f"{name}_from", f"{name}_to"]


def stale_before(attribute: Attribute) -> datetime:
    return timezone.now() - timedelta(days=attribute.fresh_days or 0)


class StaleFilter(Choice):
    """Whoever has something that is to be asked anew, in whichever field."""

    title = _("attribute")
    parameter_name = "stale"
    quiet = True
    aging: ClassVar[list[Attribute]] = []

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("any", _("has stale values"))]

    def narrow(self, contacts: QuerySet, value: str) -> QuerySet:
        stale = Q(pk__in=[])
        for attribute in self.aging:
            stale |= Q(attribute=attribute, at__lt=stale_before(attribute))
        theirs = AttributeValue.objects.filter(stale, contact=OuterRef("pk"))
        return contacts.filter(Exists(theirs))


class Chooser(Choice):
    """Not a filter yet: it leads to one."""

    title = _("attribute")
    parameter_name = "attribute"
    left: ClassVar[list[Attribute]] = []

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(attribute.pk), attribute.name) for attribute in self.left]

    def queryset(self, request: HttpRequest, rows: QuerySet) -> QuerySet:
        return rows

    @property
    def chip(self) -> str:
        return ""

    def choices(self, changes: Any) -> Iterator[dict[str, Any]]:
        yield {
            "selected": True,
            "query_string": changes.get_query_string(),
            "display": _("choose one …"),
        }
        if any(attribute.fresh_days for attribute in self.left):
            yield {
                "selected": False,
                "query_string": changes.get_query_string({"stale": "any", "p": None}),
                "display": _("has stale values"),
            }
        for number, name in self.lookup_choices:
            asked = {f"a{number}": FILLED, "p": None, "attribute": None}
            yield {
                "selected": False,
                "query_string": changes.get_query_string(asked),
                "display": name,
            }


class OfAttribute(Filter):
    """What the filters of all types have in common."""

    attribute: ClassVar[Attribute]

    def having(self, contacts: QuerySet, **condition: Any) -> QuerySet:
        return contacts.filter(Exists(self.values(**condition)))

    def values(self, **condition: Any) -> QuerySet:
        column = COLUMNS[self.attribute.type]
        filled = {"text__gt": ""} if column == "text" else {f"{column}__isnull": False}
        return AttributeValue.objects.filter(
            contact=OuterRef("pk"), attribute=self.attribute, **filled, **condition
        )

    def special(self, contacts: QuerySet) -> QuerySet | None:
        if self.value() == FILLED:
            return self.having(contacts)
        if self.value() == EMPTY:
            return contacts.filter(~Exists(self.values()))
        if self.value() == STALE:
            if self.attribute.fresh_days is None:
                return contacts.none()
            return self.having(contacts, at__lt=stale_before(self.attribute))
        return None

    @property
    def specials(self) -> dict[str, Any]:
        grows_old = self.attribute.fresh_days is not None
        return {k: words for k, words in SPECIAL.items() if k != STALE or grows_old}

    def links(self) -> Iterator[tuple[Any, dict[str, Any]]]:
        first, *others = self.names
        for value, words in self.specials.items():
            yield words, {**dict.fromkeys(others), first: value}


class Chosen(OfAttribute, Choice):
    """One of several, or several of several: who has this one."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        options = self.attribute.options.values_list("pk", "name")
        return [*self.specials.items(), *((str(pk), name) for pk, name in options)]

    def narrow(self, contacts: QuerySet, value: str) -> QuerySet:
        if (found := self.special(contacts)) is not None:
            return found
        if self.attribute.type == Type.CHOICES:
            return self.having(contacts, choices__contains=[int(value)])
        return self.having(contacts, choice=int(value))


class YesNo(OfAttribute, Choice):
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*self.specials.items(), ("1", _("yes")), ("0", _("no"))]

    def narrow(self, contacts: QuerySet, value: str) -> QuerySet:
        found = self.special(contacts)
        return self.having(contacts, yes=value == "1") if found is None else found


class Written(OfAttribute):
    """A text that begins with this."""

    sort = "text"
    hint = _("Begins with …")

    @property
    def written(self) -> str:
        value = searched_for(self.value() or "")
        return "" if value in SPECIAL else value

    def queryset(self, request: HttpRequest, contacts: QuerySet) -> QuerySet:
        if (found := self.special(contacts)) is not None:
            return found
        if not self.written:
            return contacts
        return self.having(contacts, text__startswith=self.written)

    @property
    def chip(self) -> str:
        return str(SPECIAL.get(self.value() or "", self.written))


class Spanned(OfAttribute):
    """From one value to another, both included."""

    def __init__(self, request: HttpRequest, params: Any, model: Any, site: Any):
        super().__init__(request, params, model, site)
        for name in self.names:
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]

    def value(self) -> str | None:
        return self.used_parameters.get(self.parameter_name)

    def expected_parameters(self) -> list[str]:
        return names_of(self.attribute)

    @property
    def inputs(self) -> list[str]:
        return self.names[1:]

    def ends(self) -> tuple[Any, Any]:
        raise NotImplementedError

    def queryset(self, request: HttpRequest, contacts: QuerySet) -> QuerySet:
        column, (first, last) = COLUMNS[self.attribute.type], self.ends()
        span = {}
        if first is not None:
            span[f"{column}__gte"] = first
        if last is not None:
            span[f"{column}__lte"] = last
        if span:
            return self.having(contacts, **span)
        found = self.special(contacts)
        return contacts if found is None else found

    @property
    def chip(self) -> str:
        first, last = self.shown_ends
        if not first and not last:
            return str(SPECIAL.get(self.value() or "", ""))
        return f"{first} ～ {last}".strip()

    @property
    def shown_ends(self) -> tuple[str, str]:
        _name, first, last = self.names
        told = self.used_parameters
        return told.get(first, "")[:20], told.get(last, "")[:20]


class Numbers(Spanned):
    """Of numbers and of money, which is asked for in yuan and kept in fen."""

    sort = "numbers"

    def ends(self) -> tuple[Decimal | None, Decimal | None]:
        first, last = (decimal_of(text) if text else None for text in self.shown_ends)
        if self.attribute.type == Type.MONEY:
            return first and first * 100, last and last * 100
        return first, last

    @property
    def unit(self) -> str:
        return gettext("yuan") if self.attribute.type == Type.MONEY else ""


class Dates(Spanned):
    sort = "days"

    @property
    def first(self) -> date | None:
        return day_of(self.shown_ends[0])

    @property
    def last(self) -> date | None:
        return day_of(self.shown_ends[1])

    def ends(self) -> tuple[date | None, date | None]:
        return self.first, self.last


OF_TYPE: dict[Type, type[OfAttribute]] = {
    Type.TEXT: Written,
    Type.NUMBER: Numbers,
    Type.DATE: Dates,
    Type.CHOICE: Chosen,
    Type.CHOICES: Chosen,
    Type.YES_NO: YesNo,
    Type.MONEY: Numbers,
}
