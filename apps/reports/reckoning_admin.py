"""The page of attribution, and the conversions behind each of its numbers."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.common.addresses import beside
from apps.common.admin import BigList, ReadOnlyAdmin
from apps.common.filters import whole_number
from apps.common.report_file import as_file
from apps.contacts.models import Contact
from apps.reports.asking import (
    MEANS,
    MEASURES,
    NOBODY,
    TITLES,
    WORDS,
    Looked,
    key_in,
    look,
)
from apps.reports.attribution import OF_A_PATH
from apps.reports.funnel_admin import Funnels
from apps.reports.kept import reckoned
from apps.reports.models import Reckoning
from apps.reports.paths import Conversion, TooLong, behind
from apps.reports.table import Row, Table, named, names_of
from apps.reports.touches import GOALS, KINDS, WINDOWS
from apps.reports.tree_page import Trees

SHOWN = 50  # rows of the table, and conversions of a page
DRAWN = 8  # rows of the chart
PAGES = 200


@admin.register(Reckoning)
class ReckoningAdmin(Funnels, Trees, BigList, ReadOnlyAdmin):
    """Kept ones have no page of their own."""

    list_display = ()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        return redirect("admin:reports_reckoning_changelist")

    def get_urls(self) -> list:
        at = beside(self)
        return [
            at("behind/", require_safe(self.behind_view), "behind"),
            at("table/", require_POST(self.table_view), "table"),
            *super().get_urls(),
        ]

    def looked(self, request: HttpRequest) -> Looked:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return look(request.GET, today=timezone.localdate())

    def changelist_view(self, request, extra_context=None):
        looked = self.looked(request)
        if request.GET.keys() - WORDS:  # it answers nothing else
            return redirect(request.path)
        context = {
            **self.frame(request, looked),
            "title": _("Attribution"),
            "means": MEANS,
            "measures": MEASURES,
            "table_url": reverse("admin:reports_reckoning_table") + looked.address(),
        }
        try:
            anew = "anew" in request.GET
            table = reckoned(looked.asked, user=request.user, anew=anew)
        except TooLong as refusal:
            context["refused"] = str(refusal)
        else:
            context |= drawn(looked, table, user=request.user)
        return TemplateResponse(request, "admin/reports/attribution.html", context)

    def table_view(self, request: HttpRequest) -> HttpResponse:
        """All rows as a file: ?as=csv or xlsx."""
        looked = self.looked(request)
        table = reckoned(looked.asked, user=request.user)
        table = named(table, by=looked.asked.by, user=request.user)
        rows = lines_of(looked, table)
        return as_file(request, rows, what="attribution", **looked.of_file)

    def behind_view(self, request: HttpRequest) -> HttpResponse:
        looked = self.looked(request)
        told = request.GET.get("key", NOBODY)
        key = key_in(told, looked.asked)
        if key is None and told != NOBODY:
            raise Http404
        page = min(max(whole_number(request.GET.get("p", "")) or 1, 1), PAGES)
        context = self.frame(request, looked) | {"title": _("Conversions"), "key": told}
        try:
            found, many = behind(
                looked.asked,
                key=key,
                user=request.user,
                many=SHOWN,
                passed=(page - 1) * SHOWN,
            )
        except TooLong as refusal:
            context["refused"] = str(refusal)
        else:
            context |= paged(looked, found, many, told=told, page=page)
            context |= told_of(looked, found, key=key, user=request.user)
        return TemplateResponse(request, "admin/reports/behind.html", context)

    def frame(self, request: HttpRequest, looked: Looked) -> dict[str, Any]:
        request.current_app = self.admin_site.name
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "looked": looked,
            "asked": looked.asked,
            "kinds": KINDS.values(),
            "goals": GOALS.values(),
            "windows": WINDOWS,
            "models": TITLES,
            "home": reverse("admin:reports_reckoning_changelist"),
        }


def drawn(looked: Looked, table: Table, *, user: Any) -> dict[str, Any]:
    """The rows as the page and its chart want them."""
    more = len(table.rows) - SHOWN
    some = Table(
        rows=table.rows[:SHOWN],
        many=table.many,
        worth=table.worth,
        untouched=table.untouched,
        untouched_worth=table.untouched_worth,
        made_at=table.made_at,
    )
    some = named(some, by=looked.asked.by, user=user)
    base = reverse("admin:reports_reckoning_behind")
    return {
        "table": some,
        "more": max(more, 0),
        "lines": [
            {
                "row": row,
                "address": "" if row.is_others else base + looked.address(key=row.key),
                "cells": [shown(row, model, looked) for model in TITLES],
            }
            for row in some.rows
        ],
        "nobody_url": base + looked.address(key=NOBODY),
        "chart": {
            "labels": [row.name for row in some.rows[:DRAWN]],
            "links": [base + looked.address(key=row.key) for row in some.rows[:DRAWN]],
            "series": [
                {
                    "label": str(title),
                    "data": [value_of(row, model, looked) for row in some.rows[:DRAWN]],
                }
                for model, title in TITLES.items()
            ],
        },
    }


def value_of(row: Row, model: str, looked: Looked) -> float:
    """Conversions to one digit, or yuan."""
    credit = row.credits[model]
    if looked.measure == "worth":
        return round(credit.worth / 100, 2)
    return round(credit.many, 1)


def shown(row: Row, model: str, looked: Looked) -> str:
    digits = 2 if looked.measure == "worth" else 1
    return f"{value_of(row, model, looked):,.{digits}f}"


def lines_of(looked: Looked, table: Table) -> Iterator[list[str]]:
    titles = [str(title) for title in TITLES.values()]
    yield [
        str(looked.asked.by.title),
        gettext("conversions it had part in"),
        *titles,
        *[gettext("%(model)s, yuan") % {"model": title} for title in titles],
    ]
    for row in table.rows:
        yield [
            row.name,
            str(row.touched),
            *[f"{row.credits[model].many:.4f}" for model in TITLES],
            *[f"{row.credits[model].worth / 100:.2f}" for model in TITLES],
        ]
    yield [
        gettext("no touch known"),
        str(table.untouched),
        *[""] * len(titles),
        *[f"{table.untouched_worth / 100:.2f}"] * len(titles),
    ]


def paged(
    looked: Looked, found: list[Conversion], many: int, *, told: str, page: int
) -> dict[str, Any]:
    def to(number: int) -> str:
        return looked.address(key=told, p=number)

    return {
        "many": many,
        "page_number": page,
        "previous": to(page - 1) if page > 1 else "",
        "next": to(page + 1) if page * SHOWN < many and page < PAGES else "",
    }


def told_of(
    looked: Looked, found: list[Conversion], *, key: Any, user: Any
) -> dict[str, Any]:
    """Each with its contact, its path in words, and what the key is given of it."""
    contacts = Contact.objects.visible_to(user).in_bulk([c.contact_id for c in found])
    keys = {each for conversion in found for each, _at in conversion.touches}
    names = names_of(keys | ({key} - {None}), by=looked.asked.by, user=user)
    model = OF_A_PATH.get(looked.model)
    return {
        "name": names.get(key, ""),
        "conversions": [
            {
                "contact": contacts.get(each.contact_id),
                "at": each.at,
                "worth": each.worth,
                "steps": steps_of(each, names, key=key),
                "share": share_of(each, key, model),
            }
            for each in found
        ],
    }


def steps_of(each: Conversion, names: dict[Any, str], *, key: Any) -> list[dict]:
    return [
        {"name": names[touched], "at": at, "is_it": touched == key}
        for touched, at in each.touches
    ]


def share_of(each: Conversion, key: Any, model: Any) -> float | None:
    """In percent; Markov looks at all paths together and gives no share of one."""
    if model is None or key is None or not each.touches:
        return None
    path = each.path
    shares = zip(path.keys, model(path), strict=True)
    return sum(share for touched, share in shares if touched == key) * 100
