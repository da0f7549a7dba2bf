"""Lotteries that anybody can check.

At the launch the chances of 10,000 are laid down with a secret, and the SHA-256 of the
secret is shown: the commitment. Draws are numbered for each participant, so nobody can
choose one. The seed of a draw is HMAC-SHA-256 of "<participation>:<key>" under the
secret; the SHA-256 of the seed, as a number, modulo 10,000 is what is rolled. Prizes
take up the numbers from 0 on, in the order of the table; beyond them nothing is won.
When the campaign is over the secret is shown, and whoever likes computes all anew.

A draw is paid by helpers ("help:3" is the third) or by points ("points:3").
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from apps.campaigns.join import refuse_unless_open
from apps.campaigns.kinds import LotteryTerms, PointsDrawTerms, terms_of
from apps.campaigns.models import Campaign, Draw, DrawTable, Participation, Reward
from apps.campaigns.reward import OutOfStock, WonAlready, grant
from apps.common.errors import Refused
from apps.common.sealing import seal, unseal
from apps.loyalty.points import hold, spend

OF = 10_000
HELP, POINTS = "help", "points"
Chances = Sequence[Sequence[int]]  # the number of a reward, its chance


class NoDrawLeft(Refused):
    """No draw is left. More helpers bring more draws."""

    code = "no_draw_left"


class EnoughForToday(Refused):
    """That is enough for today: come again tomorrow."""

    code = "enough_draws_today"


class NothingToDraw(Refused):
    """In this campaign nothing is drawn."""

    code = "nothing_to_draw"


# --- what anybody can compute ---------------------------------------------------------


def commitment_to(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def seed_of(secret: str, *, participation_id: int, key: str) -> str:
    name = f"{participation_id}:{key}"
    return hmac.new(secret.encode(), name.encode(), hashlib.sha256).hexdigest()


def rolled_with(seed: str) -> int:
    return int(hashlib.sha256(seed.encode()).hexdigest(), 16) % OF


def won_with(chances: Chances, rolled: int) -> int | None:
    """The number of the reward, or nothing."""
    upto = 0
    for reward_id, chance in chances:
        upto += chance
        if rolled < upto:
            return reward_id
    return None


def is_right(draw: Draw, *, secret: str = "") -> bool:
    """Do table, seed and result of a draw agree; and the secret, once it is known?"""
    if secret:
        seed = seed_of(secret, participation_id=draw.participation_id, key=draw.key)
        if seed != draw.seed:
            return False
    rolled = rolled_with(draw.seed)
    won = won_with(draw.table.chances, rolled)
    return rolled == draw.rolled and won == draw.reward_id


# --- laying down, and drawing ---------------------------------------------------------


def lay_down_chances(campaign: Campaign, *, at: datetime) -> DrawTable:
    """A new version; draws of the ones before keep theirs."""
    rows = campaign.rewards.filter(weight__gt=0).order_by("place")
    last = campaign.draw_tables.aggregate(last=Max("version"))["last"] or 0
    secret = secrets.token_hex(32)
    return DrawTable.objects.create(
        campaign=campaign,
        version=last + 1,
        chances=[[reward.pk, reward.weight] for reward in rows],
        secret=seal(secret),
        commitment=commitment_to(secret),
        made_at=at,
    )


def secret_of(table: DrawTable) -> str:
    """For drawing; shown to nobody before the campaign is over (see `shown_secret`)."""
    return unseal(table.secret)


def shown_secret(table: DrawTable) -> str:
    is_over = table.campaign.status == Campaign.Status.CLOSED
    return secret_of(table) if is_over else ""


def draws_left(participation: Participation, *, tally: int) -> int:
    """How many draws so many helpers still allow."""
    terms = terms_of(participation.campaign)
    if not isinstance(terms, LotteryTerms):
        return 0
    earned = min(terms.most, terms.free + max(tally, 0) // terms.helps)
    used = participation.draws.filter(key__startswith=f"{HELP}:").count()
    return max(0, earned - used)


def draw(*, participation: Participation, at: datetime, tally: int = 0) -> Draw:
    """The next one of this participant. Whether the prize is left is seen afterwards:
    what was drawn and is gone was drawn all the same."""
    campaign = participation.campaign
    refuse_unless_open(campaign, at=at)
    terms = terms_of(campaign)
    with transaction.atomic():
        contact_id = hold(participation.contact_id)
        if isinstance(terms, LotteryTerms):
            if not draws_left(participation, tally=tally):
                raise NoDrawLeft
            key = next_key(participation, HELP)
        elif isinstance(terms, PointsDrawTerms):
            if drawn_today(participation, at) >= terms.a_day:
                raise EnoughForToday
            key = next_key(participation, POINTS)
            spend(
                contact_id=contact_id,
                points=terms.points,
                key=f"draw:{participation.pk}:{key}",
                at=at,
                why=campaign.name,
            )
        else:
            raise NothingToDraw
        return roll(participation, key, at=at)


def next_key(participation: Participation, paid_by: str) -> str:
    mine = participation.draws.filter(key__startswith=f"{paid_by}:")
    return f"{paid_by}:{mine.count() + 1}"


def drawn_today(participation: Participation, at: datetime) -> int:
    day = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    return participation.draws.filter(at__gte=day).count()


def roll(participation: Participation, key: str, *, at: datetime) -> Draw:
    table = participation.campaign.draw_tables.order_by("-version").first()
    if table is None:
        raise NothingToDraw
    seed = seed_of(secret_of(table), participation_id=participation.pk, key=key)
    rolled = rolled_with(seed)
    number = won_with(table.chances, rolled)
    made = Draw(
        table=table,
        participation=participation,
        contact_id=participation.contact_id,
        key=key,
        seed=seed,
        rolled=rolled,
        reward_id=number,
        at=at,
    )
    if number is not None:
        reward = Reward.objects.get(pk=number)
        try:
            made.grant = grant(reward=reward, participation=participation, at=at)
        except (OutOfStock, WonAlready):
            made.grant = None
    made.save(force_insert=True)
    return made
