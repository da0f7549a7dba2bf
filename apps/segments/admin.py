"""Segments: the list, the page of one, and the rule builder with its live count."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)
from unfold.decorators import display

from apps.common.addresses import beside
from apps.common.admin import JobAdmin, ReadOnlyAdmin, shows_refusals
from apps.common.filters import Choice, Pickable, whole_number
from apps.common.jobs import Job
from apps.common.listing import ListPage
from apps.rules.explain import sentence
from apps.rules.tree import NotUnderstood, read
from apps.segments.audiences import audiences_for, keep_layer
from apps.segments.brought_page import Brings
from apps.segments.builder import Builds, address_of
from apps.segments.compare import overlap, split
from apps.segments.contact_panels import members_seen
from apps.segments.keep import freeze, may_change, remove
from apps.segments.models import Refresh, Segment
from apps.segments.refresh import ask_for
from apps.segments.used import used_by

PEOPLE = 20  # shown while a rule is put together
DAYS = 30
EDITED = ["GET", "HEAD", "POST"]


class KindFilter(Choice):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return Segment.Kind.choices


class FolderFilter(Choice):
    title = _("folder")
    parameter_name = "folder"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        used = Segment.objects.exclude(folder="").order_by("folder")
        names = used.values_list("folder", flat=True).distinct()[:100]
        return [(name, name) for name in names]


@admin.register(Segment)
class SegmentAdmin(Brings, Builds, Pickable, ListPage, ReadOnlyAdmin):
    page_template = "admin/segments/segment/page.html"
    rows_template = "admin/segments/segment/rows.html"
    list_filter = [KindFilter, FolderFilter]
    list_select_related = ["owner"]
    ordering = ["folder", "name"]
    search_fields = ["name"]
    search_help_text = _("Name of the segment")
    counted_as = _("%(count)s segments")
    empty_title = _("No segment yet")
    empty_hint = _(
        "A segment is an audience described by a rule, such as “bought once, 15 to 60 "
        "days ago”. Begin with one of the common ones and change it."
    )

    # -- the list

    def found(self, rows: QuerySet, term: str) -> QuerySet:
        return rows.filter(name__icontains=term)

    def head(self, request: HttpRequest) -> dict[str, Any]:
        build_url = reverse("admin:segments_segment_build")
        return {
            "may_build": self.may_build(request),
            "tells_size": request.user.sees_everybody,
            "build_url": build_url,
            "empty_url": build_url if self.may_build(request) else "",
            "empty_does": _("New segment"),
            "audiences": audiences_for(request.user),
            "views_template": "admin/segments/segment/head.html",
        }

    def more_about(self, row: Segment) -> str:
        return row.folder

    # -- the page

    def page(self, request: HttpRequest, shown: Segment) -> dict[str, Any]:
        user = request.user
        days = list(shown.days.all()[:DAYS])
        told = {
            "seen": members_seen(shown, user),
            "tells_size": user.sees_everybody,
            "days": days,
            "most": max((day.size for day in days), default=0) or 1,
            "users": used_by(shown),
            "versions": shown.versions.select_related("by")[:5],
            "may_build": self.may_build(request),
            "may_mark": user.has_perm("tags.add_tagging") and shown.is_filled,
            "may_change": may_change(shown, by=user),
            "job": shown.refreshes.order_by("-pk").first(),
            "list_url": f"{reverse('admin:contacts_contact_changelist')}"
            f"?segment={shown.pk}",
        }
        if other := self.other(request, shown):
            told |= {"other": other, "overlap": overlap(shown, other)}
        job = told["job"]
        told["working"] = job is not None and job.status in Job.UNFINISHED
        told["failed"] = job is not None and job.status == Job.Status.FAILED
        if shown.is_rule:
            try:
                told["sentence"] = sentence(read(shown.rule), user=user)
            except NotUnderstood as wrong:
                told["broken"] = str(wrong)
        return told

    def other(self, request: HttpRequest, shown: Segment) -> Segment | None:
        """The one to be put beside it; sizes are for those who see everybody."""
        number = whole_number(request.GET.get("beside", ""))
        if number is None or not request.user.sees_everybody:
            return None
        return Segment.objects.filter(pk=number).exclude(pk=shown.pk).first()

    def get_urls(self) -> list:
        at = beside(self)
        return [
            at("build/", require_http_methods(EDITED)(self.build_view), "build"),
            at("rfm/", require_safe(self.rfm_view), "rfm"),
            at("rfm/keep/", require_POST(self.keep_rfm_view), "rfm_keep"),
            at("preview/", require_POST(self.preview_view), "preview"),
            at("why/", require_POST(self.why_view), "why"),
            at(
                "<int:pk>/build/",
                require_http_methods(EDITED)(self.build_view),
                "rebuild",
            ),
            at("ready/", require_POST(self.ready_view), "ready"),
            at("mark/", require_http_methods(EDITED)(self.mark_view), "mark"),
            at("bring/", require_http_methods(EDITED)(self.bring_view), "bring"),
            at("<int:pk>/refresh/", require_POST(self.refresh_view), "refresh"),
            at("<int:pk>/freeze/", require_POST(self.freeze_view), "freeze"),
            at("<int:pk>/split/", require_POST(self.split_view), "split"),
            at("<int:pk>/remove/", require_POST(self.remove_view), "remove"),
            at("<int:pk>/news/", require_safe(self.news_view), "news"),
            *super().get_urls(),
        ]

    def mine(self, request: HttpRequest, pk: int) -> Segment:
        if not self.may_build(request):
            raise PermissionDenied
        return self.one(request, pk)

    # -- what is done to one

    def refresh_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        segment = self.one(request, pk)
        if not may_change(segment, by=request.user):
            raise PermissionDenied
        ask_for([segment])
        return redirect(address_of(segment))

    def news_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        segment = self.one(request, pk)
        waits = segment.refreshes.filter(status__in=Job.UNFINISHED).exists()
        return JsonResponse({"running": waits}, headers={"Cache-Control": "no-store"})

    def freeze_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        segment = self.mine(request, pk)
        name = request.POST.get("name", "")
        with shows_refusals(request):
            now = timezone.now()
            made = freeze(segment=segment, name=name, by=request.user, at=now)
            messages.success(request, _("They are a fixed list now."))
            return redirect(address_of(made))
        return redirect(address_of(segment))

    def ready_view(self, request: HttpRequest) -> HttpResponse:
        """A whole layer of ready-made audiences, each as a segment."""
        if not self.may_build(request):
            raise PermissionDenied
        with shows_refusals(request):
            of = request.POST.get("of", "")
            made = keep_layer(of=of, by=request.user, at=timezone.now())
            words = _("Saved as segments: %(names)s.")
            if made:
                names = "、".join(map(str, made))
                messages.success(request, words % {"names": names})
            else:
                messages.info(request, _("All of them are there already."))
        return redirect("admin:segments_segment_changelist")

    def split_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        segment = self.mine(request, pk)
        with shows_refusals(request):
            made = split(
                segment=segment,
                parts=whole_number(request.POST.get("parts", "")) or 0,
                seed=request.POST.get("seed", "").strip()[:12],
                by=request.user,
                at=timezone.now(),
            )
            messages.success(request, _("Dealt into %d fixed lists.") % len(made))
            return redirect("admin:segments_segment_changelist")
        return redirect(address_of(segment))

    def remove_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        segment = self.mine(request, pk)
        with shows_refusals(request):
            remove(segment=segment, by=request.user, at=timezone.now())
            messages.success(request, _("The segment is gone."))
            return redirect("admin:segments_segment_changelist")
        return redirect(address_of(segment))


@admin.register(Refresh)
class RefreshAdmin(JobAdmin):
    """Refreshes that went wrong, for those who repair."""

    list_display = ["called", "standing", "created", "why"]
    list_select_related = ["of"]
    counted_as = _("%(count)s refreshes")

    @display(description=_("segment"))
    def called(self, job: Refresh) -> str:
        return str(job.of)

    def what(self, job: Refresh) -> str:
        return str(job.of)
