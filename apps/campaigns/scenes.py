"""What campaigns bring to tag rules: took part, won a prize."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.events import CampaignJoined, RewardGranted
from apps.rules.fields import Option
from apps.segments.scenes import Scene, fact_in


def campaigns() -> Option:
    return fact_in(
        name="campaigns",
        fact="campaign_id",
        title=_("campaigns"),
        model="campaigns.campaign",
    )


JOINED = Scene(
    name="campaign_joined",
    title=_("took part in a campaign"),
    event=CampaignJoined,
    fact="participation_id",
    options=(campaigns(),),
)
WON = Scene(
    name="prize_won",
    title=_("won a prize"),
    event=RewardGranted,
    fact="grant_id",
    options=(campaigns(),),
)
