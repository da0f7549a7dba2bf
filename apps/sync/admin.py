"""Pulls to read; buttons that synchronise or only check now, and their progress."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from unfold.decorators import display
from unfold.views import ChangeList

from apps.common.addresses import beside
from apps.common.admin import (
    BigList,
    JobAdmin,
    MachineryAdmin,
    ReadOnlyAdmin,
    ago_column,
    shows_refusals,
)
from apps.common.audited import noted
from apps.common.jobs import Job
from apps.common.wording import STATUS_COLOURS
from apps.sync.called import held_in_names
from apps.sync.gone import believe_removals
from apps.sync.in_words import (
    ABOUT,
    STEPS,
    all_in_words,
    drift_in_words,
    kind_of_pull,
    step_in_words,
    thing_in_words,
)
from apps.sync.models import Difference, Pull
from apps.sync.progress import (
    changes_of,
    is_under_way,
    lines_of,
    may_be_mended,
    of_a_stopped_pull,
    progress_of,
    was_stopped,
    without_differences,
)
from apps.sync.pull import ask_to_cancel, start_pull

SHOWN = 200  # differences on the page of a pull; the list has them all


@admin.register(Pull)
class PullAdmin(JobAdmin):
    page_template = "admin/sync/pull/page.html"
    replays = False
    change_list_template = "admin/sync/pull/list.html"
    list_display = ["number", "reads", "standing", "began", "took", "calls", "changed"]
    list_filter = ["status", "scope", "looks_only", "source"]
    counted_as = _("%(count)s pulls")
    empty_title = _("Nothing has been pulled yet")
    empty_hint = _(
        "A pull reads employees, tags, contacts and group chats from WeCom. After the "
        "first one callbacks keep us in step."
    )

    began = ago_column("created_at", _("began"))

    @display(description=_("pull"), ordering="pk")
    def number(self, pull: Pull) -> str:
        return f"#{pull.pk}"

    @display(description=_("status"), label=STATUS_COLOURS)
    def standing(self, pull: Pull) -> tuple[str, Any]:
        if was_stopped(pull):
            return Job.Status.IGNORED, _("stopped")
        return pull.status, pull.get_status_display()

    @display(description=_("kind"), ordering="scope")
    def reads(self, pull: Pull) -> Any:
        return kind_of_pull(pull)

    @display(description=_("what it changed"))
    def changed(self, pull: Pull) -> str:
        context = {
            "changes": changes_of(pull),
            "held_back": held_back(pull),
            "looked": pull.looks_only,
        }
        return render_to_string("admin/sync/pull/changed.html", context)

    def what(self, pull: Pull) -> str:
        return gettext("Pull #%(number)d") % {"number": pull.pk}

    def facts(self, request: HttpRequest, pull: Pull) -> list[tuple[Any, Any]]:
        return [
            (_("kind"), kind_of_pull(pull)),
            *drift_in_words(pull),
            (_("asked for by"), pull.asked_by or gettext("the timetable or a command")),
            (_("began"), pull.created_at),
            (_("done at"), pull.done_at),
            (_("took"), self.took(pull)),
            (_("calls to WeCom"), f"{pull.calls:,}"),
        ]

    def page(self, request: HttpRequest, shown: Pull) -> dict[str, Any]:
        found = shown.differences.select_related(*ABOUT).order_by("pk")
        held = held_in_names(shown.held_back)
        told = super().page(request, shown)
        return {
            **told,
            "beside": True,
            "standing": _("stopped") if was_stopped(shown) else "",
            "explanation": of_a_stopped_pull(shown) or told["explanation"],
            "steps": lines_of(shown),
            "passed_over": shown.counts.get("passed_over", []),
            "held_back": [
                {**each, "in_words": step_in_words(each["step"])} for each in held
            ],
            "held_back_count": held_back(shown),
            "differences": all_in_words(found[:SHOWN]),
            "differences_count": found.count(),
            "without_differences": without_differences(shown),
            "shown_at_most": SHOWN,
            "progress": progress_of(shown, at=timezone.now()),
            "may_cancel": is_under_way(shown) and self.has_start_permission(request),
            "may_mend": may_be_mended(shown) and self.has_start_permission(request),
            "may_believe": bool(shown.held_back)
            and self.has_believe_permission(request),
        }

    # -- what may be asked for

    def has_start_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("sync.add_pull") and self.has_view_permission(
            request
        )

    def has_believe_permission(self, request: HttpRequest) -> bool:
        may = request.user.has_perm("sync.change_pull")
        return may and self.has_view_permission(request)

    def has_try_again_permission(self, request: HttpRequest) -> bool:
        return self.has_start_permission(request)

    def get_urls(self) -> list:
        at = beside(self)
        return [
            at("start/", require_POST(self.start_view), "start"),
            at("check/", require_POST(self.check_view), "check"),
            at("progress/", require_safe(self.progress_view), "progress"),
            at("<int:pk>/cancel/", require_POST(self.cancel_view), "cancel"),
            at("<int:pk>/believe/", require_POST(self.believe_view), "believe"),
            *super().get_urls(),
        ]

    def start_view(self, request: HttpRequest) -> HttpResponse:
        return self.start(request, looks_only=False)

    def check_view(self, request: HttpRequest) -> HttpResponse:
        return self.start(request, looks_only=True)

    def start(self, request: HttpRequest, *, looks_only: bool) -> HttpResponse:
        if not self.has_start_permission(request):
            raise PermissionDenied
        at = timezone.now()
        with transaction.atomic():
            pull = start_pull(by=request.user, at=at, looks_only=looks_only)
            noted(request, "checked" if looks_only else "pulled", about=pull)
        return redirect(address_of(pull))

    def progress_view(self, request: HttpRequest) -> JsonResponse:
        """How far the pull is that was asked about, or else the last one."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        pulls = Pull.objects.order_by("-pk")
        asked = request.GET.get("pull", "")
        if asked.isdecimal() and len(asked) < 19:
            pulls = pulls.filter(pk=int(asked))
        told: dict[str, Any] = {"running": False}
        if pull := pulls.first():
            told = progress_of(pull, at=timezone.now()) | {"address": address_of(pull)}
        return JsonResponse(told)

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_start_permission(request):
            raise PermissionDenied
        pull = get_object_or_404(Pull, pk=pk)
        if is_under_way(pull):
            with transaction.atomic():
                ask_to_cancel(pull=pull)
                noted(request, "cancelled", about=pull)
            messages.success(request, _("It stops after the page that is being read."))
        else:
            messages.warning(request, _("It has ended already."))
        return redirect(address_of(pull))

    def believe_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_believe_permission(request):
            raise PermissionDenied
        pull = get_object_or_404(Pull, pk=pk)
        with shows_refusals(request), transaction.atomic():
            count = believe_removals(pull=pull, by=request.user, at=timezone.now())
            noted(request, "believed", about=pull, after={"many": count})
            text = ngettext("%(count)d removed.", "%(count)d removed.", count)
            messages.success(request, text % {"count": count})
        return redirect(address_of(pull))


class StepFilter(admin.SimpleListFilter):
    title = _("step")
    parameter_name = "step"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(STEPS.items())

    def queryset(self, request: HttpRequest, found: QuerySet) -> QuerySet:
        return found.filter(step=self.value()) if self.value() else found


class ReportPage(ChangeList):
    """A page of differences, with one query for each kind of name in them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        words = all_in_words(self.result_list)
        for found, told in zip(self.result_list, words, strict=True):
            found.told = told


@admin.register(Difference)
class DifferenceAdmin(BigList, ReadOnlyAdmin, MachineryAdmin):
    page_template = "admin/sync/difference/page.html"
    list_display = ["about", "what", "sort", "side_here", "side_there", "of"]
    list_filter = ["kind", StepFilter]
    lookups = ("pull", "pull__id__exact", "pull__exact")
    list_select_related = ["pull", *ABOUT]
    ordering = ["-pk"]
    counted_as = _("%(count)s differences")
    empty_title = _("No difference")
    empty_hint = _(
        "When a pull finds that we and WeCom do not say the same, both versions are "
        "written down here. None is the best there can be."
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ReportPage

    @display(description=_("about"))
    def about(self, found: Any) -> str:
        context = {"found": found.told}
        return render_to_string("admin/sync/difference/about.html", context)

    @display(description=_("field"))
    def what(self, found: Any) -> str:
        return str(found.told["field"]) or self.get_empty_value_display()

    @display(description=_("difference"), label=True)
    def sort(self, found: Difference) -> str:
        return found.get_kind_display()

    @display(description=_("ours"))
    def side_here(self, found: Any) -> Any:
        return found.told["ours"] or self.get_empty_value_display()

    @display(description=_("WeCom's"))
    def side_there(self, found: Any) -> Any:
        return found.told["theirs"] or self.get_empty_value_display()

    @display(description=_("pull"))
    def of(self, found: Difference) -> str:
        return render_to_string("admin/sync/difference/pull.html", {"found": found})

    def page(self, request: HttpRequest, shown: Difference) -> dict[str, Any]:
        [found] = all_in_words([shown])
        return {"found": found, "title": thing_in_words(shown.thing)}


def address_of(pull: Pull) -> str:
    return reverse("admin:sync_pull_change", args=[pull.pk])


def held_back(pull: Pull) -> int:
    return sum(len(held["items"]) for held in pull.held_back)
