"""Greetings: each new friend, which welcome they got and why, and its outcome."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.common.admin import ReadOnlyAdmin, ScopedAdmin
from apps.common.filters import Choice, Days, Pick
from apps.common.listing import ListPage
from apps.welcomes.models import Greeting
from apps.welcomes.words import told_of


class OutcomeFilter(Choice):
    title = _("outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return Greeting.Outcome.choices

    def narrow(self, rows: QuerySet, value: str) -> QuerySet:
        return rows.filter(outcome=value)


class ReasonFilter(Choice):
    title = _("why not")
    parameter_name = "why"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [choice for choice in Greeting.Reason.choices if choice[0]]

    def narrow(self, rows: QuerySet, value: str) -> QuerySet:
        """Whoever was greeted has no reason: the index of the others is enough."""
        return rows.exclude(outcome=Greeting.Outcome.SENT).filter(reason=value)


class WelcomeFilter(Pick):
    title = _("welcome")
    parameter_name = "welcome"
    model = "welcomes.welcome"
    hint = _("Name of the welcome")

    def narrow(self, rows: QuerySet, row: Any) -> QuerySet:
        return rows.filter(welcome=row)


class EmployeeFilter(Pick):
    title = _("employee")
    parameter_name = "employee"
    model = "staff.employee"
    hint = _("Name of the employee")

    def narrow(self, rows: QuerySet, row: Any) -> QuerySet:
        return rows.filter(employee=row)


class AddedFilter(Days):
    title = _("added at")
    parameter_name = "at"
    field = "at"


@admin.register(Greeting)
class GreetingAdmin(ListPage, ReadOnlyAdmin, ScopedAdmin):
    page_template = "admin/welcomes/greeting/page.html"
    rows_template = "admin/welcomes/greeting/rows.html"
    list_filter = [
        OutcomeFilter,
        ReasonFilter,
        WelcomeFilter,
        EmployeeFilter,
        AddedFilter,
    ]
    list_select_related = ["contact", "employee", "welcome"]
    ordering = ["-at", "-pk"]
    counted_as = _("%(count)s greetings")
    empty_title = _("Nobody has been added yet")
    empty_hint = _(
        "Each new friend stands here with the welcome they got, or why they got none."
    )
    empty_leads_to = ("admin:welcomes_welcome_changelist", _("Look at the welcomes"))

    def rows(self, request: HttpRequest, found: list[Greeting]) -> list[dict[str, Any]]:
        return [told_of(greeting) for greeting in found]

    def page(self, request: HttpRequest, shown: Greeting) -> dict[str, Any]:
        return {"title": str(shown.contact), **told_of(shown)}
