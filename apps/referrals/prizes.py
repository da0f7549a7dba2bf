"""What an inviter's tally is good for: prizes given, and taken back.

Called for each change of a tally, after it is committed, so that of many helpers at
once the last finds all of them; `award_due` gives each prize once. What is deducted
when helpers leave says the campaign's policy. A prize that was reached by helpers whom
a review voided is taken back whatever the policy, and comes again when the verdict is
changed.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from apps.campaigns.models import Participation
from apps.campaigns.reward import award_due, take_back_unreached
from apps.loyalty.points import hold
from apps.referrals.count import tally
from apps.referrals.models import Credit, Invite, Referral


@transaction.atomic
def settle(*, invite_id: int, at: datetime) -> None:
    invite = Invite.objects.select_related("campaign").filter(pk=invite_id).first()
    if invite is None:
        return
    rows = Participation.objects.filter(
        campaign=invite.campaign_id, contact=invite.contact_id
    )
    theirs = rows.select_related("campaign").first()
    if theirs is None:
        return
    hold(theirs.contact_id)
    if Referral.objects.filter(invite=invite, voided_at__isnull=False).exists():
        take_back_unreached(theirs, ever_reached(invite), at=at)
    award_due(participation=theirs, tally=tally(invite), at=at)


def ever_reached(invite: Invite) -> int:
    """Helpers who counted at some time, also those who left; but not those voided."""
    counted = Credit.objects.filter(
        invite=invite, kind=Credit.Kind.HELPED, number=1, referral__voided_at=None
    )
    return counted.order_by().aggregate(all=Sum("points"))["all"] or 0
