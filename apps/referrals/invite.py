"""Issue a personal invite to a campaign: asking twice gives the same.

Whoever asks takes part. Their invite hangs below the one by which they came into this
campaign, or is a root; that is written once. Nobody who has an invite is ever hung
below another, so there are no loops. How the door is made in WeCom says doors.py.
"""

import secrets
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from apps.campaigns.models import Campaign
from apps.campaigns.reward import take_part
from apps.channels.keep import LETTERS
from apps.common.turns import take_turns
from apps.contacts.models import Contact
from apps.referrals.doors import open_door
from apps.referrals.models import Invite, Referral

LENGTH = 10  # with the channel's state well below the thirty that WeCom takes
TRIES = 5


@transaction.atomic
def issue_invite(*, campaign: Campaign, contact: Contact, at: datetime) -> Invite:
    """The contact's own. May refuse as `take_part` does."""
    held = invite_of(campaign, contact)
    if held is not None:
        open_door(held, at=at)
        return held
    take_part(campaign=campaign, contact=contact, at=at)
    take_turns(f"invite:{campaign.pk}:{contact.pk}")
    held = invite_of(campaign, contact)
    if held is not None:
        return held
    invite = write_down(campaign, contact, at=at)
    open_door(invite, at=at)
    return invite


def invite_of(campaign: Campaign, contact: Contact) -> Invite | None:
    rows = Invite.objects.filter(campaign=campaign, contact=contact).order_by()
    for invite in rows:
        invite.campaign, invite.contact = campaign, contact
        return invite
    return None


def write_down(campaign: Campaign, contact: Contact, *, at: datetime) -> Invite:
    parent = came_by(campaign, contact)
    number = next_number()
    invite = Invite(
        pk=number,
        campaign=campaign,
        contact=contact,
        parent=parent,
        path=[*(parent.path if parent else ()), number],
        issued_at=at,
    )
    for tries in range(TRIES):
        invite.ref = new_ref()
        try:
            with transaction.atomic():
                invite.save(force_insert=True)
        except IntegrityError:
            if tries == TRIES - 1:
                raise
        else:
            break
    return invite


def came_by(campaign: Campaign, contact: Contact) -> Invite | None:
    """Also where it did not count; but nobody comes by themselves."""
    rows = Referral.objects.filter(campaign=campaign, contact=contact)
    referral = rows.exclude(invite__contact=contact).select_related("invite").first()
    return referral.invite if referral else None


def next_number() -> int:
    """The path of an invite ends with its own number."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('referrals_invite', 'id'))"
        )
        [number] = cursor.fetchone()
    return number


def new_ref() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
