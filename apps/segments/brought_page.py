"""Pages on which somebody names contacts by lines, typed or in a file."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from apps.common.errors import Refused
from apps.common.filters import whole_number
from apps.lists.batch import is_small
from apps.rules.explain import names_of
from apps.segments.bring import SHOWN, TAG, bring, mark, text_of
from apps.segments.builder import address_of


class Brings(ModelAdmin):
    """What the admin of segments offers to whoever brings a list."""

    def bring_view(self, request: HttpRequest) -> HttpResponse:
        if not self.may_build(request):
            raise PermissionDenied
        told = told_by(request, "name", "folder", "text")
        error = ""
        if request.method == "POST":
            try:
                told["text"] = text_in(request)
                brought = bring(**told, by=request.user, at=timezone.now())
            except Refused as refusal:
                error = str(refusal)
            else:
                warn_of(request, brought.unknown)
                return redirect(address_of(brought.segment))
        return self.page_of(request, "bring", _("Bring a fixed list"), told, error)

    def mark_view(self, request: HttpRequest) -> HttpResponse:
        """A tag for all whom a list names; whoever is few is tagged at once."""
        if not request.user.has_perm("tags.add_tagging"):
            raise PermissionDenied
        told = told_by(request, "action", "picked", "text")
        error, tag = "", whole_number(told["picked"]) or 0
        if request.method == "POST":
            try:
                made, unknown = mark(
                    text=text_in(request),
                    action=told["action"],
                    tag=tag,
                    by=request.user,
                    at=timezone.now(),
                )
            except Refused as refusal:
                error = str(refusal)
            else:
                warn_of(request, unknown)
                if is_small(made):
                    made.work_off()
                return redirect("admin:lists_batch_change", made.pk)
        told["tag"] = names_of(TAG, [tag]).get(tag, "") if tag else ""
        return self.page_of(request, "mark", _("Tag by a list"), told, error)

    def page_of(
        self, request: HttpRequest, name: str, title: Any, told: Any, error: str
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "told": told,
            "error": error,
        }
        template = f"admin/segments/segment/{name}.html"
        return TemplateResponse(request, template, context)


def told_by(request: HttpRequest, *names: str) -> dict[str, Any]:
    return {name: request.POST.get(name, "") for name in names}


def text_in(request: HttpRequest) -> str:
    file = request.FILES.get("file")
    return text_of(file) if file else request.POST.get("text", "")


def warn_of(request: HttpRequest, unknown: list[str]) -> None:
    if unknown:
        words = {"many": len(unknown), "some": "、".join(unknown[:SHOWN])}
        said = _("%(many)d lines name nobody you may see: %(some)s")
        messages.warning(request, said % words)
