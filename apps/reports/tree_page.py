"""The page of the referral tree, drawn: from the top of a campaign or from one inviter
on. What hangs below a point is fetched when it is opened."""

from dataclasses import asdict
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from apps.campaigns.kinds import KINDS
from apps.campaigns.models import Campaign
from apps.common.addresses import beside, of_one
from apps.common.filters import whole_number
from apps.contacts.models import Contact
from apps.referrals.graph import chain_above
from apps.referrals.models import Invite
from apps.reports.tree import below, drawn_below, drawn_one, drawn_roots, roots

CHOICE = 50  # campaigns, the newest first
WITH_HELPERS = [name for name, kind in KINDS.items() if kind.has_helpers]


class Trees:
    """Brought into the door of attributions: its permission counts."""

    def get_urls(self) -> list:
        at, of = beside(self), of_one(self)
        return [
            at("tree/", require_safe(self.newest_view), "trees"),
            of("tree", require_safe(self.tree_view), "tree"),
            of("drawn", require_safe(self.drawn_view), "drawn"),
            *super().get_urls(),
        ]

    def newest_view(self, request: HttpRequest) -> HttpResponse:
        """Of the campaign in which somebody began to invite last."""
        latest = Invite.objects.select_related("campaign").order_by("-issued_at", "-pk")
        invite = latest.first()
        campaign = invite.campaign if invite else launched().first()
        return self.tree_of(request, campaign, None)

    def tree_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        campaign = get_object_or_404(Campaign, pk=pk)
        number = whole_number(request.GET.get("invite", ""))
        invite = None
        if number is not None:
            rows = Invite.objects.filter(campaign=campaign).visible_to(request.user)
            invite = get_object_or_404(rows.select_related("contact"), pk=number)
        return self.tree_of(request, campaign, invite)

    def drawn_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        """What hangs below the point of an invite."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        invite = Invite.objects.filter(pk=pk).first()
        if invite is None:
            raise Http404
        told = asdict(drawn_below(invite, user=request.user))
        return JsonResponse(told, headers={"Cache-Control": "no-store"})

    def tree_of(
        self, request: HttpRequest, campaign: Campaign | None, invite: Invite | None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        request.current_app = self.admin_site.name
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": gettext("Who brought whom"),
            "campaign": campaign,
            "invite": invite,
            "campaigns": launched()[:CHOICE],
        }
        if campaign is not None:
            context |= drawn(request, campaign, invite)
        return TemplateResponse(request, "admin/reports/tree.html", context)


def launched() -> QuerySet[Campaign]:
    """In which customers bring customers, the newest first."""
    rows = Campaign.objects.filter(kind__in=WITH_HELPERS).exclude(launched_at=None)
    return rows.order_by("-launched_at", "-pk")


def drawn(
    request: HttpRequest, campaign: Campaign, invite: Invite | None
) -> dict[str, Any]:
    """The same as a drawing and as a list."""
    invites = reverse("admin:referrals_invite_changelist")
    words = {
        "all": f"{invites}?campaign={campaign.pk}",
        "helpers": reverse("admin:referrals_referral_changelist"),
        "drawn": reverse("admin:reports_reckoning_drawn", args=[0]),
        "more": gettext("more …"),
        "direct": gettext("brought by themselves"),
        "total": gettext("brought in all"),
        "failed": gettext("This branch could not be read. Try again."),
    }
    user = request.user
    if invite is None:
        top = {"name": campaign.name, "person": "", "opens": True}
        branch, above = drawn_roots(campaign, user=user), []
        leaves = roots(campaign, user=user)
    else:
        top = drawn_one(invite, user=user)
        branch, above = drawn_below(invite, user=user), chain_above(invite)[::-1]
        leaves = below(invite, user=user)
    people = {row.contact_id for row in above}
    seen = Contact.objects.visible_to(user).filter(pk__in=people)
    return {
        "told": {**words, "top": {**top, "branch": asdict(branch)}},
        "is_empty": not branch.points,
        "leaves": leaves,
        "above": above,
        "seen": set(seen.values_list("pk", flat=True)) if people else set(),
    }
