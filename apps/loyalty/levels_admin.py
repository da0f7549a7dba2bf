"""Levels, rules of points and how long they count: one page to keep them."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.audit import telling
from apps.common.addresses import beside, of_one
from apps.common.admin import ReadOnlyAdmin, shows_refusals
from apps.common.filters import Pickable, whole_number
from apps.common.listing import ListPage
from apps.loyalty import earning, keep_levels
from apps.loyalty.models import EarningRule, Level, Membership
from apps.loyalty.setting import keep_setting, setting

KEEPS = "loyalty.change_level"
telling.FIELDS.update(
    {
        "points": _("points"),
        "growth": _("growth value"),
        "growth_from": _("growth value from"),
        "percent": _("points in percent"),
        "benefits": _("benefits"),
        "a_day": _("points a day, at most"),
        "months": _("points count for so many months"),
        "growth_days": _("growth values count for so many days"),
    }
)


@admin.register(Level)
class LevelAdmin(ListPage, Pickable, ReadOnlyAdmin):
    rows_template = "admin/loyalty/level/rows.html"
    ordering = ["growth_from"]
    search_fields = ["name"]
    search_help_text = _("Name of the level")
    counted_as = _("%(count)s levels")
    empty_title = _("No level yet")
    empty_hint = _("The first is for everybody: from a growth value of 0.")

    def found(self, levels: QuerySet, term: str) -> QuerySet:
        return levels.filter(name__icontains=term)

    def head(self, request: HttpRequest) -> dict[str, Any]:
        rules = earning.open_rules().order_by("when", "behaviour")
        return {
            "views_template": "admin/loyalty/level/head.html",
            "may_set": may_set(request),
            "rules": list(rules),
            "WHEN": EarningRule.When.choices,
            "setting": setting(),
        }

    def rows(self, request: HttpRequest, found: list[Level]) -> list[dict[str, Any]]:
        """How many stand on each: of all customers, whom only some may see."""
        many: dict[int, int] = {}
        if request.user.sees_everybody:
            members = Membership.objects.filter(level__in=found).order_by()
            many = dict(members.values_list("level").annotate(Count("pk")))
        return [{"level": level, "many": many.get(level.pk, 0)} for level in found]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """They are changed in their list."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return redirect("admin:loyalty_level_changelist")

    def get_urls(self) -> list:
        at, of = beside(self), of_one(self)
        return [
            at("add-one/", require_POST(self.add_view), "add_one"),
            at("setting/", require_POST(self.setting_view), "setting"),
            at("rule/", require_POST(self.rule_view), "rule"),
            at("rule/<int:pk>/end/", require_POST(self.end_view), "end"),
            of("keep", require_POST(self.keep_view), "keep"),
            of("discard", require_POST(self.discard_view), "discard"),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest) -> HttpResponse:
        return self.kept(request, None)

    def keep_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.kept(request, get_object_or_404(Level, pk=pk))

    def kept(self, request: HttpRequest, level: Level | None) -> HttpResponse:
        self.refuse_others(request)
        with shows_refusals(request):
            keep_levels.keep_level(
                level=level,
                name=request.POST.get("name", ""),
                growth_from=number_in(request, "growth_from"),
                percent=number_in(request, "percent"),
                benefits=request.POST.get("benefits", ""),
                by=request.user,
                at=timezone.now(),
            )
            messages.success(request, _("Saved. Members move within a minute."))
        return redirect("admin:loyalty_level_changelist")

    def discard_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.refuse_others(request)
        level = get_object_or_404(Level, pk=pk)
        with shows_refusals(request):
            keep_levels.discard_level(level=level, by=request.user, at=timezone.now())
            messages.success(request, _("Deleted. Members move within a minute."))
        return redirect("admin:loyalty_level_changelist")

    def setting_view(self, request: HttpRequest) -> HttpResponse:
        self.refuse_others(request)
        with shows_refusals(request):
            keep_setting(
                months=number_in(request, "months"),
                growth_days=number_in(request, "growth_days"),
                by=request.user,
                at=timezone.now(),
            )
            messages.success(request, _("Saved."))
        return redirect("admin:loyalty_level_changelist")

    def rule_view(self, request: HttpRequest) -> HttpResponse:
        self.refuse_others(request)
        with shows_refusals(request):
            earning.keep_rule(
                when=request.POST.get("when", ""),
                behaviour=request.POST.get("behaviour", ""),
                points=number_in(request, "points"),
                growth=number_in(request, "growth"),
                a_day=number_in(request, "a_day"),
                by=request.user,
                at=timezone.now(),
            )
            messages.success(request, _("From now on this earns so much."))
        return redirect("admin:loyalty_level_changelist")

    def end_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.refuse_others(request)
        rule = get_object_or_404(earning.open_rules(), pk=pk)
        earning.end_rule(rule=rule, by=request.user, at=timezone.now())
        messages.success(request, _("From now on this earns nothing."))
        return redirect("admin:loyalty_level_changelist")

    def refuse_others(self, request: HttpRequest) -> None:
        if not may_set(request):
            raise PermissionDenied


def may_set(request: HttpRequest) -> bool:
    """A level moves everybody: whoever sees only some lets it be."""
    return request.user.has_perm(KEEPS) and request.user.sees_everybody


def number_in(request: HttpRequest, name: str) -> int | None:
    return whole_number(request.POST.get(name, "").strip())
