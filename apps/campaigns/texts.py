"""What is said in each situation: the texts of a campaign, or ours where it has none.

Of braces only the listed placeholders are replaced; whatever else stands in a text is
said as it is. Where each is shown stands in docs/handbook/campaigns.md.
"""

import re
from dataclasses import dataclass
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from apps.campaigns.kinds import kind_of
from apps.campaigns.models import Campaign

LONGEST = 300  # characters
PLACEHOLDERS: dict[str, Any] = {
    "name": _("name of the participant"),
    "friend": _("name of the helper, masked"),
    "campaign": _("name of the campaign"),
    "helpers": _("helpers so far"),
    "needed": _("helpers needed for the next prize"),
    "missing": _("helpers still missing"),
    "prize": _("name of the prize"),
    "code": _("redeem code or coupon code"),
    "price": _("price now"),
    "end": _("end of the campaign"),
}
NAMED = re.compile("{(" + "|".join(PLACEHOLDERS) + ")}")
EVERY = ""  # whatever the kind
HELPED = "helped"  # kinds with helpers
DRAWN = "drawn"
TEAM = "team"


@dataclass(frozen=True, kw_only=True)
class Situation:
    """When it is said, what we say by ourselves, and which kinds know it."""

    title: Any
    text: Any
    kinds: str = EVERY


SITUATIONS: dict[str, Situation] = {
    "joined": Situation(
        title=_("takes part"),
        text=_("{name}, you take part in {campaign}."),
    ),
    "share": Situation(
        title=_("is asked to share"),
        text=_("{needed} friends scan your code, and {prize} is yours."),
        kinds=HELPED,
    ),
    "progress": Situation(
        title=_("a friend has helped"),
        text=_("{friend} has helped you: {helpers} so far, {missing} to go."),
        kinds=HELPED,
    ),
    "won": Situation(
        title=_("a prize is won"),
        text=_("You have won {prize}. Redeem code: {code}"),
    ),
    "deducted": Situation(
        title=_("a helper has left"),
        text=_("{friend} is no longer your helper: {helpers} so far."),
        kinds=HELPED,
    ),
    "joined_again": Situation(
        title=_("takes part already"),
        text=_("You take part already: {helpers} helpers so far."),
        kinds=HELPED,
    ),
    "helped": Situation(
        title=_("to the helper: it counts"),
        text=_("You have helped {name}. Take part yourself!"),
        kinds=HELPED,
    ),
    "helped_before": Situation(
        title=_("to the helper: has helped before"),
        text=_("You have helped before; everybody helps once."),
        kinds=HELPED,
    ),
    "old_friend": Situation(
        title=_("to the helper: not a new friend"),
        text=_("You know us already: only new friends can help. Take part yourself!"),
        kinds=HELPED,
    ),
    "self": Situation(
        title=_("scans their own code"),
        text=_("This is your own code: send it to your friends."),
        kinds=HELPED,
    ),
    "cut": Situation(
        title=_("the price has fallen"),
        text=_("The price is {price} now, {missing} friends to go."),
        kinds="bargain",
    ),
    "nothing": Situation(
        title=_("nothing was drawn"),
        text=_("Nothing this time. Good luck with the next draw!"),
        kinds=DRAWN,
    ),
    "team": Situation(
        title=_("a team was opened or joined"),
        text=_("{missing} more and your team is complete."),
        kinds=TEAM,
    ),
    "team_full": Situation(
        title=_("the team is complete"),
        text=_("Your team is complete."),
        kinds=TEAM,
    ),
    "team_failed": Situation(
        title=_("the team was not complete in time"),
        text=_("Your team was not complete in time."),
        kinds=TEAM,
    ),
    "not_begun": Situation(
        title=_("has not begun yet"), text=_("{campaign} has not begun yet.")
    ),
    "full": Situation(title=_("has no room left"), text=_("As many take part as may.")),
    "not_in_audience": Situation(
        title=_("is for other customers"),
        text=_("{campaign} is for other customers."),
    ),
    "no_stock": Situation(title=_("nothing is left"), text=_("All prizes are won.")),
    "closed": Situation(
        title=_("is over"), text=_("{campaign} is over. Thank you for your help!")
    ),
}


def situations_of(kind: str) -> dict[str, Situation]:
    """Those that this kind of campaign knows."""
    of = kind_of(Campaign(kind=kind))
    known = {EVERY, kind}
    known |= {HELPED} if of.has_helpers else set()
    known |= {DRAWN} if of.is_drawn else set()
    known |= {TEAM} if kind == Campaign.Kind.GROUP_BUY else set()
    return {name: each for name, each in SITUATIONS.items() if each.kinds in known}


def text_of(campaign: Campaign, situation: str) -> str:
    """As it was written, placeholders and all."""
    told = campaign.texts.get(situation)
    return str(told or SITUATIONS[situation].text)


def say(campaign: Campaign, situation: str, **values: Any) -> str:
    """The text with what is known filled in; what is not known is left out."""
    known = {
        "campaign": campaign.name,
        "end": f"{localtime(campaign.ends_at):%m-%d %H:%M}",
        **values,
    }
    return NAMED.sub(
        lambda found: str(known.get(found[1], "")), text_of(campaign, situation)
    )
