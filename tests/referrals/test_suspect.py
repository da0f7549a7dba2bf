"""Signs of cheating: found by kind and strength, and seldom seen in the honest."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db.models import Sum

from apps.referrals.attribute import attribute_those_due
from apps.referrals.graph import fold
from apps.referrals.models import Referral, Sign
from apps.referrals.review import decide, decide_alike
from apps.referrals.suspect import (
    FLAGGED,
    Helper,
    Picture,
    look_at,
    look_at_those_changed,
    signs_of,
    suspicion_of,
)
from apps.referrals.traces import tell_traces
from tests import make
from tests.conftest import day
from tests.referrals.cheats import KINDS, STRENGTHS, Inviter, World
from tests.referrals.invites import a_campaign, account, an_invite, comes_by, comes_to

MOST_HONEST = 0.02  # who may be flagged
SEEDS = [pytest.param(n, marks=[pytest.mark.slow] if n else []) for n in (0, 1, 2)]


def picture(of: Inviter) -> Picture:
    return Picture(
        helpers=[
            Helper(
                referral_id=number,
                at=friend.at,
                left_at=friend.left_at,
                traces=frozenset(
                    {
                        ("device", friend.device.encode()),
                        ("address", friend.address.encode()),
                    }
                ),
                is_in_ring=friend.in_ring,
            )
            for number, friend in enumerate(of.friends)
        ],
        traces=frozenset(
            {("device", of.device.encode()), ("address", of.address.encode())}
        ),
        silent_for=None if of.silent_days is None else timedelta(of.silent_days),
    )


def is_flagged(of: Inviter) -> bool:
    return suspicion_of(signs_of(picture(of))) >= FLAGGED


def figures(seed: int, *, honest: int, each: int) -> tuple[float, dict]:
    """What share of the honest is flagged, and what share of each kind and strength."""
    world = World(1_000 + seed)
    wrong = sum(map(is_flagged, world.honest(honest)))
    found: Counter = Counter()
    for cheat in world.cheats(each):
        found[cheat.cheat, cheat.strength] += is_flagged(cheat)
    share = {
        (kind, strength): found[kind, strength] / each
        for kind in KINDS
        for strength in STRENGTHS
    }
    return wrong / honest, share


@pytest.mark.parametrize("seed", SEEDS)
def test_every_strong_cheat_is_found_and_hardly_anybody_honest(seed):
    honest, found = figures(seed, honest=5_000, each=40)

    assert honest <= MOST_HONEST
    assert {kind: found[kind, 1.0] for kind in KINDS} == dict.fromkeys(KINDS, 1.0)
    for kind in KINDS:  # the stronger the likelier
        assert found[kind, 0.25] <= found[kind, 0.5] + 0.1 <= found[kind, 1.0] + 0.1


@pytest.mark.django_db
class TestReview:
    def test_what_is_new_is_looked_at_and_shown_with_its_reason(self):
        invite = cheated()

        [sign] = Sign.objects.filter(kind="same_device")
        assert sign.seen["on_one_device"] == 4
        assert len(sign.seen["referrals"]) == 4
        invite.refresh_from_db()
        assert invite.suspicion >= FLAGGED
        assert look_at_those_changed(at=day(51)) == 0

    def test_voiding_takes_away_and_accepting_brings_back(self):
        invite, boss = cheated(), make.root()
        sign = Sign.objects.get(kind="same_device")
        assert comes_to(invite) == 5

        decide(sign=sign, verdict="voided", by=boss, at=day(51))
        assert comes_to(invite) == 1
        assert ("voided", 1, -1) in account(invite)
        refused = Referral.objects.filter(refused=Referral.Refused.SUSPECT)
        assert refused.count() == 4

        decide(sign=sign, verdict="accepted", by=boss, at=day(52))
        assert comes_to(invite) == 5
        invite.refresh_from_db()
        assert invite.suspicion < FLAGGED

    def test_the_same_is_said_of_all_like_it(self):
        campaign = a_campaign()
        invites = [cheated(campaign), cheated(campaign)]
        sign = Sign.objects.filter(kind="same_device").first()

        assert (
            decide_alike(sign=sign, verdict="voided", by=make.root(), at=day(51)) == 2
        )
        attribute_those_due(at=day(52))

        assert [comes_to(invite) for invite in invites] == [1, 1]

    def test_a_verdict_stands_until_more_is_seen(self):
        invite = cheated()
        sign = Sign.objects.get(kind="same_device")
        decide(sign=sign, verdict="accepted", by=make.root(), at=day(51))

        look_at(invite, at=day(52))
        sign.refresh_from_db()
        assert sign.verdict == "accepted"

        for _more in range(4):
            on_a_device(invite)
        look_at(invite, at=day(53))
        sign.refresh_from_db()
        assert sign.verdict == ""

    def test_counts_of_voided_helpers_are_folded_like_all(self):
        invite = cheated()
        sign = Sign.objects.get(kind="same_device")
        decide(sign=sign, verdict="voided", by=make.root(), at=day(51))
        fold()

        invite.refresh_from_db()
        assert (invite.direct, invite.total) == (1, 1)
        total = invite.credits.order_by().aggregate(all=Sum("points"))["all"]
        assert total == 1


def on_a_device(invite, device="phone"):
    helper = comes_by(invite, at=day(2, hour=9 + next(make.number) % 50))
    tell_traces(campaign=invite.campaign, contact=helper, device=device, at=day(3))


def cheated(campaign=None):
    """Four helpers on one device, and one who is none of them."""
    invite = an_invite(campaign)
    device = f"phone{invite.pk}"
    for _time in range(4):
        on_a_device(invite, device)
    comes_by(invite, at=day(9))
    fold()
    look_at_those_changed(at=day(50, hour=24 * 365))
    return invite
