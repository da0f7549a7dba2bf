"""The page on which stages are kept in order, and the one of working time."""

from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.audit import telling
from apps.common.addresses import beside, of_one
from apps.common.admin import ReadOnlyAdmin, shows_refusals
from apps.common.filters import day_of, whole_number
from apps.common.listing import ListPage
from apps.followups.models import Lead, Stage, WorkSetting
from apps.followups.stages import (
    BadProbability,
    add_stage,
    change_stage,
    move_stage,
    retire_stage,
)
from apps.followups.working_time import (
    LIMITS,
    BadDays,
    BadHours,
    BadNumber,
    keep_setting,
    setting,
)

telling.FIELDS.update(
    {
        "stage": _("stage"),
        "amount": _("expected amount"),
        "lost_reason": _("why lost"),
        "place": _("place"),
        "probability": _("probability"),
        "contact_within": _("contact within"),
        "needs_amount": _("needs an amount"),
        "leads": _("leads"),
        "due_at": _("due at"),
        "done_at": _("done at"),
        "dropped": _("dropped"),
        **{name: WorkSetting._meta.get_field(name).verbose_name for name in LIMITS},
        **{
            name: WorkSetting._meta.get_field(name).verbose_name
            for name in ("hours", "days_off", "days_on", "opens_leads", "lost_reasons")
        },
    }
)
MOST_MINUTES = 100_000
SPANS = 2  # of one day, on the page
either = require_http_methods(["GET", "HEAD", "POST"])


@admin.register(Stage)
class StageAdmin(ListPage, ReadOnlyAdmin):
    rows_template = "admin/followups/stage/rows.html"
    ordering = ["place", "pk"]
    counted_as = _("%(count)s stages")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return Stage.objects.in_use()

    def head(self, request: HttpRequest) -> dict[str, Any]:
        may = request.user.has_perm("followups.change_stage")
        return {"views_template": "admin/followups/stage/head.html", "may_set": may}

    def rows(self, request: HttpRequest, found: list[Stage]) -> list[dict[str, Any]]:
        leads = Lead.objects.owned_within(request.user).filter(stage__in=found)
        counted = leads.order_by().values_list("stage_id").annotate(Count("pk"))
        many = dict(counted)
        return [
            {
                "stage": stage,
                "many": many.get(stage.pk, 0),
                "others": [each for each in found if each.pk != stage.pk],
            }
            for stage in found
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """They are changed in their list."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return redirect("admin:followups_stage_changelist")

    def get_urls(self) -> list:
        at, of = beside(self), of_one(self)
        return [
            at("add-one/", require_POST(self.add_one), "add_one"),
            at("work/", either(self.work_view), "work"),
            of("keep", require_POST(self.keep_view), "keep"),
            of("move", require_POST(self.move_view), "move"),
            of("retire", require_POST(self.retire_view), "retire"),
            *super().get_urls(),
        ]

    def one(self, request: HttpRequest, pk: int) -> Stage:
        if not request.user.has_perm("followups.change_stage"):
            raise PermissionDenied
        stage = Stage.objects.in_use().filter(pk=pk).first()
        if stage is None:
            raise Http404
        return stage

    def add_one(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("followups.change_stage"):
            raise PermissionDenied
        ends = request.POST.get("ends", "")
        with shows_refusals(request):
            made = add_stage(
                name=request.POST.get("name", ""),
                probability=percent_in(request.POST.get("probability", "")),
                ends=ends if ends in Stage.Ends.values else "",
                by=request.user,
                at=timezone.now(),
            )
            told = gettext("“%(name)s” is there now.") % {"name": made}
            messages.success(request, told)
        return redirect("admin:followups_stage_changelist")

    def keep_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        stage = self.one(request, pk)
        with shows_refusals(request):
            change_stage(
                stage=stage,
                name=request.POST.get("name", ""),
                probability=percent_in(request.POST.get("probability", "")),
                contact_within=minutes_in(request.POST.get("within", "")),
                needs_amount=request.POST.get("needs_amount") == "on",
                by=request.user,
                at=timezone.now(),
            )
            messages.success(request, _("Saved."))
        return redirect("admin:followups_stage_changelist")

    def move_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        stage = self.one(request, pk)
        with shows_refusals(request):
            up = request.POST.get("way") == "up"
            move_stage(stage=stage, up=up, by=request.user, at=timezone.now())
        return redirect("admin:followups_stage_changelist")

    def retire_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        stage = self.one(request, pk)
        number = whole_number(request.POST.get("instead", ""))
        instead = Stage.objects.in_use().filter(pk=number).first()
        with shows_refusals(request):
            many = retire_stage(
                stage=stage, instead=instead, by=request.user, at=timezone.now()
            )
            told = gettext("“%(name)s” was taken out; %(many)d leads have moved.")
            messages.success(request, told % {"name": stage, "many": many})
        return redirect("admin:followups_stage_changelist")

    # -- working time

    def work_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("followups.change_worksetting"):
            raise PermissionDenied
        if request.method == "POST":
            with shows_refusals(request):
                wanted = work_in(request.POST)
                keep_setting(by=request.user, at=timezone.now(), **wanted)
                messages.success(request, _("Saved."))
            return redirect("admin:followups_stage_work")
        kept = setting()
        week = []
        for weekday, name in WEEKDAYS.items():
            spans = kept.hours.get(str(weekday), [])
            free = [["", ""]] * max(SPANS - len(spans), 0)
            week.append({"number": weekday, "name": name, "spans": [*spans, *free]})
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Working time and reminders"),
            "kept": kept,
            "week": week,
        }
        return TemplateResponse(request, "admin/followups/stage/work.html", context)


def percent_in(text: str) -> int:
    number = whole_number(text.strip())
    if number is None:
        raise BadProbability
    return number


def minutes_in(text: str) -> int | None:
    """Nothing: none are demanded."""
    if not text.strip():
        return None
    number = whole_number(text.strip())
    if number is None or number > MOST_MINUTES:
        raise BadNumber(detail=f"0–{MOST_MINUTES}")
    return number


def work_in(told: Any) -> dict[str, Any]:
    """What the form says, for keep_setting."""
    hours = {}
    for weekday in range(7):
        pairs = zip(
            told.getlist(f"begin{weekday}"), told.getlist(f"end{weekday}"), strict=False
        )
        spans = [[begin.strip(), end.strip()] for begin, end in pairs if begin or end]
        if any(not begin or not end for begin, end in spans):
            raise BadHours
        hours[str(weekday)] = spans
    return {
        "hours": hours,
        "days_off": days_in(told.get("days_off", "")),
        "days_on": days_in(told.get("days_on", "")),
        "opens_leads": told.get("opens_leads") == "on",
        "lost_reasons": told.get("lost_reasons", "").split("\n"),
        **{name: whole_number(told.get(name, "").strip()) for name in LIMITS},
    }


def days_in(text: str) -> list[date]:
    """Days, parted by anything that is no part of one."""
    found = []
    for word in text.replace(",", " ").replace("、", " ").replace("，", " ").split():
        day = day_of(word)
        if day is None:
            raise BadDays(detail=word[:20])
        found.append(day)
    return found
