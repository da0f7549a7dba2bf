"""Score rules: the list, the page of one, templates, drafts and what they change."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from apps.audit import telling
from apps.common.addresses import beside
from apps.common.admin import JobAdmin, ReadOnlyAdmin, shows_refusals
from apps.common.filters import Choice, whole_number
from apps.common.listing import ListPage
from apps.scoring import grade_page, trades
from apps.scoring import keep as verbs
from apps.scoring.models import Axis, Rescore, ScoreRule, ScoreVersion
from apps.scoring.preview import drafts_in_words, preview
from apps.scoring.rescore import is_small
from apps.scoring.rule_builder import Builds
from apps.scoring.rule_words import bars, cells, row_of, told_of, trend_rows
from apps.scoring.why import says_of

telling.FIELDS.update(
    {
        "points": _("points of a rule"),
        "counts": _("counts"),
        "a_day": _("times a day"),
        "half_life": _("half-life in days"),
        "cap": _("at most"),
        "first_day": _("from"),
        "last_day": _("to"),
        "ends": _("ends the rule"),
        "group": _("group"),
        "fit": _("thresholds of fit"),
        "engagement": _("thresholds of engagement"),
        "margin": _("margin"),
        "tasks": _("follow-ups"),
    }
)
telling.DEEDS.update(
    {"put_in_force": _("put in force"), "given_up": _("gave the draft up")}
)
EDITED = ["GET", "HEAD", "POST"]


class AxisFilter(Choice):
    title = _("axis")
    parameter_name = "axis"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Axis.choices)

    def narrow(self, rows: QuerySet, value: str) -> QuerySet:
        return rows.filter(versions__group__axis=value).distinct()


class StateFilter(Choice):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("in_force", _("in force")),
            ("draft", _("draft")),
            ("over", _("ended")),
        ]

    def narrow(self, rows: QuerySet, value: str) -> QuerySet:
        if value == "over":
            stands = ScoreVersion.objects.filter(state__in=["draft", "in_force"])
            return rows.exclude(pk__in=stands.values("rule"))
        return rows.filter(versions__state=value)


@admin.register(ScoreRule)
class ScoreRuleAdmin(Builds, ListPage, ReadOnlyAdmin):
    page_template = "admin/scoring/scorerule/page.html"
    rows_template = "admin/scoring/scorerule/rows.html"
    list_filter = [StateFilter, AxisFilter]
    ordering = ["name"]
    search_fields = ["name"]
    search_help_text = _("Name of the rule")
    counted_as = _("%(count)s score rules")
    empty_title = _("No score rule yet")
    empty_hint = _(
        "Rules earn contacts points: for what happens, and for conditions that hold. "
        "Take a template of your trade, and see what it would make of your customers "
        "before it counts."
    )

    # -- the list

    def found(self, rows: QuerySet, term: str) -> QuerySet:
        return rows.filter(name__icontains=term)

    def head(self, request: HttpRequest) -> dict[str, Any]:
        may_build = self.may_build(request)
        templates = reverse("admin:scoring_scorerule_templates")
        return {
            "may_build": may_build,
            "build_url": reverse("admin:scoring_scorerule_build"),
            "empty_url": templates if may_build else "",
            "empty_does": _("Rule templates"),
            "drafts": ScoreVersion.objects.drafts().count() if may_build else 0,
            "matrix": grade_page.matrix() if request.user.sees_everybody else [],
            "views_template": "admin/scoring/scorerule/head.html",
        }

    def rows(
        self, request: HttpRequest, found: list[ScoreRule]
    ) -> list[dict[str, Any]]:
        kept = ScoreVersion.objects.filter(rule__in=found).select_related("group")
        by_rule: dict[int, list[ScoreVersion]] = {}
        for version in kept.order_by("-number"):
            by_rule.setdefault(version.rule_id, []).append(version)
        return [
            row_of(rule, by_rule[rule.pk], request)
            for rule in found
            if rule.pk in by_rule
        ]

    # -- the page

    def page(self, request: HttpRequest, shown: ScoreRule) -> dict[str, Any]:
        versions = shown.versions.select_related("group", "by").order_by("-number")
        told = [row_of(shown, [version], request) for version in versions[:20]]
        first = told[0]["version"] if told else None
        return {
            "versions": told,
            "current": told[0] if told else None,
            "may_build": self.may_build(request),
            "may_end": bool(first) and first.state in ("draft", "in_force"),
        }

    def get_urls(self) -> list:
        at = beside(self)

        def edited(view: Any) -> Any:
            return require_http_methods(EDITED)(view)

        return [
            at("build/", edited(self.build_view), "build"),
            at("<int:pk>/build/", edited(self.build_view), "rebuild"),
            at("count/", require_POST(self.count_view), "count"),
            at("templates/", edited(self.templates_view), "templates"),
            at("drafts/", require_safe(self.drafts_view), "drafts"),
            at("progress/", require_safe(self.progress_view), "progress"),
            at("put-in-force/", require_POST(self.put_in_force_view), "put_in_force"),
            at("give-up/", require_POST(self.give_up_view), "give_up"),
            at("grades/", edited(self.grades_view), "grades"),
            at("<int:pk>/end/", require_POST(self.end_view), "end"),
            *super().get_urls(),
        ]

    # -- templates, drafts, grades

    def shown(self, request: HttpRequest, name: str, **told: Any) -> TemplateResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **told}
        return TemplateResponse(
            request, f"admin/scoring/scorerule/{name}.html", context
        )

    def templates_view(self, request: HttpRequest) -> HttpResponse:
        self.must_build(request)
        if request.method == "POST":
            trade = trades.TRADES.get(request.POST.get("trade", ""))
            if trade is not None:
                with shows_refusals(request):
                    trades.take(trade=trade, by=request.user, at=timezone.now())
                    self.work_off_if_small()
                    return redirect("admin:scoring_scorerule_drafts")
            return redirect("admin:scoring_scorerule_templates")
        return self.shown(
            request,
            "templates",
            title=gettext("Rule templates"),
            offers=trades.offers(trades.TRADES.values()),
        )

    def drafts_view(self, request: HttpRequest) -> HttpResponse:
        """What would change; nothing is changed by looking."""
        self.must_build(request)
        now = timezone.now()
        drafts = drafts_in_words()
        for each in drafts:
            each["says"] = says_of(each["draft"], user=request.user)
        job = Rescore.objects.unfinished().order_by("pk").first()
        ready = drafts and all(each["draft"].ready_at for each in drafts)
        found = preview(at=now) if ready else None
        return self.shown(
            request,
            "drafts",
            title=gettext("Drafts of score rules"),
            drafts=drafts,
            found=found,
            bars=bars(found) if found else [],
            cells=cells(found) if found else [],
            job=job,
            progress=told_of(job) if job else None,
        )

    def progress_view(self, request: HttpRequest) -> JsonResponse:
        self.must_build(request)
        number = whole_number(request.GET.get("rescore", "")) or 0
        job = get_object_or_404(Rescore, pk=number)
        return JsonResponse(told_of(job), headers={"Cache-Control": "no-store"})

    def put_in_force_view(self, request: HttpRequest) -> HttpResponse:
        self.must_build(request)
        with shows_refusals(request):
            verbs.put_in_force(by=request.user, at=timezone.now())
            self.work_off_if_small()
            messages.success(request, _("It is in force; scores follow it now."))
            return redirect("admin:scoring_scorerule_changelist")
        return redirect("admin:scoring_scorerule_drafts")

    def give_up_view(self, request: HttpRequest) -> HttpResponse:
        self.must_build(request)
        with shows_refusals(request):
            verbs.give_up(by=request.user, at=timezone.now())
            messages.success(request, _("The drafts are given up."))
        return redirect("admin:scoring_scorerule_changelist")

    def end_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        rule = self.one(request, pk)
        with shows_refusals(request):
            draft = verbs.end(rule=rule, by=request.user, at=timezone.now())
            if draft is not None:
                return redirect("admin:scoring_scorerule_drafts")
        return redirect("admin:scoring_scorerule_changelist")

    def grades_view(self, request: HttpRequest) -> HttpResponse:
        self.must_build(request)
        if request.method == "POST":
            with shows_refusals(request):
                told = request.POST
                grade_page.keep_grades(told=told, by=request.user, at=timezone.now())
                self.work_off_if_small()
                messages.success(request, _("Saved; grades follow it now."))
            return redirect("admin:scoring_scorerule_grades")
        context = {**grade_page.page_of(), "trend": trend_rows()}
        return self.shown(request, "grades", title=gettext("Grades"), **context)

    def work_off_if_small(self) -> None:
        """Somebody waits for a few thousand contacts; more are left to a worker."""
        if is_small():
            for job in Rescore.objects.unfinished().order_by("pk"):
                job.work_off()


@admin.register(Rescore)
class RescoreAdmin(JobAdmin):
    list_display = ["does", "standing", "created", "why"]
    list_filter = ["status"]
    counted_as = _("%(count)s reckonings")
    empty_title = _("Nothing was reckoned yet")
    empty_hint = _("When a score rule is changed, scores are reckoned here.")

    def what(self, job: Rescore) -> str:
        return job.get_does_display()
