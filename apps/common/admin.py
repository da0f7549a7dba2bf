"""What every admin page has in common: to read, to scope, to count no further than
needed, and to show a refusal in its own words.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.admin import ShowFacets
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from apps.common.again import AT_ONCE as AT_ONCE
from apps.common.again import TriesAgain
from apps.common.again import shows_refusals as shows_refusals
from apps.common.audited import Audited
from apps.common.dead_letters import explained
from apps.common.jobs import Job
from apps.common.paging import BoundedPaginator
from apps.common.wording import STATUS_COLOURS, span

# --- columns ------------------------------------------------------------------------


def ago_column(field: str, description: Any, **options: Any) -> Callable:
    """A column of list_display: 5 minutes ago, with the full time on hover."""

    @display(description=description, ordering=field, **options)
    def column(self: ModelAdmin, row: Any) -> str:
        return ago_cell(getattr(row, field))

    return column


def moment_column(field: str, description: Any, **options: Any) -> Callable:
    """A column of list_display: 2026-03-08 14:08, or -- for nothing."""

    @display(description=description, ordering=field, **options)
    def column(self: ModelAdmin, row: Any) -> str:
        return render_to_string("admin/common/moment.html", {"at": getattr(row, field)})

    return column


def ago_cell(at: datetime | None) -> str:
    return render_to_string("admin/common/ago.html", {"at": at})


# --- lists of any length ------------------------------------------------------------


class BigList(Audited):
    """A list that is as fast at a million rows as at a thousand.

    Only what stands in list_filter, or in `lookups`, may be asked for in the address:
    nobody finds out a password or a phone by asking for its beginnings.
    """

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 50
    list_filter_sheet = False
    sortable_by: tuple[str, ...] = ()
    lookups: tuple[str, ...] = ()

    # An empty list says why, and what to do next.
    empty_title = _("Nothing here yet")
    empty_hint: Any = ""
    empty_leads_to: tuple[str, Any] = ("", "")  # the name of an address, and words
    # What one row is counted in: "2,000 contacts".
    counted_as = _("%(count)s rows")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        if lookup in self.lookups:
            return True
        declared = [named(spec) for spec in self.get_list_filter(request)]
        known = any(
            lookup == name or lookup.startswith(f"{name}_") for name in declared
        )
        return known and super().lookup_allowed(lookup, value, request)


def named(spec: Any) -> str:
    """The address's word for one entry of list_filter."""
    if isinstance(spec, tuple | list):
        spec = spec[0]
    return spec if isinstance(spec, str) else spec.parameter_name


# --- to read, and to see only one's own ---------------------------------------------


class ReadOnlyAdmin(ModelAdmin):
    """What has happened is read. With `page_template` it has a page of its own."""

    page_template = ""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def page(self, request: HttpRequest, shown: Any) -> dict[str, Any]:
        """What the template of the page is given besides `shown` itself."""
        return {}

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.page_template:
            return super().change_view(request, object_id, form_url, extra_context)
        if not self.has_view_permission(request):
            raise PermissionDenied
        shown = self.get_object(request, unquote(object_id))
        if shown is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(shown),
            "shown": shown,
            "media": self.media,
            **self.page(request, shown),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.page_template, context)


class ScopedAdmin(ModelAdmin):
    """Only rows that are visible_to(user): in the list, by id, and in every action."""

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).visible_to(request.user)


class MachineryAdmin(ScopedAdmin):
    """Rows that may name any contact: closed to whoever sees only some of them."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_view_permission(request, obj)
        return may and request.user.sees_everybody


# --- jobs ---------------------------------------------------------------------------


class JobAdmin(TriesAgain, BigList, ReadOnlyAdmin, MachineryAdmin):
    """Jobs to read, and failed ones to try again: one, those ticked, or all."""

    page_template = "admin/common/job.html"
    list_filter = ["status", "lane"]
    ordering = ["-pk"]
    counted_as = _("%(count)s jobs")

    created = ago_column("created_at", _("created at"))

    @display(description=_("status"), label=STATUS_COLOURS)
    def standing(self, job: Job) -> tuple[str, str]:
        return job.status, job.get_status_display()

    @display(description=_("why not done"))
    def why(self, job: Job) -> str:
        return render_to_string("admin/common/why.html", {"reason": self.reason(job)})

    @display(description=_("took"))
    def took(self, job: Job) -> str:
        return span(job.done_at - job.created_at if job.done_at else None)

    def reason(self, job: Job) -> str:
        """Why it is not done, in words for people; a bug is not told in Python."""
        found = explained(job)
        return (found.why if not found.code else found.title) if found else ""

    def what(self, job: Job) -> str:
        """The headline of its page."""
        return str(job)

    def facts(self, request: HttpRequest, job: Job) -> list[tuple[Any, Any]]:
        """Pairs of a name and a value for its page; a moment is written as one."""
        return [
            (_("lane"), job.get_lane_display()),
            (_("created at"), job.created_at),
            (_("done at"), job.done_at),
            (_("attempts"), job.attempts),
        ]

    def papers(self, job: Job) -> list[tuple[Any, Any]]:
        """Pairs of a title and JSON to show; what is personal is masked already."""
        return []

    def page(self, request: HttpRequest, shown: Job) -> dict[str, Any]:
        return {
            "title": self.what(shown),
            "facts": self.facts(request, shown),
            "papers": self.papers(shown),
            "explanation": explained(shown),
            "colour": STATUS_COLOURS[Job.Status(shown.status)],
            "waits": shown.status == Job.Status.WAITING,
            "may_try_again": shown.status == Job.Status.FAILED
            and self.has_try_again_permission(request),
            "tried_again": self.last_tried_again(shown),
        }
