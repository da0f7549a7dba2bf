"""Segments: the list, the page of one, and the rule builder with its live count."""

import json
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
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
from unfold.decorators import display

from apps.common.addresses import beside
from apps.common.admin import JobAdmin, ReadOnlyAdmin, shows_refusals
from apps.common.errors import Refused
from apps.common.filters import Choice, Pickable, whole_number
from apps.common.jobs import Job
from apps.common.listing import ListPage
from apps.contacts.models import Contact
from apps.rules.compile import contacts_in, seen_by
from apps.rules.explain import sentence, why
from apps.rules.tree import LONGEST_JSON, NotUnderstood, Wrong, read
from apps.segments.audiences import audiences_for
from apps.segments.contact_panels import members_seen
from apps.segments.keep import freeze, keep, may_change, remove, used_by
from apps.segments.models import Refresh, Segment
from apps.segments.refresh import ask_for
from apps.segments.words import names_for, words_for

PEOPLE = 20  # shown while a rule is put together
DAYS = 30
either = require_http_methods(["GET", "HEAD", "POST"])


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
class SegmentAdmin(Pickable, ListPage, ReadOnlyAdmin):
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

    def may_build(self, request: HttpRequest) -> bool:
        return request.user.has_perm("segments.add_segment")

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
            "may_change": may_change(shown, by=user),
            "job": shown.refreshes.order_by("-pk").first(),
            "list_url": f"{reverse('admin:contacts_contact_changelist')}"
            f"?segment={shown.pk}",
        }
        job = told["job"]
        told["working"] = job is not None and job.status in Job.UNFINISHED
        told["failed"] = job is not None and job.status == Job.Status.FAILED
        if shown.is_rule:
            try:
                told["sentence"] = sentence(read(shown.rule), user=user)
            except NotUnderstood as wrong:
                told["broken"] = str(wrong)
        return told

    def get_urls(self) -> list:
        at = beside(self)
        return [
            at("build/", either(self.build_view), "build"),
            at("preview/", require_POST(self.preview_view), "preview"),
            at("why/", require_POST(self.why_view), "why"),
            at("<int:pk>/build/", either(self.build_view), "rebuild"),
            at("<int:pk>/refresh/", require_POST(self.refresh_view), "refresh"),
            at("<int:pk>/freeze/", require_POST(self.freeze_view), "freeze"),
            at("<int:pk>/remove/", require_POST(self.remove_view), "remove"),
            at("<int:pk>/news/", require_safe(self.news_view), "news"),
            *super().get_urls(),
        ]

    def one(self, request: HttpRequest, pk: int) -> Segment:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(Segment, pk=pk)

    def mine(self, request: HttpRequest, pk: int) -> Segment:
        if not self.may_build(request):
            raise PermissionDenied
        return self.one(request, pk)

    # -- the builder

    def build_view(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        if not self.may_build(request):
            raise PermissionDenied
        shown = self.one(request, pk) if pk else None
        if shown is not None and not shown.is_rule:
            raise Http404
        told = {
            "name": shown.name if shown else "",
            "folder": shown.folder if shown else "",
            "description": shown.description if shown else "",
            "version": shown.version if shown else "",
        }
        rule = shown.rule if shown else None
        error = ""
        if request.method == "POST":
            told = {name: request.POST.get(name, "")[:400] for name in told}
            try:
                rule = rule_in(request.POST.get("rule", ""))
                kept = keep(
                    rule=rule,
                    name=told["name"],
                    folder=told["folder"],
                    description=told["description"],
                    by=request.user,
                    at=timezone.now(),
                    segment=shown,
                    version=whole_number(told["version"]),
                )
            except Refused as refusal:
                error = str(refusal)
            else:
                return redirect(address_of(kept))
        audiences = audiences_for(request.user)
        chosen = request.GET.get("audience", "")
        if rule is None:
            for audience in audiences:
                if audience.name == chosen:
                    rule, told["name"] = audience.rule, str(audience.title)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": shown.name if shown else gettext("New segment"),
            "shown": shown,
            "told": told,
            "error": error,
            "audiences": audiences,
            "users": used_by(shown) if shown else [],
            "folders": folders(),
            "data": {
                "words": words_for(request.user),
                "rule": rule,
                "names": names_for(rule, user=request.user) if rule else {},
                "preview": reverse("admin:segments_segment_preview"),
                "why": reverse("admin:segments_segment_why"),
            },
        }
        return TemplateResponse(request, "admin/segments/segment/build.html", context)

    def preview_view(self, request: HttpRequest) -> JsonResponse:
        """How many, the first of them, and the rule as a sentence."""
        if not self.may_build(request):
            raise PermissionDenied
        now = timezone.now()
        try:
            tree = read(rule_in(request.body), user=request.user)
            found = seen_by(request.user, tree, at=now)
        except NotUnderstood as wrong:
            told = [{"place": w.place, "why": w.why} for w in wrong.wrongs]
            return JsonResponse({"wrongs": told}, status=400)
        except Refused as refusal:
            return JsonResponse({"refused": str(refusal)}, status=400)
        people = contacts_in(found.newest(PEOPLE))
        answer = {
            "many": f"{found.many:,}",
            "at": f"{timezone.localtime(now):%H:%M:%S}",
            "sentence": sentence(tree, user=request.user),
            "people": [
                {
                    "id": contact.pk,
                    "name": str(contact),
                    "more": str(contact.owner or ""),
                    "address": reverse(
                        "admin:contacts_contact_change", args=[contact.pk]
                    ),
                }
                for contact in people
            ],
        }
        return JsonResponse(answer, headers={"Cache-Control": "no-store"})

    def why_view(self, request: HttpRequest) -> HttpResponse:
        """Why a contact is in or out of a rule."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            told = rule_in(request.body)
            number = told.get("contact") if isinstance(told, dict) else None
            tree = read(told.get("rule") if isinstance(told, dict) else None)
        except Refused as refusal:
            return JsonResponse({"refused": str(refusal)}, status=400)
        seen = Contact.objects.visible_to(request.user)
        contact = seen.filter(pk=whole_number(str(number)) or 0).first()
        if contact is None:
            raise Http404
        part = why(tree, contact.pk, at=timezone.now(), user=request.user)
        context = {"part": part, "contact": contact}
        return TemplateResponse(request, "admin/segments/segment/why.html", context)

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

    def remove_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        segment = self.mine(request, pk)
        with shows_refusals(request):
            remove(segment=segment, by=request.user, at=timezone.now())
            messages.success(request, _("The segment is gone."))
            return redirect("admin:segments_segment_changelist")
        return redirect(address_of(segment))


def rule_in(told: str | bytes) -> Any:
    """JSON that somebody sent, if it is some."""
    if len(told) > LONGEST_JSON:
        raise NotUnderstood([Wrong("", gettext("The rule is too long."))])
    try:
        return json.loads(told)
    except (ValueError, RecursionError) as error:
        raise NotUnderstood([Wrong("", gettext("This is no rule."))]) from error


def folders() -> list[str]:
    used = Segment.objects.exclude(folder="").order_by("folder")
    return list(used.values_list("folder", flat=True).distinct()[:100])


def address_of(segment: Segment) -> str:
    return reverse("admin:segments_segment_change", args=[segment.pk])


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
