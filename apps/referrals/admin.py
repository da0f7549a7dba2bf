"""Invites, referrals and credits to read; signs of cheating to decide on."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.audit import telling
from apps.common.addresses import beside
from apps.common.admin import ReadOnlyAdmin, ScopedAdmin, shows_refusals
from apps.common.filters import searched_for, whole_number
from apps.common.listing import ListPage
from apps.contacts.models import Contact
from apps.contacts.of_contact import OfContactFilter, people_called
from apps.referrals.count import tally
from apps.referrals.doors import shown as shown_door
from apps.referrals.filters import (
    CameFilter,
    CampaignFilter,
    CampaignOfSignFilter,
    CreditKindFilter,
    OfInviteFilter,
    RefusedFilter,
    SignKindFilter,
    VerdictFilter,
)
from apps.referrals.graph import PAGE, chain_above, children_of, rank_of
from apps.referrals.models import Credit, Invite, Referral, Sign
from apps.referrals.review import decide, decide_alike, like
from apps.referrals.suspect import FLAGGED
from apps.referrals.words import seen_in_words

REVIEWS = "referrals.change_sign"
LISTED = 10
HELPERS = 50
TO_CAMPAIGNS = ("admin:campaigns_campaign_changelist", _("To the campaigns"))

telling.FIELDS.update({"verdict": _("verdict"), "helpers": _("helpers")})
telling.DEEDS.update(
    {
        "sign_accepted": _("accepted what looked like cheating"),
        "sign_voided": _("voided what looked like cheating"),
    }
)


class OfContacts(ListPage, ScopedAdmin, ReadOnlyAdmin):
    """A list that is searched for by whom it is of."""

    search_fields = ["contact"]
    search_help_text = _("Name or phone of the contact")
    whose = "contact"

    def get_search_results(
        self, request: HttpRequest, rows: QuerySet, term: str
    ) -> tuple[QuerySet, bool]:
        term = searched_for(term)
        if not term:
            return rows, False
        people = people_called(request, term)
        return rows.filter(**{f"{self.whose}__in": people}), False


def seen_by(request: HttpRequest, people: set[int]) -> set[int]:
    """Which of these contacts the visitor sees; of others no name is told."""
    seen = Contact.objects.visible_to(request.user).filter(pk__in=people)
    return set(seen.values_list("pk", flat=True))


@admin.register(Invite)
class InviteAdmin(OfContacts):
    rows_template = "admin/referrals/invite/rows.html"
    page_template = "admin/referrals/invite/page.html"
    list_filter = [CampaignFilter, OfContactFilter]
    list_select_related = ["campaign", "contact"]
    ordering = ["-issued_at", "-pk"]
    counted_as = _("%(count)s invites")
    empty_title = _("Nobody has invited yet")
    empty_hint = _("Whoever takes part in a campaign gets an invite of their own.")
    empty_leads_to = TO_CAMPAIGNS

    def rows(self, request: HttpRequest, found: list[Invite]) -> list[dict[str, Any]]:
        return [{"row": row, "flagged": row.suspicion >= FLAGGED} for row in found]

    def page(self, request: HttpRequest, shown: Invite) -> dict[str, Any]:
        page = whole_number(request.GET.get("page", "")) or 1
        below = children_of(shown, page, size=PAGE + 1)
        above = chain_above(shown)
        referrals = Referral.objects.filter(invite=shown).select_related("contact")
        last = list(referrals.order_by("-at", "-pk")[:LISTED])
        people = {row.contact_id for row in [*above, *below, *last]}
        return {
            "title": gettext("Invite of %s") % shown.contact,
            "door": shown_door(shown),
            "tally": tally(shown),
            "rank": rank_of(shown),
            "rank_of_all": rank_of(shown, whole_tree=True),
            "above": above[::-1],
            "below": below[:PAGE],
            "page": page,
            "has_more": len(below) > PAGE,
            "last": last,
            "credits": Credit.objects.filter(invite=shown).order_by("-at", "-pk")[
                :LISTED
            ],
            "signs": told(Sign.objects.filter(invite=shown))
            if request.user.has_perm("referrals.view_sign")
            else [],
            "seen": seen_by(request, people),
        }


def told(signs: Any) -> list[dict[str, Any]]:
    return [{"row": sign, "words": seen_in_words(sign)} for sign in signs]


@admin.register(Referral)
class ReferralAdmin(OfContacts):
    rows_template = "admin/referrals/referral/rows.html"
    list_filter = [
        *(CampaignFilter, RefusedFilter, CameFilter),
        *(OfContactFilter, OfInviteFilter),
    ]
    list_select_related = ["campaign", "contact", "invite__contact"]
    ordering = ["-at", "-pk"]
    counted_as = _("%(count)s referrals")
    empty_title = _("Nobody has come by an invite yet")
    empty_hint = _("Friends who add a colleague by somebody's invite stand here.")
    empty_leads_to = TO_CAMPAIGNS

    def rows(self, request: HttpRequest, found: list[Referral]) -> list[Any]:
        seen = seen_by(request, {row.invite.contact_id for row in found})
        return [
            {"row": row, "sees_inviter": row.invite.contact_id in seen} for row in found
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """A referral is looked at on the page of who came."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = self.get_queryset(request)
        row = get_object_or_404(rows, pk=whole_number(object_id))
        return redirect("admin:contacts_contact_change", row.contact_id)


@admin.register(Credit)
class CreditAdmin(OfContacts):
    rows_template = "admin/referrals/credit/rows.html"
    list_filter = [CreditKindFilter, CameFilter, OfInviteFilter]
    list_select_related = ["invite__contact", "invite__campaign", "referral__contact"]
    ordering = ["-at", "-pk"]
    whose = "invite__contact"
    counted_as = _("%(count)s credits")
    empty_title = _("Nothing was counted yet")
    empty_hint = _("Each helper who counts, or no longer does, is a line here.")
    empty_leads_to = TO_CAMPAIGNS

    def rows(self, request: HttpRequest, found: list[Credit]) -> list[Any]:
        helpers = {row.pk: row.referral.contact_id for row in found if row.referral}
        seen = seen_by(request, set(helpers.values()))
        return [
            {"row": row, "sees_helper": helpers.get(row.pk) in seen} for row in found
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = self.get_queryset(request)
        row = get_object_or_404(rows, pk=whole_number(object_id))
        return redirect("admin:referrals_invite_change", row.invite_id)


@admin.register(Sign)
class SignAdmin(OfContacts):
    rows_template = "admin/referrals/sign/rows.html"
    page_template = "admin/referrals/sign/page.html"
    list_filter = [VerdictFilter, CampaignOfSignFilter, SignKindFilter]
    list_select_related = ["invite__contact", "invite__campaign"]
    ordering = ["-at", "-pk"]
    whose = "invite__contact"
    counted_as = _("%(count)s signs")
    empty_title = _("Nothing looks like cheating")
    empty_hint = _(
        "What looks like cheating is shown here with its reasons. Nobody is blocked: "
        "you decide."
    )
    empty_leads_to = TO_CAMPAIGNS

    def rows(self, request: HttpRequest, found: list[Sign]) -> list[dict[str, Any]]:
        return told(found)

    def page(self, request: HttpRequest, shown: Sign) -> dict[str, Any]:
        numbers = shown.seen.get("referrals", [])
        rows = Referral.objects.filter(pk__in=numbers).select_related("contact")
        helpers = list(rows.order_by("at", "pk")[:HELPERS])
        return {
            "title": shown.get_kind_display(),
            "words": seen_in_words(shown),
            "helpers": helpers,
            "more": max(len(numbers) - HELPERS, 0),
            "seen": seen_by(request, {row.contact_id for row in helpers}),
            "others": like(shown, user=request.user).exclude(pk=shown.pk).count(),
            "reviews": request.user.has_perm(REVIEWS),
            "tally": tally(shown.invite),
        }

    def get_urls(self) -> list:
        at = beside(self)
        review = require_POST(self.review_view)
        return [at("<int:pk>/review/", review, "review"), *super().get_urls()]

    def review_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm(REVIEWS):
            raise PermissionDenied
        sign = get_object_or_404(self.get_queryset(request), pk=pk)
        verdict = request.POST.get("verdict", "")
        if verdict not in (Sign.Verdict.ACCEPTED, Sign.Verdict.VOIDED):
            return redirect("admin:referrals_sign_change", pk)
        told: dict[str, Any] = {"verdict": verdict, "by": request.user}
        with shows_refusals(request):
            at = timezone.now()
            if request.POST.get("alike"):
                many = decide_alike(sign=sign, at=at, **told)
                messages.success(request, _("%d signs are decided.") % many)
                return redirect("admin:referrals_sign_changelist")
            decide(sign=sign, at=at, **told)
            messages.success(request, _("Decided. Counts and prizes follow."))
        return redirect("admin:referrals_sign_change", pk)
