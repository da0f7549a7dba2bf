"""Leads as a list and as a kanban; stages and working time; what one is reminded of."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.common.addresses import beside, of_one
from apps.common.admin import ReadOnlyAdmin
from apps.common.errors import Refused
from apps.common.filters import Choice, Pick, whole_number
from apps.common.listing import ListPage
from apps.followups import board
from apps.followups import notices_admin as notices_admin  # adds its pages
from apps.followups import stages_admin as stages_admin  # likewise
from apps.followups.models import Lead, Stage
from apps.followups.move import move_lead
from apps.followups.stages import stages
from apps.followups.working_time import setting
from apps.staff.models import Employee


class StageFilter(Choice):
    title = _("stage")
    parameter_name = "stage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(stage.pk), stage.name) for stage in stages()]


class OwnerFilter(Pick):
    title = _("owner")
    parameter_name = "owner"
    model = "staff.employee"
    hint = _("Name of the employee")
    others = (("none", _("nobody")),)

    def narrow(self, leads: QuerySet, employee: Employee) -> QuerySet:
        return leads.filter(owner=employee)

    def narrow_to_other(self, leads: QuerySet, value: str) -> QuerySet:
        return leads.filter(owner__isnull=True)


class EndsFilter(Choice):
    title = _("standing")
    parameter_name = "ends"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("open")), ("won", _("won")), ("lost", _("lost"))]

    def narrow(self, leads: QuerySet, value: str) -> QuerySet:
        if value == "open":
            return leads.filter(closed_at__isnull=True)
        return leads.filter(stage__ends=value)


@admin.register(Lead)
class LeadAdmin(ListPage, ReadOnlyAdmin):
    rows_template = "admin/followups/lead/rows.html"
    list_filter = [StageFilter, EndsFilter, OwnerFilter]
    list_select_related = ["contact", "owner", "stage"]
    ordering = ["-stage_since", "-pk"]
    counted_as = _("%(count)s leads")
    empty_title = _("No lead yet")
    empty_hint = _(
        "Whoever is added becomes a lead by themselves, in the first stage. Somebody "
        "who is here already becomes one on their page."
    )
    empty_leads_to = ("admin:contacts_contact_changelist", _("To the contacts"))

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return Lead.objects.owned_within(request.user)

    def head(self, request: HttpRequest) -> dict[str, Any]:
        return {"views_template": "admin/followups/lead/head.html"}

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """A lead is worked with on the page of its contact."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        number = whole_number(object_id)
        lead = self.get_queryset(request).filter(pk=number).first()
        if lead is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        there = reverse("admin:contacts_contact_change", args=[lead.contact_id])
        return redirect(f"{there}#lead")

    def get_urls(self) -> list:
        at, of = beside(self), of_one(self)
        column = require_safe(self.column_view)
        return [
            at("board/", require_safe(self.board_view), "board"),
            at("board/<int:stage>/", column, "board_column"),
            of("move", require_POST(self.move_view), "move"),
            *super().get_urls(),
        ]

    # -- the kanban

    def board_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        user = request.user
        whose = board.whose(request.GET.get("whose", ""), user=user)
        found = board.columns(whose.leads, at=timezone.now())
        going = [column for column in found if not column.stage.ends]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Lead board"),
            "whose": whose,
            "columns": found,
            "many": sum(column.many for column in going),
            "amount": sum(column.amount for column in going),
            "forecast": sum(column.forecast for column in going),
            "sees_more": user.reach is None or len(user.reach) > 1,
            "may_move": user.has_perm("followups.change_lead"),
            "may_set": user.has_perm("followups.change_stage"),
            "lost_reasons": setting().lost_reasons,
        }
        return TemplateResponse(request, "admin/followups/lead/board.html", context)

    def column_view(self, request: HttpRequest, stage: int) -> HttpResponse:
        """The cards of one column, or of its next page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        of = self.stage_of(stage)
        whose = board.whose(request.GET.get("whose", ""), user=request.user)
        found, behind = board.cards(
            whose.leads,
            of,
            at=timezone.now(),
            silent_after=setting().silent_after,
            behind=request.GET.get("behind", ""),
        )
        context = {
            "cards": found,
            "behind": behind,
            "stage": of,
            "whose": whose,
            "may_move": request.user.has_perm("followups.change_lead"),
        }
        return TemplateResponse(request, "admin/followups/lead/cards.html", context)

    def move_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """From the board: told, or refused, in words."""
        if not request.user.has_perm("followups.change_lead"):
            raise PermissionDenied
        lead = Lead.objects.visible_to(request.user).filter(pk=pk).first()
        if lead is None:
            raise Http404
        to = self.stage_of(whole_number(request.POST.get("to", "")) or 0)
        try:
            moved = move_lead(
                lead=lead,
                to=to,
                by=request.user,
                at=timezone.now(),
                seen_in=whole_number(request.POST.get("seen_in", "")),
                reason=request.POST.get("reason", "")[:20],
            )
        except Refused as refusal:
            return JsonResponse({"refused": str(refusal)}, status=409)
        words = gettext("%(who)s is in “%(stage)s” now.")
        told = words % {"who": lead.contact, "stage": moved.stage}
        return JsonResponse({"told": told})

    def stage_of(self, number: int) -> Stage:
        stage = Stage.objects.filter(pk=number).first()
        if stage is None:
            raise Http404
        return stage
