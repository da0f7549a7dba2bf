"""A campaign is tried out before anybody sees it.

Somebody made up scans the code, takes part, and is helped by one friend after another.
It is played by the very functions that serve customers, in a transaction that is rolled
back: nobody is told, no prize and no code is used up, WeCom hears nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from apps.campaigns.bargain import price_for
from apps.campaigns.draw import OF, draw, draws_left, lay_down_chances
from apps.campaigns.join import join
from apps.campaigns.kinds import kind_of, terms_of
from apps.campaigns.models import Campaign, Grant, Participation
from apps.campaigns.reward import award_due, claim, counts_of, reached_by, take_part
from apps.campaigns.texts import say
from apps.common.errors import Refused
from apps.contacts.models import Contact
from apps.loyalty.points import earn

Kind = Campaign.Kind
MOST_STEPS = 40
TRIAL_DRAWS = 5
FRIEND = "李*"


@dataclass(frozen=True, kw_only=True)
class Step:
    """What happens, what is shown or said then, and what is won."""

    happens: str
    says: str = ""
    prizes: tuple[str, ...] = ()
    wrong: str = ""


def rehearse(campaign: Campaign, *, at: datetime) -> list[Step]:
    """Everything that would be seen, in order."""
    with transaction.atomic():
        steps = list(play(campaign, at=max(at, campaign.starts_at)))
        transaction.set_rollback(True)
    return steps


def play(campaign: Campaign, *, at: datetime) -> Iterator[Step]:
    campaign.status = Campaign.Status.LAUNCHED
    campaign.ends_at = max(campaign.ends_at, at.replace(year=at.year + 1))
    campaign.segment = None  # somebody made up is in none
    campaign.save()
    kind = kind_of(campaign)
    name = gettext("Somebody")
    contact = Contact.objects.create(name=name, added_at=at, kind=1)
    yield scanned(campaign)
    if kind.is_drawn:
        lay_down_chances(campaign, at=at)
    try:
        if kind.has_tiers:
            made = take_part(campaign=campaign, contact=contact, at=at)
        else:
            made = join(campaign=campaign, contact=contact, at=at)
    except Refused as refusal:
        yield Step(happens=gettext("takes part"), wrong=str(refusal))
        return
    yield Step(
        happens=gettext("takes part"),
        says=say(campaign, "joined", name=name),
        prizes=won_by(made, since=0),
    )
    if kind.has_helpers:
        yield from helped(made, name, at=at)
    if campaign.kind == Kind.POINTS_DRAW:
        yield from with_points(made, at=at)
    if campaign.kind == Kind.GROUP_BUY:
        yield from bought_together(made)
    yield Step(happens=gettext("comes when it is over"), says=say(campaign, "closed"))


def scanned(campaign: Campaign) -> Step:
    channel = campaign.channel
    if channel is None:
        why = gettext("Without a channel code nobody can come.")
        return Step(happens=gettext("scans the code"), wrong=why)
    words = gettext("The welcome of the channel code %s is sent in WeCom.")
    wrong = ""
    if not channel.is_published:
        wrong = gettext("The channel code %s is not published.") % channel.name
    return Step(
        happens=gettext("scans the code and becomes a friend"),
        says=words % channel.name,
        wrong=wrong,
    )


def helped(made: Participation, name: str, *, at: datetime) -> Iterator[Step]:
    campaign = made.campaign
    most = most_helpers(campaign)
    for tally in range(1, most + 1):
        last = newest_grant()
        award_due(participation=made, tally=tally, at=at)
        drawn = list(drawn_by(made, tally, at=at)) if kind_of(campaign).is_drawn else []
        chosen = claimable(made, tally, at=at)
        prizes = won_by(made, since=last)
        is_news = prizes or drawn or chosen or tally in (1, most)
        if is_news or most <= MOST_STEPS // 2:
            yield Step(
                happens=gettext("friend %s helps") % tally,
                says=" ".join([progress(made, name, tally), *chosen, *drawn]),
                prizes=prizes,
            )


def progress(made: Participation, name: str, tally: int) -> str:
    campaign = made.campaign
    values: dict[str, Any] = {"name": name, "friend": FRIEND, "helpers": tally}
    needed = sorted(r.needed for r in campaign.rewards.all() if r.needed > tally)
    upto = needed[0] if needed else most_helpers(campaign)
    values |= {"needed": upto, "missing": max(0, upto - tally)}
    if campaign.kind == Kind.BARGAIN:
        price = price_for(made, tally=tally)
        return say(campaign, "cut", price=f"¥{price / 100:,.2f}", **values)
    return say(campaign, "progress", **values)


def most_helpers(campaign: Campaign) -> int:
    terms = terms_of(campaign)
    if campaign.kind == Kind.LOTTERY:
        return min(terms.helps * min(3, terms.most), 100)
    each = [r.needed * r.per_person for r in campaign.rewards.all()]
    return min(max(each, default=0), 1000)


def claimable(made: Participation, tally: int, *, at: datetime) -> list[str]:
    """Where prizes are claimed: each is, as soon as it can be."""
    if made.campaign.award != Campaign.Award.CLAIMED:
        return []
    found, had = [], counts_of(made)
    for reward in made.campaign.rewards.order_by("needed", "place"):
        if had.get(reward.pk, 0) < reached_by(reward, tally):
            try:
                claim(reward=reward, participation=made, tally=tally, at=at)
            except Refused as refusal:
                found.append(f"{reward.name}: {refusal}")
            else:
                found.append(gettext("May claim %s.") % reward.name)
    return found


def drawn_by(made: Participation, tally: int, *, at: datetime) -> Iterator[str]:
    while draws_left(made, tally=tally):
        result = draw(participation=made, at=at, tally=tally)
        reward = result.reward
        outcome = reward.name if reward else say(made.campaign, "nothing")
        words = gettext("Draws number %(rolled)s of %(of)s: %(outcome)s")
        yield words % {"rolled": result.rolled, "of": OF, "outcome": outcome}


def with_points(made: Participation, *, at: datetime) -> Iterator[Step]:
    terms = terms_of(made.campaign)
    many = min(TRIAL_DRAWS, terms.a_day)
    earn(
        contact_id=made.contact_id,
        points=terms.points * many,
        key=f"rehearsal:{made.pk}",
        at=at,
    )
    for _number in range(many):
        last = newest_grant()
        result = draw(participation=made, at=at)
        reward = result.reward
        yield Step(
            happens=gettext("pays %s points for a draw") % terms.points,
            says="" if reward else say(made.campaign, "nothing"),
            prizes=won_by(made, since=last),
        )


def bought_together(made: Participation) -> Iterator[Step]:
    terms = terms_of(made.campaign)
    words = gettext("opens a team of %(size)s, open for %(hours)s hours")
    yield Step(
        happens=words % {"size": terms.size, "hours": terms.hours},
        says=say(made.campaign, "team", missing=terms.size - 1),
    )
    prizes = made.campaign.rewards.values_list("name", flat=True)
    yield Step(
        happens=gettext("%s have paid in time") % terms.size,
        says=say(made.campaign, "team_full"),
        prizes=tuple(prizes),
    )
    yield Step(
        happens=gettext("too few have paid in time"),
        says=say(made.campaign, "team_failed"),
    )


def newest_grant() -> int:
    return Grant.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def won_by(made: Participation, *, since: int) -> tuple[str, ...]:
    theirs = Grant.objects.live().filter(participation=made, pk__gt=since)
    return tuple(theirs.order_by("pk").values_list("reward__name", flat=True))
