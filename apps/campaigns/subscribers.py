"""What campaigns listen for: entries by their code, their own prizes, paid orders."""

from collections.abc import Sequence

from django.utils import timezone

from apps.autotags.subscribers import add_scene
from apps.campaigns.events import (
    CampaignJoined,
    RewardDelivered,
    RewardGranted,
    RewardVoided,
)
from apps.campaigns.launch import close_without_stock
from apps.campaigns.models import Campaign, Reward, TeamMember
from apps.campaigns.remind import BY_HAND, ask_to_hand_out, nothing_left_to_hand_out
from apps.campaigns.reward import take_part
from apps.campaigns.scenes import JOINED, WON
from apps.campaigns.tag import TAGS_OF, put_tags_on
from apps.campaigns.team import settle_teams_of
from apps.channels.events import ChannelEntered
from apps.common.errors import Refused
from apps.contacts.models import Contact
from apps.events.bus import subscribe
from apps.orders.events import OrderPaid, OrderRefunded

for scene in (JOINED, WON):
    add_scene(scene)


def some_join_by_entry(events: Sequence[ChannelEntered]) -> list[bool]:
    channels = Campaign.objects.launched().filter(joins_by_entry=True)
    numbers = set(channels.values_list("channel", flat=True))
    return [event.channel_id in numbers for event in events]


def the_last_of_its_kind(events: Sequence[RewardGranted]) -> list[bool]:
    return [event.left == 0 for event in events]


def handed_out_by_people(
    events: Sequence[RewardGranted | RewardDelivered | RewardVoided],
) -> list[bool]:
    numbers = {event.reward_id for event in events}
    rewards = Reward.objects.filter(pk__in=numbers).order_by()
    by_hand = set(rewards.filter(kind__in=BY_HAND).values_list("pk", flat=True))
    return [event.reward_id in by_hand for event in events]


def of_campaigns_that_tag(
    events: Sequence[CampaignJoined | RewardGranted],
) -> list[bool]:
    named = TAGS_OF[type(events[0])]
    rows = Campaign.objects.filter(pk__in={event.campaign_id for event in events})
    tagging = set(rows.exclude(**{named: []}).order_by().values_list("pk", flat=True))
    return [event.campaign_id in tagging for event in events]


def of_members_of_teams(events: Sequence[OrderPaid | OrderRefunded]) -> list[bool]:
    numbers = {event.contact_id for event in events}
    theirs = TeamMember.objects.filter(contact__in=numbers - {None})
    buying = set(theirs.values_list("contact", flat=True))
    return [event.contact_id in buying for event in events]


@subscribe(ChannelEntered, only=some_join_by_entry)
def let_them_take_part(event: ChannelEntered) -> None:
    """Whoever comes by the code takes part, if the campaign says so. Whom it refuses is
    a friend all the same."""
    rows = Campaign.objects.launched().filter(
        channel=event.channel_id, joins_by_entry=True
    )
    campaign = rows.select_related("segment").first()
    contact = Contact.objects.filter(pk=event.contact_id or 0).first()
    if campaign is None or contact is None:
        return
    try:
        take_part(campaign=campaign, contact=contact, at=event.at)
    except Refused:
        return


@subscribe(RewardGranted, only=the_last_of_its_kind)
def end_with_the_stock(event: RewardGranted) -> None:
    close_without_stock(campaign_id=event.campaign_id, at=timezone.now())


@subscribe(RewardGranted, only=handed_out_by_people)
def ask_the_owner_to_hand_it_out(event: RewardGranted) -> None:
    ask_to_hand_out(grant_id=event.grant_id, at=timezone.now())


@subscribe(RewardDelivered, only=handed_out_by_people)
def it_is_handed_out(event: RewardDelivered) -> None:
    nothing_left_to_hand_out(grant_id=event.grant_id, at=timezone.now())


@subscribe(RewardVoided, only=handed_out_by_people)
def it_was_taken_back(event: RewardVoided) -> None:
    nothing_left_to_hand_out(grant_id=event.grant_id, at=timezone.now())


@subscribe(OrderPaid, only=of_members_of_teams)
def complete_their_team(event: OrderPaid) -> None:
    if event.contact_id is not None:
        settle_teams_of(contact_id=event.contact_id, at=timezone.now())


@subscribe(OrderRefunded, only=of_members_of_teams)
def look_who_has_paid(event: OrderRefunded) -> None:
    if event.contact_id is not None:
        settle_teams_of(contact_id=event.contact_id, at=timezone.now())


@subscribe(CampaignJoined, only=of_campaigns_that_tag)
@subscribe(RewardGranted, only=of_campaigns_that_tag)
def tag_them(event: CampaignJoined | RewardGranted) -> None:
    put_tags_on(event, at=timezone.now())
