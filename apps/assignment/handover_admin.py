"""Handovers: who left something behind, the form with its preview, how far it is."""

from collections import Counter
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
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
)

from apps.assignment.handover import ChangedSince, begin, counts_of, look, stop
from apps.assignment.handover_form import (
    HINTS,
    codes,
    possible_takers,
    shown,
    waits,
    wish_in,
)
from apps.assignment.handover_models import Handover, Offer
from apps.assignment.handover_table import file_of, lines, offers_of, with_names
from apps.assignment.handover_waits import leavers
from apps.assignment.handover_words import TONES
from apps.common.addresses import beside, of_one
from apps.common.admin import ReadOnlyAdmin, ScopedAdmin, shows_refusals
from apps.common.errors import Refused
from apps.common.filters import whole_number
from apps.common.listing import ListPage
from apps.staff.models import Employee
from apps.staff.scope import is_in_reach

A_PAGE = 50
either = require_http_methods(["GET", "HEAD", "POST"])
Tally = Counter[tuple[bool, str]]


@admin.register(Handover)
class HandoverAdmin(ListPage, ScopedAdmin, ReadOnlyAdmin):
    page_template = "admin/assignment/handover/page.html"
    rows_template = "admin/assignment/handover/rows.html"
    ordering = ["-made_at", "-pk"]
    search_fields = ["giver_name"]
    search_help_text = _("Name of whoever hands over")
    counted_as = _("%(count)s handovers")
    empty_title = _("Nothing has been handed over yet")
    empty_hint = _(
        "When somebody leaves, their contacts and groups wait here to be taken over. "
        "For somebody on leave, choose whose are handed over."
    )
    empty_leads_to = ("admin:staff_employee_changelist", _("Open the employees"))

    # -- the list

    def found(self, rows: QuerySet, term: str) -> QuerySet:
        return rows.filter(giver_name__icontains=term)

    def head(self, request: HttpRequest) -> dict[str, Any]:
        may = self.may_hand_over(request)
        within = Employee.objects.all()
        if request.user.reach is not None:
            within = within.filter(pk__in=sorted(request.user.reach))
        return {
            "views_template": "admin/assignment/handover/head.html",
            "may_hand_over": may,
            "leavers": leavers(within, at=timezone.now()),
            "prepare_url": reverse("admin:assignment_handover_prepare"),
            "colleagues": possible_givers(within) if may else (),
        }

    def rows(self, request: HttpRequest, found: list[Handover]) -> list[dict[str, Any]]:
        counts = counts_of(found)
        return [{"handover": each, **tally(counts[each.pk])} for each in found]

    def may_hand_over(self, request: HttpRequest) -> bool:
        return request.user.has_perm("assignment.add_handover")

    # -- how far one is

    def page(self, request: HttpRequest, shown: Handover) -> dict[str, Any]:
        now = timezone.now()
        count = counts_of([shown])[shown.pk]
        state = request.GET.get("state", "")
        offers = with_names(offers_of(shown, by=request.user, state=state))
        wanted = whole_number(request.GET.get("p", "")) or 1
        page = Paginator(offers, A_PAGE).get_page(wanted)
        giver = shown.giver
        return {
            **tally(count),
            "title": gettext("%(name)s hands over") % {"name": shown.giver_name},
            "states": [
                {
                    "state": state,
                    "words": state.label,
                    "tone": TONES.get(state, "default"),
                    "contacts": count[True, state],
                    "groups": count[False, state],
                }
                for state in Offer.State
                if count[True, state] or count[False, state]
            ],
            "state": state,
            "lines": lines(list(page), at=now),
            "page_of": page,
            "codes": codes(giver),
            "may_hand_over": self.may_hand_over(request),
            "may_take_out": request.user.has_perm("exports.add_export"),
            "again_url": f"{reverse('admin:assignment_handover_prepare')}"
            f"?giver={giver.pk}",
        }

    def get_urls(self) -> list:
        at, of = beside(self), of_one(self)
        return [
            at("prepare/", either(self.prepare_view), "prepare"),
            of("stop", require_POST(self.stop_view), "stop"),
            of("table", require_POST(self.table_view), "table"),
            *super().get_urls(),
        ]

    def mine(self, request: HttpRequest, pk: int) -> Handover:
        return get_object_or_404(self.get_queryset(request), pk=pk)

    # -- the form with its preview

    def prepare_view(self, request: HttpRequest) -> HttpResponse:
        if not self.may_hand_over(request):
            raise PermissionDenied
        asked = request.POST.get("giver") or request.GET.get("giver", "")
        number = whole_number(asked) or 0
        giver = get_object_or_404(Employee, pk=number)
        if not is_in_reach(giver, request.user):
            raise PermissionDenied
        error, preview = "", None
        if request.method == "POST":
            now = timezone.now()
            wish = wish_in(request.POST, giver)
            try:
                if request.POST.get("do") == "begin":
                    mark = request.POST.get("mark", "")
                    made = begin(wish, mark=mark, by=request.user, at=now)
                    messages.success(request, _("The handover has begun."))
                    return redirect(address_of(made))
                preview = look(wish, by=request.user, at=now)
            except ChangedSince as refusal:
                error, preview = str(refusal), look(wish, by=request.user, at=now)
            except Refused as refusal:
                error = str(refusal)
        told = request.POST if request.method == "POST" else {"second": "yes"}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Hand over from %(name)s") % {"name": giver},
            "giver": giver,
            "waits": waits(giver),
            "takers": possible_takers(giver, by=request.user, told=request.POST),
            "rules": [(each, each.label, HINTS[each]) for each in Handover.Rule],
            "rule": told.get("rule") or Handover.Rule.EVEN,
            "message": told.get("message", ""),
            "with_groups": request.method != "POST" or told.get("groups") == "yes",
            "second": told.get("second") == "yes",
            "error": error,
            "preview": shown(preview, by=request.user) if preview else None,
        }
        page = "admin/assignment/handover/prepare.html"
        return TemplateResponse(request, page, context)

    # -- what is done to one

    def stop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.may_hand_over(request):
            raise PermissionDenied
        handover = self.mine(request, pk)
        with shows_refusals(request):
            many = stop(handover=handover, by=request.user, at=timezone.now())
            told = gettext("%(many)s were taken back.") % {"many": many}
            messages.success(request, told)
        return redirect(address_of(handover))

    def table_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm("exports.add_export"):
            raise PermissionDenied
        handover = self.mine(request, pk)
        with shows_refusals(request):
            state = request.GET.get("state", "")
            return file_of(handover, by=request.user, state=state, at=timezone.now())
        return redirect(address_of(handover))


def tally(count: Tally) -> dict[str, Any]:
    """How many of all have moved, are under way, or cannot be handed over so."""
    told: dict[str, Any] = {}
    for kind, name in ((True, "contacts"), (False, "groups")):
        moved = sum(count[kind, state] for state in Offer.MOVED)
        running = sum(count[kind, state] for state in Offer.RUNNING)
        every = count[kind, "all"]
        told[name] = {
            "all": every,
            "moved": moved,
            "running": running,
            "left": every - moved - running,
            "lost": count[kind, Offer.State.LOST],
        }
    return told


def possible_givers(within: QuerySet[Employee]) -> QuerySet[Employee]:
    serving = within.filter(serves=True, left_at__isnull=True)
    return serving.order_by("sort_key", "pk")[:500]


def address_of(handover: Handover) -> str:
    return reverse("admin:assignment_handover_change", args=[handover.pk])
