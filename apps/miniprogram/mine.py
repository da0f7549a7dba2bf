"""What helpers of one participant come to: the sum of their credits."""

from django.db.models import Sum

from apps.campaigns.models import Participation
from apps.referrals.models import Credit


def tally_of(mine: Participation) -> int:
    theirs = Credit.objects.filter(
        invite__campaign=mine.campaign_id, invite__contact=mine.contact_id
    )
    return theirs.aggregate(sum=Sum("points"))["sum"] or 0
