"""What referrals bring to the contact page: who brought her, and whom she brought."""

from typing import Any

from django.db.models import Sum
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE, MAIN, Look, theme
from apps.referrals.models import Credit, Invite, Referral
from apps.staff.models import User

SHOWN = 5

theme("referrals", title=_("Referrals"), looks={"TallyChanged": Look("diversity_3")})


@CONTACT_PAGE.panel(
    MAIN,
    order=45,
    title=_("Referrals"),
    template="admin/referrals/panel.html",
    permission="referrals.view_invite",
    later=True,
)
def referrals_of(contact: Contact, request: HttpRequest) -> dict[str, Any] | None:
    came = list(
        Referral.objects.filter(contact=contact)
        .select_related("campaign", "invite__contact")
        .order_by("-at", "-pk")[:SHOWN]
    )
    invites = list(
        Invite.objects.filter(contact=contact)
        .select_related("campaign")
        .order_by("-issued_at", "-pk")[:SHOWN]
    )
    if not came and not invites:
        return None
    sums = Credit.objects.filter(invite__in=invites).order_by()
    tallies = dict(sums.values_list("invite").annotate(all=Sum("points")))
    assert isinstance(request.user, User)
    people = {row.invite.contact_id for row in came}
    seen = Contact.objects.visible_to(request.user).filter(pk__in=people)
    return {
        "contact": contact,
        "came": came,
        "invites": [(invite, tallies.get(invite.pk, 0)) for invite in invites],
        "seen": set(seen.values_list("pk", flat=True)) if came else set(),
    }
