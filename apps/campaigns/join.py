"""A contact takes part, once, while the campaign is open to them and has room.

Whether there is room is asked by the statement that counts them in, so the cap holds
however many come at once, and nobody is let in after the campaign was closed. Who takes
part already does so, whatever became of the campaign since.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from apps.campaigns.events import CampaignJoined
from apps.campaigns.models import Campaign, Participation
from apps.common.errors import Refused
from apps.contacts.models import Contact
from apps.events.bus import record
from apps.events.models import EventRecord
from apps.rules.compile import describes
from apps.rules.tree import read
from apps.segments.models import Segment, SegmentContact


class CampaignNotBegun(Refused):
    """The campaign has not begun yet."""

    code = "campaign_not_begun"


class CampaignClosed(Refused):
    """The campaign is over."""

    code = "campaign_closed"


class NotInAudience(Refused):
    """This campaign is for other customers."""

    code = "not_in_audience"


class CampaignFull(Refused):
    """As many take part as may."""

    code = "campaign_full"


@transaction.atomic
def join(
    *,
    campaign: Campaign,
    contact: Contact,
    at: datetime,
    source: EventRecord.Source = EventRecord.Source.SYSTEM,
) -> Participation:
    contact_id = contact.merged_into_id or contact.pk
    mine = Participation.objects.filter(campaign=campaign, contact=contact_id)
    if known := mine.first():
        return known
    refuse_unless_open(campaign, at=at)
    if not is_in(campaign.segment, contact_id, at=at):
        raise NotInAudience
    made, is_new = Participation.objects.get_or_create(
        campaign=campaign, contact_id=contact_id, defaults={"joined_at": at}
    )
    if not is_new:
        return made
    if not count_in(campaign, at=at):
        now = Campaign.objects.get(pk=campaign.pk)
        refuse_unless_open(now, at=at)
        raise CampaignFull
    record(
        CampaignJoined(
            at=at,
            source=source,
            contact_id=contact_id,
            campaign_id=campaign.pk,
            participation_id=made.pk,
        )
    )
    return made


def refuse_unless_open(campaign: Campaign, *, at: datetime) -> None:
    if campaign.is_draft or (campaign.is_launched and at < campaign.starts_at):
        raise CampaignNotBegun
    if not campaign.is_open(at=at):
        raise CampaignClosed


def count_in(campaign: Campaign, *, at: datetime) -> bool:
    """Is there room for one more? If there is, it is taken."""
    room = Q(join_cap__isnull=True) | Q(joined__lt=F("join_cap"))
    rows = Campaign.objects.going_on(at=at).filter(room, pk=campaign.pk)
    return rows.update(joined=F("joined") + 1) == 1


def is_in(segment: Segment | None, contact_id: int, *, at: datetime) -> bool:
    """Asked of this one contact, by the rule as it stands now."""
    if segment is None:
        return True
    if segment.is_rule:
        return describes(read(segment.rule), contact_id, at=at)
    members = SegmentContact.objects.filter(segment=segment, contact=contact_id)
    return members.exists()
