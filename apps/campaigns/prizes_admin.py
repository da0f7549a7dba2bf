"""Prizes won: the list to hand them out from, and the page of one; participants."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.audit.note import note
from apps.campaigns.deliver import deliver, deliver_many, show_address
from apps.campaigns.filters import (
    CampaignFilter,
    CampaignOfPrizeFilter,
    JoinedFilter,
    PrizeKindFilter,
    StandingFilter,
    WonFilter,
)
from apps.campaigns.models import Grant, Participation, Reward
from apps.campaigns.reward import void
from apps.common.addresses import beside, of_one
from apps.common.admin import ReadOnlyAdmin, ScopedAdmin, shows_refusals
from apps.common.filters import searched_for, whole_number
from apps.common.listing import ListPage
from apps.common.spreadsheets import as_csv
from apps.common.wording import moment
from apps.contacts.of_contact import OfContactFilter, people_called

HANDS_OUT = "campaigns.change_grant"
TAKES_OUT = "exports.add_export"
AT_ONCE = 200  # ticked on one page
EXPORTED = 10_000  # rows of one table
CODE_LENGTH = 10
TONES = {
    Grant.Status.GRANTED: "badge-warning",
    Grant.Status.DELIVERED: "badge-success",
    Grant.Status.VOIDED: "",
}


@admin.register(Participation)
class ParticipationAdmin(ListPage, ScopedAdmin, ReadOnlyAdmin):
    rows_template = "admin/campaigns/participation/rows.html"
    list_filter = [CampaignFilter, JoinedFilter, OfContactFilter]
    list_select_related = ["campaign", "contact"]
    ordering = ["-joined_at", "-pk"]
    search_fields = ["contact"]
    search_help_text = _("Name or phone of the contact")
    counted_as = _("%(count)s participations")
    empty_title = _("Nobody takes part yet")
    empty_hint = _("Launch a campaign and spread its code.")
    empty_leads_to = ("admin:campaigns_campaign_changelist", _("To the campaigns"))

    def get_search_results(
        self, request: HttpRequest, rows: QuerySet, term: str
    ) -> tuple[QuerySet, bool]:
        term = searched_for(term)
        if not term:
            return rows, False
        return rows.filter(contact__in=people_called(request, term)), False

    def rows(
        self, request: HttpRequest, found: list[Participation]
    ) -> list[dict[str, Any]]:
        won: dict[int | None, list[str]] = {}
        theirs = Grant.objects.live().filter(participation__in=found)
        for pk, name in theirs.values_list("participation", "reward__name"):
            won.setdefault(pk, []).append(name)
        return [{"row": row, "won": won.get(row.pk, [])} for row in found]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = self.get_queryset(request)
        row = get_object_or_404(rows, pk=whole_number(object_id))
        return redirect("admin:contacts_contact_change", row.contact_id)


@admin.register(Grant)
class GrantAdmin(ListPage, ScopedAdmin, ReadOnlyAdmin):
    rows_template = "admin/campaigns/grant/rows.html"
    page_template = "admin/campaigns/grant/page.html"
    list_filter = [
        *(CampaignOfPrizeFilter, StandingFilter, PrizeKindFilter, WonFilter),
        OfContactFilter,
    ]
    list_select_related = ["reward__campaign", "contact", "coupon"]
    ordering = ["-granted_at", "-pk"]
    search_fields = ["contact"]
    search_help_text = _("Name or phone of the contact, or the redeem code")
    counted_as = _("%(count)s prizes won")
    empty_title = _("Nothing was won yet")
    empty_hint = _("What participants win stands here, to be handed out.")
    empty_leads_to = ("admin:campaigns_campaign_changelist", _("To the campaigns"))

    def get_search_results(
        self, request: HttpRequest, rows: QuerySet, term: str
    ) -> tuple[QuerySet, bool]:
        term = searched_for(term)
        if not term:
            return rows, False
        if len(term) == CODE_LENGTH and term.isascii() and term.isalnum():
            return rows.filter(redeem_code=term.upper()), False
        return rows.filter(contact__in=people_called(request, term)), False

    def head(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "views_template": "admin/campaigns/grant/head.html",
            "hands_out": request.user.has_perm(HANDS_OUT),
            "takes_out": request.user.has_perm(TAKES_OUT),
            "asked": request.GET.urlencode(),
        }

    def rows(self, request: HttpRequest, found: list[Grant]) -> list[dict[str, Any]]:
        return [
            {
                "row": row,
                "tone": TONES[Grant.Status(row.status)],
                "waits": row.waits,
            }
            for row in found
        ]

    def page(self, request: HttpRequest, shown: Grant) -> dict[str, Any]:
        return {
            "title": shown.reward.name,
            "tone": TONES[Grant.Status(shown.status)],
            "hands_out": request.user.has_perm(HANDS_OUT),
            "is_sent": shown.reward.kind == Reward.Kind.PHYSICAL,
        }

    def get_urls(self) -> list:
        at, of = beside(self), of_one(self)
        return [
            at("deliver/", require_POST(self.deliver_many_view), "deliver_many"),
            at("export/", require_POST(self.export_view), "export"),
            of("deliver", require_POST(self.deliver_view), "deliver"),
            of("void", require_POST(self.void_view), "void"),
            of("address", require_POST(self.address_view), "address"),
            *super().get_urls(),
        ]

    def mine(self, request: HttpRequest, pk: int) -> Grant:
        if not request.user.has_perm(HANDS_OUT):
            raise PermissionDenied
        rows = self.get_queryset(request).select_related("reward__campaign", "contact")
        return get_object_or_404(rows, pk=pk)

    def deliver_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        grant = self.mine(request, pk)
        with shows_refusals(request):
            deliver(
                grant=grant,
                proof=request.POST.get("proof", ""),
                by=request.user,
                at=timezone.now(),
            )
            messages.success(request, _("It is handed out."))
        return redirect("admin:campaigns_grant_change", pk)

    def deliver_many_view(self, request: HttpRequest) -> HttpResponse:
        """Those that were ticked, with one proof for all."""
        if not request.user.has_perm(HANDS_OUT):
            raise PermissionDenied
        numbers = map(whole_number, request.POST.getlist("grant")[:AT_ONCE])
        grants = self.get_queryset(request).filter(pk__in=[n for n in numbers if n])
        with shows_refusals(request):
            done, failed = deliver_many(
                grants=grants.order_by("pk"),
                proof=request.POST.get("proof", ""),
                by=request.user,
                at=timezone.now(),
            )
            told = gettext("%(done)s handed out, %(failed)s were handed out before.")
            messages.success(request, told % {"done": done, "failed": failed})
        return redirect(self.back(request))

    def void_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        grant = self.mine(request, pk)
        with shows_refusals(request):
            void(
                grant=grant,
                why=request.POST.get("why", ""),
                by=request.user,
                at=timezone.now(),
            )
            messages.success(request, _("It is taken back; the stock has it again."))
        return redirect("admin:campaigns_grant_change", pk)

    def address_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Whole; that somebody looked is in the audit."""
        grant = self.mine(request, pk)
        address = show_address(grant=grant, by=request.user, at=timezone.now())
        if address is None:
            messages.error(request, _("The winner has not written an address yet."))
            return redirect("admin:campaigns_grant_change", pk)
        return self.change_view(request, str(pk), extra_context={"address": address})

    def export_view(self, request: HttpRequest) -> Any:
        """The winners of the list as it is filtered: no addresses, no phones."""
        if not request.user.has_perm(TAKES_OUT):
            raise PermissionDenied
        rows = self.listed(request, request.GET).select_related(
            "reward__campaign", "contact", "delivered_by"
        )[:EXPORTED]
        many = rows.count()
        if not many:
            messages.error(request, _("Nothing fits"))
            return redirect(self.back(request))
        with transaction.atomic():
            note(
                deed="winners_exported",
                by=request.user,
                at=timezone.now(),
                kind=Grant._meta.label_lower,
                after={"many": many},
            )
        answer = StreamingHttpResponse(
            as_csv(table_of(rows)), content_type="text/csv; charset=utf-8"
        )
        answer["Content-Disposition"] = 'attachment; filename="winners.csv"'
        return answer

    def back(self, request: HttpRequest) -> str:
        asked = request.GET.urlencode()
        return f"../?{asked}" if asked else "../"


def table_of(rows: QuerySet) -> Iterator[list[str]]:
    yield [
        str(title)
        for title in (
            *(_("campaign"), _("prize"), _("contact"), _("redeem code"), _("status")),
            *(_("won at"), _("delivered at"), _("delivered by"), _("proof")),
        )
    ]
    for row in rows:
        yield [
            row.reward.campaign.name,
            row.reward.name,
            row.contact.name if row.contact else "",
            row.redeem_code,
            str(row.get_status_display()),
            moment(row.granted_at),
            moment(row.delivered_at) if row.delivered_at else "",
            str(row.delivered_by or ""),
            row.proof,
        ]
