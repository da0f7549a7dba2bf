"""The wizard: a table is brought, explained, checked, imported, and taken back."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    JsonResponse,
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
from unfold.widgets import UnfoldAdminFileFieldWidget

from apps.clients.models import Client
from apps.common.addresses import beside
from apps.common.admin import BigList, JobAdmin, ReadOnlyAdmin, ago_column
from apps.common.again import shows_refusals
from apps.common.errors import Refused
from apps.common.filters import whole_number
from apps.contacts.models import Contact
from apps.imports.bring_in import ask_to_cancel, check, take_in, undo, write
from apps.imports.files import as_file, key_to, opens, rows_left_out, template_of
from apps.imports.meanings import words_for
from apps.imports.models import Import, Pass
from apps.imports.passes import LEFT_OUT
from apps.imports.words import (
    COLOURS,
    masked_cell,
    outcomes_of,
    progress_of,
    stage_of,
)

SHOWN = 50  # rows of the preview
SAMPLES = 3
either = require_http_methods(["GET", "HEAD", "POST"])


class UploadForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("what is in it"),
        choices=Import.Kind.choices,
        initial=Import.Kind.CONTACTS,
        required=False,
    )
    system = forms.CharField(label=_("system"), max_length=32, required=False)
    file = forms.FileField(
        label=_("file"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.xlsx,.txt"}),
    )


@admin.register(Import)
class ImportAdmin(BigList, ReadOnlyAdmin):
    page_template = "admin/imports/import/page.html"
    change_list_template = "admin/imports/import/list.html"
    list_display = ["called", "brought", "many", "standing"]
    ordering = ["-pk"]
    counted_as = _("%(count)s imports")
    empty_title = _("Nothing has been imported yet")
    empty_hint = _(
        "Bring a table of contacts, as CSV or XLSX: it is checked first, and what was "
        "imported can be taken back."
    )
    empty_leads_to = ("admin:imports_import_start", _("Import contacts"))

    brought = ago_column("brought_at", _("at"))

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Whoever brought a table, and nobody else."""
        newest = Prefetch("passes", Pass.objects.order_by("pk"))
        return (
            super()
            .get_queryset(request)
            .filter(by=request.user)
            .prefetch_related(newest)
        )

    @display(description=_("file"))
    def called(self, shown: Import) -> str:
        return shown.name

    @display(description=_("rows"))
    def many(self, shown: Import) -> str:
        return f"{shown.rows:,}"

    @display(description=_("status"))
    def standing(self, shown: Import) -> Any:
        return stage_of(shown).title

    def has_bring_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("imports.add_import")

    # -- the page

    def page(self, request: HttpRequest, shown: Import) -> dict[str, Any]:
        stage = stage_of(shown)
        first = shown.parts.order_by("number").first()
        rows = (first.rows if first else [])[:SHOWN]
        found = first.found if first else []
        counts = shown.counts.get(stage.counted, {})
        told = {
            "stage": stage,
            "last": stage.last,
            "progress": progress_of(stage.last, at=timezone.now()),
            "counts": [
                (name, title, counts.get(name, 0))
                for name, title in outcomes_of(shown).items()
            ],
            "wrong": sum(counts.get(name, 0) for name in LEFT_OUT),
            "errors": key_to(shown),
            "is_orders": shown.kind == Import.Kind.ORDERS,
            "given": shown.counts.get("check", {}).get("owners", ()),
            "came_to": counts if "orders" in counts else None,
            "stayed": Contact.objects.visible_to(request.user).filter(
                pk__in=shown.stayed[:SHOWN]
            ),
        }
        if stage.explains:
            words = words_for(shown.kind)
            told["lines"] = [
                {
                    "column": column,
                    "meaning": meaning,
                    "choices": words.choices(column),
                    "samples": [
                        masked_cell(meaning, c[n]) for _number, c in rows if c[n]
                    ][:SAMPLES],
                }
                for n, (column, meaning) in enumerate(
                    zip(shown.columns, shown.meanings, strict=True)
                )
            ]
        if found:
            told["preview"] = [
                {
                    "number": number,
                    "cells": list(map(masked_cell, shown.meanings, cells)),
                    "outcome": outcomes_of(shown)[outcome],
                    "colour": COLOURS[outcome],
                    "why": why,
                }
                for (number, cells), (outcome, why) in zip(rows, found, strict=False)
            ]
            told["headings"] = shown.columns
        return told

    def get_urls(self) -> list:
        at = beside(self)
        return [
            at("start/", either(self.start_view), "start"),
            at("template/", require_safe(self.template_view), "template"),
            at("progress/", require_safe(self.progress_view), "progress"),
            at("<int:pk>/check/", require_POST(self.check_view), "check"),
            at("<int:pk>/write/", require_POST(self.write_view), "write"),
            at("<int:pk>/undo/", require_POST(self.undo_view), "undo"),
            at("<int:pk>/cancel/", require_POST(self.cancel_view), "cancel"),
            at("<int:pk>/errors/", require_safe(self.errors_view), "errors"),
            *super().get_urls(),
        ]

    def mine(self, request: HttpRequest, pk: int) -> Import:
        if not self.has_bring_permission(request):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def start_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_bring_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                made = take_in(
                    file=file,
                    name=file.name,
                    by=request.user,
                    at=timezone.now(),
                    kind=form.cleaned_data["kind"] or Import.Kind.CONTACTS,
                    system=form.cleaned_data["system"],
                )
            except Refused as refusal:
                form.add_error("file", str(refusal))
            else:
                return redirect(address_of(made))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Import a table"),
            "form": form,
            "kind": request.POST.get("kind") or request.GET.get("kind"),
            "systems": Client.objects.values_list("system", "name"),
        }
        return TemplateResponse(request, "admin/imports/import/start.html", context)

    def check_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        shown = self.mine(request, pk)
        meanings = [
            request.POST.get(f"column{n}", "")[:200] for n in range(len(shown.columns))
        ]
        with shows_refusals(request):
            check(of=shown, meanings=meanings, at=timezone.now())
        return redirect(address_of(shown))

    def write_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        shown = self.mine(request, pk)
        with shows_refusals(request):
            write(of=shown, at=timezone.now())
        return redirect(address_of(shown))

    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        shown = self.mine(request, pk)
        with shows_refusals(request):
            undo(of=shown, at=timezone.now())
        return redirect(address_of(shown))

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        shown = self.mine(request, pk)
        ask_to_cancel(of=shown, at=timezone.now())
        messages.success(request, _("It stops after the rows that are being done."))
        return redirect(address_of(shown))

    def progress_view(self, request: HttpRequest) -> JsonResponse:
        number = whole_number(request.GET.get("import", "")) or 0
        shown = self.mine(request, number)
        return JsonResponse(progress_of(stage_of(shown).last, at=timezone.now()))

    # -- files

    def template_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_bring_permission(request):
            raise PermissionDenied
        return template_of(request.GET.get("kind", ""))

    def errors_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The rows that were not imported, each with the reason; to mend and bring."""
        shown = self.mine(request, pk)
        if not opens(request.GET.get("key", ""), shown):
            raise Http404
        return as_file(rows_left_out(shown), name=f"errors-{shown.pk}.csv")


def address_of(shown: Import) -> str:
    return reverse("admin:imports_import_change", args=[shown.pk])


@admin.register(Pass)
class PassAdmin(JobAdmin):
    """What of imports has failed, for those who repair."""

    list_display = ["called", "standing", "created", "why"]
    list_select_related = ["of"]
    counted_as = _("%(count)s import jobs")

    @display(description=_("what"))
    def called(self, job: Pass) -> str:
        return f"{job.get_what_display()} #{job.of_id}"

    def what(self, job: Pass) -> str:
        return self.called(job)
