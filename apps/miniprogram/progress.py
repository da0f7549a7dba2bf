"""How far a participant has come: who helps, what is reached, what it costs now."""

from collections import Counter
from typing import Any

from apps.campaigns.bargain import price_for
from apps.campaigns.draw import draws_left
from apps.campaigns.models import Campaign, Grant, Participation
from apps.campaigns.texts import say
from apps.referrals.count import tally
from apps.referrals.graph import rank_of
from apps.referrals.invite import invite_of


def tally_of(mine: Participation) -> int:
    """The truth, whatever is folded into counters."""
    invite = invite_of(mine.campaign, mine.contact)
    return tally(invite) if invite else 0


def progress_of(mine: Participation) -> dict[str, Any]:
    campaign = mine.campaign
    invite = invite_of(campaign, mine.contact)
    helpers = tally(invite) if invite else 0
    won = Counter(
        Grant.objects.live()
        .filter(contact=mine.contact_id, reward__campaign=campaign)
        .values_list("reward", flat=True)
    )
    prizes = [
        {
            "id": prize.pk,
            "name": prize.name,
            "needed": prize.needed,
            "left": prize.left,
            "reached": helpers >= prize.needed,
            "won": won[prize.pk],
        }
        for prize in campaign.rewards.order_by("needed", "place")
    ]
    bargains = campaign.kind == Campaign.Kind.BARGAIN
    return {
        "joined_at": mine.joined_at,
        "helpers": helpers,
        "rank": rank_of(invite).rank if invite and invite.direct else None,
        "price": price_for(mine, tally=helpers) if bargains else None,
        "draws_left": draws_left(mine, tally=helpers),
        "says": words_for(mine, prizes, helpers),
        "prizes": prizes,
    }


def words_for(mine: Participation, prizes: list[dict[str, Any]], helpers: int) -> str:
    """What is to be done for the next prize; with none ahead, that they take part."""
    ahead = next((prize for prize in prizes if not prize["reached"]), None)
    if ahead is None:
        return say(mine.campaign, "joined", name=mine.contact.name)
    needed = ahead["needed"]
    return say(
        mine.campaign,
        "share",
        needed=needed,
        missing=needed - helpers,
        helpers=helpers,
        prize=ahead["name"],
    )
