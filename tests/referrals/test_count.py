"""What a helper counts for the inviter, and against."""

import random
from datetime import timedelta
from itertools import pairwise
from typing import NamedTuple

import pytest

from apps.campaigns.models import Campaign
from apps.contacts.models import Contact, Follow
from apps.referrals.attribute import attribute, attribute_those_due
from apps.referrals.count import credits_due, spans_of
from apps.referrals.models import Credit, Delta, Referral
from tests import make
from tests.conftest import day
from tests.referrals.invites import (
    a_campaign,
    account,
    an_invite,
    comes_by,
    comes_to,
    referral_of,
)

HELPED, LEFT = "helped", "left"
NEVER = Campaign.Deduction.NEVER


class Stay(NamedTuple):
    """She came and left."""

    at: object
    left_at: object = None


CLOSES = day(20)


@pytest.mark.parametrize(
    ("stays", "spans"),
    [
        # still here
        ([Stay(day(1))], [(day(1), None)]),
        # left
        ([Stay(day(1), day(2))], [(day(1), day(2))]),
        # left when the account was closed: stayed
        ([Stay(day(1), CLOSES)], [(day(1), None)]),
        # left and came again
        ([Stay(day(1), day(2)), Stay(day(3))], [(day(1), day(2)), (day(3), None)]),
        # left one colleague and kept the other
        ([Stay(day(1), day(5)), Stay(day(3))], [(day(1), None)]),
        # left both
        ([Stay(day(1), day(5)), Stay(day(3), day(4))], [(day(1), day(5))]),
    ],
)
def test_while_she_stays_with_any_of_us(stays, spans):
    assert spans_of(stays, closes=CLOSES) == spans
    assert spans_of(stays[::-1], closes=CLOSES) == spans


@pytest.mark.parametrize(
    ("spans", "settle", "deducts", "looked_at", "lines", "settles_at"),
    [
        # at once
        ([(day(1), None)], 0, True, day(1), {HELPED: [1]}, None),
        # not before she has stayed long enough
        ([(day(1), None)], 24, True, day(1.9), {}, day(2)),
        # exactly then
        ([(day(1), None)], 24, True, day(2), {HELPED: [1]}, None),
        # left a breath before: never counted
        ([(day(1), day(1.99))], 24, True, day(9), {}, None),
        # left exactly then: counted, and against
        ([(day(1), day(2))], 24, True, day(9), {HELPED: [1], LEFT: [-1]}, None),
        # nothing is deducted
        ([(day(1), day(3))], 0, False, day(9), {HELPED: [1]}, None),
        # came again: once more
        (
            [(day(1), day(3)), (day(4), None)],
            0,
            True,
            day(9),
            {HELPED: [1, 1], LEFT: [-1]},
            None,
        ),
        # came again where nothing is deducted: once only
        ([(day(1), day(3)), (day(4), None)], 0, False, day(9), {HELPED: [1]}, None),
    ],
)
def test_what_is_due(spans, settle, deducts, looked_at, lines, settles_at):
    due = credits_due(
        spans, settle=timedelta(hours=settle), deducts=deducts, at=looked_at
    )

    found = {}
    for (kind, _number), line in sorted(due.lines.items()):
        found.setdefault(kind, []).append(line.points)
    assert (found, due.settles_at) == (lines, settles_at)


@pytest.mark.django_db
class TestRecount:
    def test_who_leaves_counts_against_and_who_was_dropped_does_not(self):
        invite = an_invite()
        comes_by(invite, at=day(2), left_at=day(3))
        dropped = Follow.EndedBy.EMPLOYEE
        comes_by(invite, at=day(4), left_at=day(5), ended_by=dropped)

        assert account(invite) == [
            ("helped", 1, 1),
            ("left", 1, -1),
            ("helped", 1, 1),
        ]

    def test_who_comes_again_counts_once_more_and_never_twice_at_once(self):
        invite = an_invite()
        ann = make.employee()
        helper = comes_by(invite, at=day(2), left_at=day(3), employee=ann)
        comes_by(invite, helper, at=day(4), employee=ann)
        assert comes_to(invite) == 1

        comes_by(invite, helper, at=day(5))

        assert comes_to(invite) == 1
        assert referral_of(helper, invite).left_at is None

    def test_whoever_must_stay_first_counts_by_the_clock(self):
        invite = an_invite(a_campaign(settle_hours=24))
        helper = comes_by(invite, at=day(2), work=False)
        gone = comes_by(invite, at=day(2), left_at=day(2.5), work=False)
        for who in (helper, gone):
            attribute(contact_id=who.pk, at=day(2.6))
        assert comes_to(invite) == 0

        attribute_those_due(at=day(2.99))
        assert comes_to(invite) == 0
        attribute_those_due(at=day(3))
        assert account(invite) == [("helped", 1, 1)]
        assert not Referral.objects.filter(settles_at__isnull=False).exists()

    def test_leaving_counts_until_the_account_is_closed(self):
        campaign = a_campaign(ends_at=day(10), keep_days=7)
        invite = an_invite(campaign)
        comes_by(invite, at=day(2), left_at=day(16.9))
        comes_by(invite, at=day(3), left_at=day(17))

        assert comes_to(invite) == 1

    def test_lines_are_added_and_never_changed(self):
        invite = an_invite()
        helper = comes_by(invite, at=day(2))
        before = list(Credit.objects.values())
        Follow.objects.update(ended_at=day(3), ended_by="contact")

        attribute(contact_id=helper.pk, at=day(40))

        assert [row for row in Credit.objects.values() if row in before] == before
        assert comes_to(invite) == 0


# --- the order of news ----------------------------------------------------------------

NAMES = ("ann", "ben", "cat")


def history_of(chance):
    """Some friends come by one of two invites, or by themselves, leave, come again."""
    found = []
    for friend in range(chance.randint(1, 2)):
        moments = sorted(chance.sample(range(48, 600), chance.choice([2, 4])))
        for began, ended in list(pairwise(moments))[::2]:
            door = chance.choice(["one", "one", "other", ""])
            by = chance.choice(["contact", "contact", "employee", ""])
            who = chance.choice(NAMES) + str(began)
            found.append((friend, door, who, began, ended if by else None, by))
    return found


def facts_of(history, chance):
    """Each beginning and end by itself, in whatever order, some of them twice."""
    facts = [("began", *each) for each in history]
    facts += [("ended", *each) for each in history if each[5]]
    facts += [each for each in facts if chance.random() < 0.3]
    chance.shuffle(facts)
    return facts


SEEDS = [pytest.param(n, marks=[pytest.mark.slow] if n > 5 else []) for n in range(60)]


@pytest.mark.django_db
@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_the_order_of_news_the_account_is_the_same(seed):
    chance = random.Random(seed)
    history = history_of(chance)
    rules = {
        "deduction": list(Campaign.Deduction)[seed % 3],
        "credited": chance.choice(list(Campaign.Credited)),
        "settle_hours": chance.choice([0, 30]),
        "new_friends_only": chance.random() < 0.5,
    }
    in_order = sorted(facts_of(history, chance), key=lambda f: (f[4], f[0]))
    outcomes = {
        frozenset(told(facts, rules).items())
        for facts in (in_order, facts_of(history, chance))
    }
    assert len(outcomes) == 1
    deltas = sum(Delta.objects.values_list("points", flat=True))
    assert deltas == sum(Credit.objects.values_list("points", flat=True))


def told(facts, rules):
    """What both accounts come to, line by line, after this news of new people."""
    campaign = a_campaign(**rules)
    invites = {name: an_invite(campaign) for name in ("one", "other")}
    states = {name: invite.state for name, invite in invites.items()}
    people: dict[int, Contact] = {}
    staff = {}
    for what, friend, door, who, began, ended, by in facts:
        helper = people.setdefault(friend, None) or make.contact()
        people[friend] = helper
        employee = staff.setdefault(who, None) or make.employee()
        staff[who] = employee
        rows = Follow.objects.filter(identity__contact=helper, employee=employee)
        follow = rows.first() or make.follow(
            helper, employee=employee, started_at=at(began), state=states.get(door, "")
        )
        if what == "ended":
            Follow.objects.filter(pk=follow.pk).update(ended_at=at(ended), ended_by=by)
        attribute(contact_id=helper.pk, at=day(60))
    return {
        (name, kind, number): points
        for name, invite in invites.items()
        for kind, number in {
            (line.kind, line.number) for line in Credit.objects.filter(invite=invite)
        }
        if (points := sum_of(invite, kind, number))
    }


def sum_of(invite, kind, number):
    lines = Credit.objects.filter(invite=invite, kind=kind, number=number)
    return sum(lines.values_list("points", flat=True))


def at(hours):
    return day(1, hour=hours)
