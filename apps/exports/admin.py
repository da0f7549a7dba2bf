"""Exports: asked for from a list, approved where need be, fetched, gone in a day."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    JsonResponse,
    QueryDict,
)
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

from apps.common.addresses import beside, of_one
from apps.common.admin import (
    BigList,
    JobAdmin,
    ReadOnlyAdmin,
    ScopedAdmin,
    ago_column,
    shows_refusals,
)
from apps.common.audited import noted
from apps.common.errors import Refused
from apps.common.filters import whole_number
from apps.exports import ask as asking
from apps.exports.ask_form import AskForm
from apps.exports.chosen import LISTS, TICKED, rows_of
from apps.exports.columns import columns_of
from apps.exports.link import as_file, link_to, opened_by
from apps.exports.models import Export, Preset, Writing
from apps.exports.words import progress_of, standing_of, writing_of

OWN = ("of", "preset")  # of the address; the rest is the list's
HIDDEN = "…"  # whom one searched for is nobody else's business
either = require_http_methods(["GET", "HEAD", "POST"])


@admin.register(Export)
class ExportAdmin(BigList, ScopedAdmin, ReadOnlyAdmin):
    page_template = "admin/exports/export/page.html"
    list_display = ["called", "who", "asked", "many", "what_for", "standing"]
    list_select_related = ["by", "writing"]
    ordering = ["-pk"]
    counted_as = _("%(count)s exports")
    empty_title = _("Nothing has been exported yet")
    empty_hint = _(
        "Filter the list of contacts or of orders and choose Export there: the file "
        "stands here for a day."
    )
    empty_leads_to = ("admin:contacts_contact_changelist", _("To the contacts"))

    asked = ago_column("asked_at", _("at"))

    @display(description=_("export"))
    def called(self, shown: Export) -> str:
        return f"{shown} · {shown.get_kind_display()} · {shown.form.upper()}"

    @display(description=_("taken out by"))
    def who(self, shown: Export) -> str:
        return str(shown.by)

    @display(description=_("rows"))
    def many(self, shown: Export) -> str:
        return f"{shown.rows:,}"

    @display(description=_("what for"))
    def what_for(self, shown: Export) -> str:
        return shown.reason

    @display(
        description=_("status"),
        label={name: name for name in ("success", "info", "warning", "danger")},
    )
    def standing(self, shown: Export) -> tuple[str, Any]:
        stands = standing_of(shown, at=timezone.now())
        return stands.colour, stands.title

    # -- the page

    def page(self, request: HttpRequest, shown: Export) -> dict[str, Any]:
        now = timezone.now()
        titles = {column.name: column.title for column in columns_of(shown.kind)}
        job, mine = writing_of(shown), shown.by_id == request.user.pk
        may_decide = request.user.has_perm("exports.approve_export") and not mine
        return {
            "stands": standing_of(shown, at=now),
            "job": job,
            "progress": progress_of(job, at=now),
            "titles": [titles[name] for name in shown.columns if name in titles],
            "mine": mine,
            "may_decide": may_decide and request.user.sees_everybody,
            "link": link_to(shown, request) if mine else "",
        }

    def get_urls(self) -> list:
        at, of = beside(self), of_one(self)
        return [
            at("start/", either(self.start_view), "start"),
            at("progress/", require_safe(self.progress_view), "progress"),
            at("file/", require_safe(self.file_view), "file"),
            of("approve", require_POST(self.approve_view), "approve"),
            of("refuse", require_POST(self.refuse_view), "refuse"),
            of("cancel", require_POST(self.cancel_view), "cancel"),
            *super().get_urls(),
        ]

    def seen(self, request: HttpRequest, pk: int) -> Export:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request), pk=pk)

    # -- asking

    def start_view(self, request: HttpRequest) -> HttpResponse:
        kind = request.GET.get("of", "")
        if kind not in LISTS:
            raise Http404
        door = self.admin_site.get_model_admin(LISTS[kind])
        may = request.user.has_perm("exports.add_export")
        if not may or not door.has_view_permission(request):
            raise PermissionDenied
        asked = request.GET.copy()
        for name in OWN:
            asked.pop(name, None)
        listed = rows_of(door, request, asked)
        form = AskForm(request.POST or None, request=request, kind=kind)
        refusal = ""
        if request.method == "POST" and form.is_valid():
            try:
                made = self.asked_for(request, kind, listed, asked, form)
            except Refused as refused:
                refusal = str(refused)
            else:
                return redirect(address_of(made))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Export"),
            "form": form,
            "refusal": refusal,
            "kind": kind,
            "many": listed[: asking.MOST_ROWS + 1].count(),
            "columns": self.columns(request, kind, form),
            "presets": Preset.objects.filter(by=request.user, kind=kind),
            "kept": asked.urlencode(),
            "ticked": TICKED in asked,
            "may_whole": asking.may_export_whole(request.user),
            "alone": asking.WHOLE_ALONE,
        }
        return TemplateResponse(request, "admin/exports/export/start.html", context)

    @transaction.atomic
    def asked_for(
        self,
        request: HttpRequest,
        kind: str,
        listed: QuerySet,
        asked: QueryDict,
        form: AskForm,
    ) -> Export:
        told = form.cleaned_data
        made = asking.ask(
            kind=kind,
            listed=listed,
            query=without_words(asked),
            columns=told["columns"],
            form=told["form"],
            whole=told["whole"],
            reason=told["reason"],
            by=request.user,
            at=timezone.now(),
        )
        if told["preset"].strip():
            asking.keep_preset(
                kind=kind,
                name=told["preset"],
                columns=told["columns"],
                by=request.user,
            )
        return made

    def columns(
        self, request: HttpRequest, kind: str, form: AskForm
    ) -> list[tuple[str, Any, bool]]:
        """Each with whether it is ticked: as sent, as in a preset, or as at first."""
        known = columns_of(kind)
        ticked = {column.name for column in known if column.at_first}
        number = whole_number(request.GET.get("preset", ""))
        preset = Preset.objects.filter(by=request.user, kind=kind, pk=number or 0)
        if form.is_bound:
            ticked = set(form.data.getlist("columns"))
        elif number and (kept := preset.first()):
            ticked = set(kept.columns)
        return [(each.name, each.title, each.name in ticked) for each in known]

    # -- deciding

    def approve_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        shown = self.seen(request, pk)
        with shows_refusals(request):
            asking.approve(of=shown, by=request.user, at=timezone.now())
            messages.success(request, _("Approved: the file is being written."))
        return redirect(address_of(shown))

    def refuse_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        shown = self.seen(request, pk)
        with shows_refusals(request):
            asking.refuse(of=shown, by=request.user, at=timezone.now())
            messages.success(request, _("Refused: nothing is written."))
        return redirect(address_of(shown))

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        shown = self.seen(request, pk)
        if shown.by_id != request.user.pk:
            raise Http404
        asking.stop(of=shown, at=timezone.now())
        messages.success(request, _("It stops after the rows that are being done."))
        return redirect(address_of(shown))

    def progress_view(self, request: HttpRequest) -> JsonResponse:
        shown = self.seen(request, whole_number(request.GET.get("export", "")) or 0)
        return JsonResponse(progress_of(writing_of(shown), at=timezone.now()))

    # -- the file

    def file_view(self, request: HttpRequest) -> HttpResponse:
        """Only whoever asked for it, in the session that was given the link."""
        shown = opened_by(request.GET.get("key", ""), request)
        if shown is None:
            raise Http404
        stands = standing_of(shown, at=timezone.now())
        if not stands.is_ready or (
            shown.whole and not asking.may_export_whole(request.user)
        ):
            raise Http404
        if request.method == "GET":
            with transaction.atomic():
                noted(request, "fetched", about=shown, after={"rows": shown.rows})
        return as_file(shown)


def without_words(asked: QueryDict) -> str:
    """The filter of a list; that it was searched, too, but not for what."""
    kept = asked.copy()
    if kept.get(SEARCH_VAR):
        kept[SEARCH_VAR] = HIDDEN
    return kept.urlencode()


def address_of(shown: Export) -> str:
    return reverse("admin:exports_export_change", args=[shown.pk])


@admin.register(Writing)
class WritingAdmin(JobAdmin):
    """What of exports has failed, for those who repair."""

    list_display = ["called", "standing", "created", "why"]
    list_select_related = ["of"]
    counted_as = _("%(count)s export jobs")

    @display(description=_("what"))
    def called(self, job: Writing) -> str:
        return str(job.of)

    def what(self, job: Writing) -> str:
        return self.called(job)
