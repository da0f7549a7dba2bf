"""Is a campaign fit to be launched? What is wrong, each at its field.

Problems forbid it, notices do not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext

from apps.campaigns.draw import OF
from apps.campaigns.kinds import kind_of, terms_of
from apps.campaigns.models import Campaign, Reward
from apps.campaigns.texts import PLACEHOLDERS, situations_of
from apps.common.problems import Problem, by_field
from apps.rules.compile import found_by
from apps.rules.tree import read

BRACES = re.compile(r"{([^{}]*)}")
LONGEST = timedelta(days=366)


@dataclass(kw_only=True)
class Check:
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)

    @property
    def by_field(self) -> dict[str, str]:
        return by_field(self.problems)


def check(campaign: Campaign, *, at: datetime) -> Check:
    found = Check()
    rewards = list(campaign.rewards.order_by("place"))
    found.problems += wrong_window(campaign, at)
    found.problems += wrong_door(campaign)
    found.problems += wrong_audience(campaign, at)
    found.problems += terms_of(campaign).problems()
    found.problems += wrong_prizes(campaign, rewards)
    found.problems += wrong_texts(campaign)
    found.notices += worth_a_look(campaign, rewards)
    return found


def wrong_window(campaign: Campaign, at: datetime) -> Iterator[Problem]:
    if campaign.ends_at <= at:
        yield Problem("ends_at", gettext("The end is past. Choose a later one."))
    elif campaign.ends_at - campaign.starts_at > LONGEST:
        yield Problem("ends_at", gettext("A campaign lasts a year at most."))


def wrong_door(campaign: Campaign) -> Iterator[Problem]:
    channel = campaign.channel
    if channel is None:
        why = gettext("Choose the channel code by which friends are added.")
        yield Problem("channel", why)
    elif not channel.is_published:
        words = gettext("The channel code %s is not published.")
        yield Problem("channel", words % channel.name)
    else:
        others = Campaign.objects.launched().filter(channel=channel)
        other = others.exclude(pk=campaign.pk).first()
        if other is not None:
            words = gettext("The campaign %s uses this channel code at the moment.")
            yield Problem("channel", words % other.name)


def wrong_audience(campaign: Campaign, at: datetime) -> Iterator[Problem]:
    segment = campaign.segment
    if segment is None:
        return
    rule = read(segment.rule) if segment.is_rule else None
    many = found_by(rule, at=at).many if rule else segment.many
    if many == 0:
        words = gettext("Nobody is in the segment %s: nobody could join.")
        yield Problem("segment", words % segment.name)


def wrong_prizes(campaign: Campaign, rewards: list[Reward]) -> Iterator[Problem]:
    if not rewards:
        yield Problem("prizes", gettext("There is nothing to win: add a prize."))
        return
    kind = kind_of(campaign)
    for place, reward in enumerate(rewards):
        at_field = f"prizes.{place}"
        if reward.initial == 0:
            yield Problem(f"{at_field}.initial", gettext("How many are there?"))
        if reward.kind == Reward.Kind.POINTS and not reward.points:
            yield Problem(f"{at_field}.points", gettext("How many points?"))
        if reward.kind == Reward.Kind.TEXT and not reward.text:
            yield Problem(f"{at_field}.text", gettext("What does the text say?"))
        if reward.kind == Reward.Kind.COUPON:
            codes = reward.codes.filter(grant__isnull=True).count()
            if codes < reward.left:
                words = gettext(
                    "The stock is %(stock)s, but there are %(codes)s codes."
                )
                why = words % {"stock": reward.left, "codes": codes}
                yield Problem(f"{at_field}.codes", why)
        if kind.has_helpers and kind.has_tiers and not reward.needed:
            why = gettext("How many helpers are needed?")
            yield Problem(f"{at_field}.needed", why)
        if campaign.kind == Campaign.Kind.BARGAIN:
            yield from wrong_bargain(campaign, reward, at_field)
    if kind.is_drawn:
        chances = sum(reward.weight for reward in rewards)
        if chances > OF:
            words = gettext("The chances come to %(sum)s of %(of)s.")
            yield Problem("prizes", words % {"sum": chances, "of": OF})
        elif chances == 0:
            yield Problem("prizes", gettext("No prize has a chance."))


def wrong_bargain(
    campaign: Campaign, reward: Reward, at_field: str
) -> Iterator[Problem]:
    helpers = terms_of(campaign).helpers
    if reward.needed != helpers:
        words = gettext("The lowest price is reached with %s helpers.")
        yield Problem(f"{at_field}.needed", words % helpers)


def wrong_texts(campaign: Campaign) -> Iterator[Problem]:
    for name in situations_of(campaign.kind):
        named = BRACES.findall(campaign.texts.get(name, ""))
        if unknown := [word for word in named if word not in PLACEHOLDERS]:
            words = gettext("{%s} is no placeholder.")
            yield Problem(f"texts.{name}", words % unknown[0])


def worth_a_look(campaign: Campaign, rewards: list[Reward]) -> Iterator[Problem]:
    kind = kind_of(campaign)
    for place, reward in enumerate(rewards):
        if reward.kind != Reward.Kind.COUPON:
            continue
        codes = reward.codes.filter(grant__isnull=True).count()
        if codes > reward.left:
            words = gettext("%(codes)s codes, but a stock of %(stock)s.")
            why = words % {"stock": reward.left, "codes": codes}
            yield Problem(f"prizes.{place}.codes", why)
    needed = [reward.needed for reward in rewards]
    if kind.has_tiers and kind.has_helpers and len(set(needed)) < len(needed):
        why = gettext("Two prizes need as many helpers: both are won together.")
        yield Problem("prizes", why)
    if kind.has_helpers and not campaign.settle_hours:
        why = gettext("A helper counts at once; who leaves again is deducted later.")
        yield Problem("settle_hours", why)
    if not campaign.rules.strip():
        yield Problem("rules", gettext("Nobody can read the rules: write them down."))
