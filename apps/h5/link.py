"""The personal address of a participant's page: whoever has it is taken for them.

It is their number and what only we can compute of it. It is another secret than the
number of their invite, which stands in a QR code for everybody to see. Taking it back
makes a new one; an old one then opens what everybody sees.
"""

import secrets
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from apps.audit.note import note
from apps.campaigns.models import Campaign, Participation
from apps.contacts.models import Contact
from apps.referrals.invite import issue_invite

LENGTH = 32  # of 64 characters that stand for four bits each
MOST = 60  # characters of a token


@transaction.atomic
def give_link(
    *, campaign: Campaign, contact: Contact, by: Any, at: datetime
) -> Participation:
    """The contact takes part from now on, with an invite and a page of their own. May
    refuse as `take_part` does."""
    invite = issue_invite(campaign=campaign, contact=contact, at=at)
    mine = held(campaign.pk, invite.contact_id)
    if not mine.secret:
        renew(mine)
        note(by=by, at=at, deed="gave_link", about=campaign, contact_id=contact.pk)
    return mine


@transaction.atomic
def take_link_back(
    *, campaign: Campaign, contact: Contact, by: Any, at: datetime
) -> Participation:
    """The old address is no longer theirs; there is a new one."""
    mine = held(campaign.pk, contact.pk)
    renew(mine)
    note(by=by, at=at, deed="renewed_link", about=campaign, contact_id=contact.pk)
    return mine


def held(campaign_id: int, contact_id: int) -> Participation:
    rows = Participation.objects.select_for_update(of=("self",))
    return rows.select_related("campaign").get(campaign=campaign_id, contact=contact_id)


def renew(mine: Participation) -> None:
    mine.secret = secrets.token_urlsafe(24)
    mine.save(update_fields=["secret"])


def token_of(mine: Participation) -> str:
    """Empty until a link was given."""
    return f"{mine.pk}-{proof_of(mine)}" if mine.secret else ""


def proof_of(mine: Participation) -> str:
    told = f"{mine.pk}:{mine.secret}"
    return salted_hmac("apps.h5", told, algorithm="sha256").hexdigest()[:LENGTH]


def address_of(mine: Participation) -> str:
    return reverse("h5-mine", args=[mine.campaign.slug, token_of(mine)])


def whose(campaign: Campaign, token: str) -> Participation | None:
    """Who takes part under this address; nobody, if it is wrong or was taken back."""
    number, _dash, proof = token[:MOST].partition("-")
    if not (number.isascii() and number.isdecimal()) or len(number) > 18:
        return None
    rows = Participation.objects.select_related("campaign", "contact")
    mine = rows.filter(pk=int(number), campaign=campaign).exclude(secret="").first()
    if mine is None or not constant_time_compare(proof, proof_of(mine)):
        return None
    return mine
