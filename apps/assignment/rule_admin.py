"""Rules of assignment: the list in the order in which they are asked, the page of one
with whom it gave to whom, the form with its grid and its simulation."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.assignment import keep as verbs
from apps.assignment import skills_page
from apps.assignment.assign import name_of_the_general_pool
from apps.assignment.check import check
from apps.assignment.form import asked_in, context_of, described, rule_drawn
from apps.assignment.models import Assignment, AssignmentRule
from apps.assignment.simulate import simulate
from apps.assignment.table import table_at
from apps.assignment.words import stand_at
from apps.audit import telling
from apps.channels.plan import NotAPlan
from apps.common.addresses import beside, of_one
from apps.common.admin import ReadOnlyAdmin, shows_refusals
from apps.common.errors import Refused
from apps.common.filters import whole_number
from apps.common.listing import ListPage
from apps.common.problems import Problem, by_field
from apps.rules.explain import sentence
from apps.rules.tree import NotUnderstood, read

telling.FIELDS.update(
    {
        "strategy": _("dealt out"),
        "keeps": _("the same as before"),
        "by_skill": _("by skill"),
        "pool": _("pool"),
        "plan": _("plan"),
        "place": _("order"),
    }
)
telling.DEEDS.update({"assigned": _("changed the owner")})
EDITED = ["GET", "HEAD", "POST"]
SHOWN = 20
LINES = 200  # of a simulation that are shown


@admin.register(AssignmentRule)
class AssignmentRuleAdmin(ListPage, ReadOnlyAdmin):
    page_template = "admin/assignment/assignmentrule/page.html"
    rows_template = "admin/assignment/assignmentrule/rows.html"
    list_select_related = ["pool"]
    ordering = ["place", "pk"]
    counted_as = _("%(count)s assignment rules")
    empty_title = _("No assignment rule yet")
    empty_hint = _(
        "A rule says which customers go to whom, and in which way they are dealt out. "
        "Without rules customers stay with whoever added them."
    )

    # -- the list

    def head(self, request: HttpRequest) -> dict[str, Any]:
        may_build = self.may_build(request)
        build_url = reverse("admin:assignment_assignmentrule_build")
        return {
            "may_build": may_build,
            "build_url": build_url,
            "empty_url": build_url if may_build else "",
            "empty_does": _("New rule"),
            "views_template": "admin/assignment/assignmentrule/head.html",
        }

    def rows(
        self, request: HttpRequest, found: list[AssignmentRule]
    ) -> list[dict[str, Any]]:
        since = timezone.now() - timedelta(days=7)
        given = Assignment.objects.filter(rule__in=found, since__gte=since).order_by()
        many = dict(given.values_list("rule").annotate(Count("pk")))
        return [
            {
                "rule": rule,
                "said": said_of(rule, request),
                "given": many.get(rule.pk, 0),
            }
            for rule in found
        ]

    def may_build(self, request: HttpRequest) -> bool:
        """It hands customers to anybody: whoever sees only some makes none."""
        user = request.user
        right = "assignment.change_assignmentrule"
        return user.has_perm(right) and user.sees_everybody

    # -- the page

    def page(self, request: HttpRequest, shown: AssignmentRule) -> dict[str, Any]:
        now = timezone.now()
        given = Assignment.objects.filter(rule=shown).visible_to(request.user)
        told: dict[str, Any] = {
            "may_build": self.may_build(request),
            "given": given.select_related("contact", "employee", "pool")[:SHOWN],
            "said": said_of(shown, request),
            "general": name_of_the_general_pool(),
        }
        try:
            table, _broken = table_at(now, rules=[shown])
            told["check"] = check(shown, at=now)
        except NotAPlan as wrong:
            return told | {"broken": str(wrong)}
        if table.rules:
            told["lines"] = stand_at(table, at=now)
        return told

    def get_urls(self) -> list:
        at, of = beside(self), of_one(self)
        build = require_http_methods(EDITED)(self.build_view)
        return [
            at("build/", build, "build"),
            at("skills/", require_http_methods(EDITED)(self.skills_view), "skills"),
            at("check/", require_POST(self.check_view), "check"),
            at("simulate/", require_POST(self.simulate_view), "simulate"),
            of("build", build, "rebuild"),
            of("switch", require_POST(self.switch_view), "switch"),
            of("move", require_POST(self.move_view), "move"),
            of("remove", require_POST(self.remove_view), "remove"),
            *super().get_urls(),
        ]

    def one(self, request: HttpRequest, pk: int) -> AssignmentRule:
        if not self.may_build(request):
            raise PermissionDenied
        return get_object_or_404(AssignmentRule, pk=pk)

    def asked_of(self, request: HttpRequest) -> AssignmentRule | None:
        """The rule whose form asks, if it is kept already."""
        if not self.may_build(request):
            raise PermissionDenied
        number = whole_number(request.GET.get("rule", ""))
        return AssignmentRule.objects.filter(pk=number).first() if number else None

    def skills_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        frame = {**self.admin_site.each_context(request), "opts": self.opts}
        return skills_page.page(
            request, may_change=self.may_build(request), frame=frame
        )

    # -- the form

    def build_view(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        if not self.may_build(request):
            raise PermissionDenied
        shown = self.one(request, pk) if pk else None
        told = described(shown)
        problems: list[Problem] = []
        error = ""
        if request.method == "POST":
            try:
                told = asked_in(request)
                kept = verbs.keep(
                    **told,
                    by=request.user,
                    at=timezone.now(),
                    kept=shown,
                    version=whole_number(request.POST.get("version", "")),
                )
                shown = kept
                if request.POST.get("do") == "on":
                    verbs.switch(rule=kept, on=True, by=request.user, at=timezone.now())
                return redirect(address_of(kept))
            except NotAPlan as refusal:
                problems = refusal.problems
                error = gettext("The rule cannot be used like this.")
            except Refused as refusal:
                error = str(refusal)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": shown.name if shown else gettext("New rule"),
            "shown": shown,
            "error": error,
            **context_of(told, kept=shown, user=request.user, problems=problems),
        }
        template = "admin/assignment/assignmentrule/build.html"
        return TemplateResponse(request, template, context)

    def check_view(self, request: HttpRequest) -> JsonResponse:
        """The week as a grid and what is wrong; nothing is kept."""
        kept = self.asked_of(request)
        now = timezone.now()
        try:
            rule = rule_drawn(request.body, by=request.user, kept=kept)
            found = check(rule, at=now)
            table, _broken = table_at(now, rules=[rule])
        except NotAPlan as refusal:
            return JsonResponse({"problems": by_field(refusal.problems), "grid": ""})
        except Refused as refusal:
            problems = {"rule": str(refusal)}
            return JsonResponse({"problems": problems, "grid": ""})
        context = {"check": found, "lines": stand_at(table, at=now)}
        grid = render_to_string("admin/channels/channel/grid.html", context, request)
        problems = by_field([*found.problems, *only_rule(found.notices)])
        return JsonResponse({"problems": problems, "grid": grid})

    def simulate_view(self, request: HttpRequest) -> HttpResponse:
        """Who would have got yesterday's leads; nothing is kept."""
        kept = self.asked_of(request)
        now = timezone.now()
        context: dict[str, Any] = {}
        try:
            rule = rule_drawn(request.body, by=request.user, kept=kept)
            yesterday = timezone.localdate(now) - timedelta(days=1)
            in_pool = name_of_the_general_pool()
            found = simulate(rule, day=yesterday, in_pool=in_pool)
            context = {"found": found, "lines": found.lines[:LINES]}
        except Refused as refusal:
            context = {"refused": str(refusal)}
        template = "admin/assignment/assignmentrule/simulated.html"
        return TemplateResponse(request, template, context)

    # -- what is done with one

    def switch_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        rule = self.one(request, pk)
        on = request.POST.get("on") == "yes"
        with shows_refusals(request):
            verbs.switch(rule=rule, on=on, by=request.user, at=timezone.now())
            said = _("Whoever is new from now on is dealt out by it.")
            messages.success(request, said if on else _("It is off."))
        return redirect(address_of(rule))

    def move_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        rule = self.one(request, pk)
        up = request.POST.get("up") == "yes"
        with shows_refusals(request):
            verbs.move(rule=rule, up=up, by=request.user, at=timezone.now())
        return redirect("admin:assignment_assignmentrule_changelist")

    def remove_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        rule = self.one(request, pk)
        with shows_refusals(request):
            verbs.remove(rule=rule, by=request.user, at=timezone.now())
            messages.success(request, _("The rule is gone; owners stay."))
            return redirect("admin:assignment_assignmentrule_changelist")
        return redirect(address_of(rule))


def only_rule(notices: list[Problem]) -> list[Problem]:
    """What is told at the conditions although it forbids nothing."""
    return [notice for notice in notices if notice.field == "rule"]


def said_of(rule: AssignmentRule, request: HttpRequest) -> str:
    if not rule.rule:
        return gettext("everybody")
    try:
        return sentence(read(rule.rule), user=request.user)
    except NotUnderstood as wrong:
        return str(wrong)


def address_of(rule: AssignmentRule) -> str:
    return reverse("admin:assignment_assignmentrule_change", args=[rule.pk])
