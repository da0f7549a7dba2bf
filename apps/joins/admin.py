"""Codes of groups: the list, the page of one, the form."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
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

from apps.channels.draw import SIZES, picture_of
from apps.common.addresses import beside, of_one
from apps.common.admin import ReadOnlyAdmin, shows_refusals
from apps.common.errors import Refused
from apps.common.filters import Choice, Pickable, whole_number
from apps.common.listing import ListPage
from apps.groups.models import GroupChat, Stay
from apps.joins.choose import Why, decide
from apps.joins.codes import behind
from apps.joins.keep import discard, keep, make_anew, may_change, stop, words_of
from apps.joins.models import FULL, GroupCode
from apps.joins.report import joined_by, report_of
from apps.wecom.errors import described

SHOWN = 20  # of those who joined last
either = require_http_methods(["GET", "HEAD", "POST"])
WHY = {
    Why.NEXT: _("is joined next"),
    Why.READY: _("follows when that one is full"),
    Why.WAITS: _("waits: five stand before it"),
    Why.FULL: _("full"),
    Why.DISMISSED: _("dismissed"),
    Why.OWNERLESS: _("its owner left the company"),
}
TONES = {
    Why.NEXT: "badge-success",
    Why.READY: "badge-info",
    Why.FULL: "badge-warning",
    Why.DISMISSED: "badge-danger",
    Why.OWNERLESS: "badge-danger",
}


class StatusFilter(Choice):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return GroupCode.Status.choices


class TroubleFilter(Choice):
    title = _("needs a person")
    parameter_name = "trouble"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [choice for choice in GroupCode.Trouble.choices if choice[0]]


@admin.register(GroupCode)
class GroupCodeAdmin(Pickable, ListPage, ReadOnlyAdmin):
    page_template = "admin/joins/groupcode/page.html"
    rows_template = "admin/joins/groupcode/rows.html"
    list_filter = [StatusFilter, TroubleFilter]
    ordering = ["folder", "name"]
    search_fields = ["name"]
    search_help_text = _("Name of the code")
    counted_as = _("%(count)s codes of groups")
    empty_title = _("No code of groups yet")
    empty_hint = _(
        "A code of groups is one QR code behind which several groups stand: whoever "
        "scans it joins the first that has room."
    )

    # -- the list

    def found(self, rows: QuerySet, term: str) -> QuerySet:
        return rows.filter(name__icontains=term)

    def head(self, request: HttpRequest) -> dict[str, Any]:
        may_build = self.may_build(request)
        build_url = reverse("admin:joins_groupcode_build") if may_build else ""
        return {
            "build_url": build_url,
            "empty_url": build_url,
            "empty_does": _("New code of groups"),
            "views_template": "admin/joins/groupcode/head.html",
        }

    def rows(self, request: HttpRequest, found: list[GroupCode]) -> list[GroupCode]:
        joined = joined_by(code.state for code in found)
        for code in found:
            code.joined = joined.get(code.state, 0)
        return found

    def may_build(self, request: HttpRequest) -> bool:
        return request.user.has_perm("joins.add_groupcode")

    # -- the page

    def page(self, request: HttpRequest, shown: GroupCode) -> dict[str, Any]:
        held = shown.held.get("chat_id_list", ())
        choice = decide(behind(shown), full_at=shown.full_at, held=held)
        report = report_of(shown, at=timezone.now())
        last = Stay.objects.filter(state=shown.state).visible_to(request.user)
        last = last.select_related("identity__contact", "group")
        advice = words_of(shown.trouble)
        if shown.errcode and shown.trouble == GroupCode.Trouble.REFUSED:
            advice = described(shown.errcode)
        return {
            "may_build": may_change(shown, by=request.user),
            "advice": advice,
            "report": report,
            "sizes": SIZES,
            "lines": [
                {
                    "group": standing.behind.group,
                    "by_wecom": standing.behind.by_wecom,
                    "why": WHY[standing.why],
                    "tone": TONES.get(standing.why, ""),
                    "joined": report.by_group.get(standing.behind.group_id, 0),
                }
                for standing in choice.standings
            ],
            "last": last.order_by("-joined_at")[:SHOWN],
        }

    def get_urls(self) -> list:
        at, of = beside(self), of_one(self)
        return [
            at("build/", either(self.build_view), "build"),
            of("build", either(self.build_view), "rebuild"),
            of("stop", require_POST(self.stop_view), "stop"),
            of("anew", require_POST(self.anew_view), "anew"),
            of("discard", require_POST(self.discard_view), "discard"),
            of("picture", require_safe(self.picture_view), "picture"),
            *super().get_urls(),
        ]

    def mine(self, request: HttpRequest, pk: int) -> GroupCode:
        code = get_object_or_404(GroupCode, pk=pk)
        if not may_change(code, by=request.user):
            raise PermissionDenied
        return code

    # -- the form

    def build_view(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        if not self.may_build(request):
            raise PermissionDenied
        shown = self.mine(request, pk) if pk else None
        told = told_by(request) if request.method == "POST" else texts_of(shown)
        error = ""
        if request.method == "POST":
            try:
                kept = keep(
                    **{name: value for name, value in told.items() if name != "groups"},
                    groups=may_use(request, told["groups"], shown),
                    by=request.user,
                    at=timezone.now(),
                    code=shown,
                )
                messages.success(request, _("The code is kept; WeCom is told."))
                return redirect(address_of(kept))
            except Refused as refusal:
                error = str(refusal)
        groups = GroupChat.objects.filter(pk__in=told["groups"]).in_bulk()
        chosen = [groups[number] for number in told["groups"] if number in groups]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": shown.name if shown else gettext("New code of groups"),
            "shown": shown,
            "told": told,
            "error": error,
            "data": {
                "groups": [{"id": one.pk, "text": str(one)} for one in chosen],
                "picks": reverse("admin:groups_groupchat_picks"),
            },
        }
        return TemplateResponse(request, "admin/joins/groupcode/build.html", context)

    # -- what is done to one

    def picture_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        code = get_object_or_404(GroupCode, pk=pk)
        with shows_refusals(request):
            return picture_of(code, request.GET, hint=gettext("Scan to join our group"))
        return redirect(address_of(code))

    def stop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        code = self.mine(request, pk)
        with shows_refusals(request):
            stop(code=code, by=request.user, at=timezone.now())
            messages.success(request, _("The code is stopped."))
        return redirect(address_of(code))

    def anew_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        code = self.mine(request, pk)
        with shows_refusals(request):
            make_anew(code=code, by=request.user, at=timezone.now())
            messages.success(request, _("It is being made anew."))
        return redirect(address_of(code))

    def discard_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        code = self.mine(request, pk)
        with shows_refusals(request):
            discard(code=code, by=request.user, at=timezone.now())
            messages.success(request, _("The code is gone."))
            return redirect("admin:joins_groupcode_changelist")
        return redirect(address_of(code))


def told_by(request: HttpRequest) -> dict[str, Any]:
    numbers = [whole_number(text) for text in request.POST.getlist("groups")]
    return {
        "name": request.POST.get("name", "")[:60],
        "folder": request.POST.get("folder", "")[:60],
        "full_at": whole_number(request.POST.get("full_at", "")) or 0,
        "opens_new": request.POST.get("opens_new") == "1",
        "base_name": request.POST.get("base_name", "")[:60],
        "groups": [number for number in numbers if number],
        "version": whole_number(request.POST.get("version", "")),
    }


def texts_of(shown: GroupCode | None) -> dict[str, Any]:
    if shown is None:
        texts = {"name": "", "folder": "", "base_name": "", "version": None}
        return texts | {"full_at": FULL, "opens_new": True, "groups": []}
    return {
        "name": shown.name,
        "folder": shown.folder,
        "full_at": shown.full_at,
        "opens_new": shown.opens_new,
        "base_name": shown.base_name,
        "groups": [row.group_id for row in behind(shown)],
        "version": shown.version,
    }


def may_use(
    request: HttpRequest, numbers: list[int], shown: GroupCode | None
) -> list[int]:
    """Groups that the person sees; those that stand behind it already may stay."""
    seen = GroupChat.objects.visible_to(request.user).filter(pk__in=numbers)
    allowed = set(seen.values_list("pk", flat=True))
    if shown is not None:
        allowed |= {row.group_id for row in behind(shown)}
    return [number for number in numbers if number in allowed]


def address_of(code: GroupCode) -> str:
    return reverse("admin:joins_groupcode_change", args=[code.pk])
