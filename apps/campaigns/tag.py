"""A campaign puts tags on whoever takes part, and on whoever wins something.

They go the tags' own way: our own at once, a company tag by a command to WeCom, on the
follow of the contact's owner or else the earliest that lasts. None is taken off again.
"""

from datetime import datetime

from django.db import transaction

from apps.campaigns.events import CampaignJoined, RewardGranted
from apps.campaigns.models import Campaign
from apps.contacts.models import Contact
from apps.events.models import EventRecord
from apps.tags.mark import first_of, is_own, open_follows, put_on_one
from apps.tags.models import Tag
from apps.tags.own import put_on

TAGS_OF = {CampaignJoined: "joined_tags", RewardGranted: "won_tags"}


@transaction.atomic
def put_tags_on(event: CampaignJoined | RewardGranted, *, at: datetime) -> None:
    campaign = Campaign.objects.filter(pk=event.campaign_id).first()
    contact = Contact.objects.filter(pk=event.contact_id or 0).first()
    if campaign is None or contact is None:
        return
    numbers = getattr(campaign, TAGS_OF[type(event)])
    standing = Tag.objects.filter(pk__in=numbers, deleted_at__isnull=True)
    tags = list(standing.select_related("group"))
    whose = contact.merged_into or contact
    follows = open_follows([whose.pk]).get(whose.pk, [])
    if follows:
        [follow] = first_of(follows, by=None, owner_id=whose.owner_id)
        put_on_one(follow=follow, tags=tags, at=at)
    else:
        own = [(whose.pk, tag.pk) for tag in tags if is_own(tag)]
        put_on(own, source=EventRecord.Source.SYSTEM, at=at)
