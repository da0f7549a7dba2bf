"""What campaigns bring to the contact page: in which the contact takes part, the link
to their own page to be sent to them, and their poster."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.audit import telling
from apps.campaigns.contact_panels import participations_of
from apps.campaigns.models import Campaign, Participation
from apps.common.admin import shows_refusals
from apps.common.filters import whole_number
from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE, MAIN
from apps.h5.link import address_of, give_link, take_link_back

SEES = "posters.view_poster"
telling.DEEDS.update(
    {
        "gave_link": _("made the link to their page of a campaign"),
        "renewed_link": _("made a new link in place of an old one"),
    }
)


@CONTACT_PAGE.panel(
    MAIN,
    order=24,
    title=_("Campaigns"),
    template="admin/h5/panel.html",
    permission=SEES,
    later=True,
)
def campaigns_of(contact: Contact, request: HttpRequest) -> dict[str, Any] | None:
    now = timezone.now()
    theirs = participations_of(contact)
    going_on = list(Campaign.objects.going_on(at=now).only("name")[:50])
    if not theirs and not going_on:
        return None
    there = {mine.campaign_id for mine in theirs if mine.secret}
    return {
        "contact": contact,
        "theirs": [
            (mine, request.build_absolute_uri(address_of(mine)) if mine.secret else "")
            for mine in theirs
        ],
        "others": [one for one in going_on if one.pk not in there],
    }


@CONTACT_PAGE.door("campaign-link", name="campaign_link", permission=SEES)
@require_POST
def link_view(request: HttpRequest, contact: Contact) -> HttpResponse:
    """They take part, and there is a link to be sent to them; or a new one."""
    number = whole_number(request.POST.get("campaign", ""))
    campaign = get_object_or_404(Campaign, pk=number or 0)
    asked = {
        "campaign": campaign,
        "contact": contact,
        "by": request.user,
        "at": timezone.now(),
    }
    with shows_refusals(request):
        if request.POST.get("do") == "renew":
            if not Participation.objects.filter(
                campaign=campaign, contact=contact
            ).exists():
                return redirect("admin:contacts_contact_change", contact.pk)
            take_link_back(**asked)
            messages.success(request, _("The old link opens nothing of theirs now."))
        else:
            give_link(**asked)
            messages.success(request, _("Copy the link below and send it to them."))
    return redirect("admin:contacts_contact_change", contact.pk)
