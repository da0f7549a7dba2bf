"""Group referral: a helper counts while she is in one of the campaign's groups.

She must have come into one of them before the campaign is over, before or after she
came by the invite. Whoever goes from one of the groups to another stays. When she was
removed, or the group was dismissed, the inviter is not to blame.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from apps.campaigns.kinds import terms_of
from apps.campaigns.models import Campaign
from apps.groups.models import Stay

BY_US = (Stay.LeftBy.REMOVED, Stay.LeftBy.DISMISSED)


class InGroup(NamedTuple):
    """While she was in one group, as far as the inviter is concerned."""

    at: datetime
    left_at: datetime | None


def asks_for_groups(campaign: Campaign) -> bool:
    return campaign.kind == Campaign.Kind.GROUP


def stays_in(campaign: Campaign, contact_id: int) -> Sequence[InGroup]:
    """Hers in the campaign's groups, of those that she came into in time."""
    rows = Stay.objects.filter(
        group__in=terms_of(campaign).groups,
        identity__contact=contact_id,
        joined_at__lt=campaign.ended_at,
    )
    return [
        InGroup(stay.joined_at, None if stay.left_by in BY_US else stay.left_at)
        for stay in rows.only("joined_at", "left_at", "left_by")
        if stay.left_at is None or stay.left_at > stay.joined_at
    ]
