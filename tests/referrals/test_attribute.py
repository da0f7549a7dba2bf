"""Who gets the credit, and why somebody does not count."""

import pytest

from apps.campaigns.models import Campaign
from apps.contacts.merge import merge
from apps.contacts.unmerge import undo
from apps.referrals.attribute import attribute, attribute_those_due
from apps.referrals.models import Referral
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

pytestmark = pytest.mark.django_db
Why = Referral.Refused
FIRST, LAST = Campaign.Credited.FIRST, Campaign.Credited.LAST


@pytest.mark.parametrize(
    ("rule", "hours_later", "whose"),
    [
        # the first inviter, however soon another follows
        (FIRST, 1, "one"),
        # the last, while the window is open
        (LAST, 23, "other"),
        # exactly when it closes the first has her for good
        (LAST, 24, "one"),
    ],
)
def test_of_two_who_invited_her_the_rule_says_whose_she_is(rule, hours_later, whose):
    campaign = a_campaign(credited=rule, window_hours=24)
    invites = {"one": an_invite(campaign), "other": an_invite(campaign)}
    helper = comes_by(invites["one"], at=day(2))

    comes_by(invites["other"], helper, at=day(2, hour=9 + hours_later))

    assert referral_of(helper, invites["one"]).invite == invites[whose]
    tallies = {name: comes_to(invite) for name, invite in invites.items()}
    assert tallies == {"one": 0, "other": 0, whose: 1}


def test_whoever_was_a_friend_before_is_kept_but_does_not_count():
    invite = an_invite()
    helper = make.contact()
    make.follow(helper, started_at=day(1))

    comes_by(invite, helper, at=day(2))

    assert referral_of(helper, invite).refused == Why.OLD_FRIEND
    assert comes_to(invite) == 0


def test_an_old_friend_counts_where_the_campaign_is_for_all():
    invite = an_invite(a_campaign(new_friends_only=False))
    helper = make.contact()
    make.follow(helper, started_at=day(1))

    comes_by(invite, helper, at=day(2))

    assert comes_to(invite) == 1


def test_that_she_was_a_friend_before_may_be_heard_of_later():
    invite = an_invite()
    helper = comes_by(invite, at=day(2))
    make.follow(helper, started_at=day(1))

    attribute(contact_id=helper.pk, at=day(40))

    assert comes_to(invite) == 0
    assert account(invite) == [("helped", 1, 1), ("helped", 1, -1)]


def test_nobody_helps_themselves():
    me = make.contact()
    invite = an_invite(contact=me)

    comes_by(invite, me, at=day(2))

    assert referral_of(me, invite).refused == Why.SELF
    assert comes_to(invite) == 0


def test_nor_under_a_second_id_that_turns_out_to_be_theirs_until_it_does_not():
    me, also_me = make.contact(), make.contact()
    invite = an_invite(contact=me)
    comes_by(invite, also_me, at=day(2))
    assert comes_to(invite) == 1

    journal = merge(winner=me, loser=also_me, at=day(3))
    both(me, also_me)
    assert (comes_to(invite), referral_of(me, invite).refused) == (0, Why.SELF)

    undo(merge=journal, at=day(4))
    both(me, also_me)
    assert comes_to(invite) == 1


def both(*people):
    for who in people:
        attribute(contact_id=who.pk, at=day(40))
    while attribute_those_due(at=day(41)):
        continue


def test_two_of_one_person_who_both_helped_count_once_and_apart_again_twice():
    invite = an_invite()
    one, other = comes_by(invite, at=day(2)), comes_by(invite, at=day(3))
    assert comes_to(invite) == 2

    journal = merge(winner=one, loser=other, at=day(4))
    both(one, other)
    assert comes_to(invite) == 1

    undo(merge=journal, at=day(5))
    both(one, other)
    assert comes_to(invite) == 2


def test_helpers_of_an_inviter_who_was_somebody_else_are_those_of_both():
    campaign = a_campaign()
    one, other = an_invite(campaign), an_invite(campaign)
    comes_by(one, at=day(2))
    helper = comes_by(other, at=day(3))

    journal = merge(winner=one.contact, loser=other.contact, at=day(4))
    both(helper)
    assert (comes_to(one), comes_to(other)) == (2, 0)

    undo(merge=journal, at=day(5))
    both(helper)
    assert (comes_to(one), comes_to(other)) == (1, 1)


def test_help_for_each_other_counts_for_the_first_of_the_two():
    campaign = a_campaign(new_friends_only=False)
    one, other = an_invite(campaign), an_invite(campaign)
    comes_by(other, one.contact, at=day(3))
    comes_by(one, other.contact, at=day(2))
    both(one.contact, other.contact)

    assert (comes_to(one), comes_to(other)) == (1, 0)
    assert referral_of(one.contact, one).refused == Why.MUTUAL


def test_help_for_each_other_counts_where_the_campaign_allows_it():
    campaign = a_campaign(new_friends_only=False, mutual_help=True)
    one, other = an_invite(campaign), an_invite(campaign)
    comes_by(other, one.contact, at=day(3))
    comes_by(one, other.contact, at=day(2))

    assert (comes_to(one), comes_to(other)) == (1, 1)


def test_who_may_help_once_only_helps_in_the_first_campaign_she_came_to():
    once = Campaign.Helps.ONCE
    one = an_invite(a_campaign())
    other = an_invite(a_campaign(helps=once, new_friends_only=False))
    helper = comes_by(other, at=day(3))
    assert comes_to(other) == 1

    comes_by(one, helper, at=day(2))

    assert (comes_to(one), comes_to(other)) == (1, 0)
    assert referral_of(helper, other).refused == Why.HELPED_BEFORE


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        # a breath before it is launched
        (day(5, hour=8.999), False),
        # in its first moment
        (day(5), True),
        # in its last
        (day(6, hour=8.999), True),
        # when it is over
        (day(6), False),
    ],
)
def test_only_who_comes_while_it_is_open_counts(at, counts):
    campaign = a_campaign(launched_at=day(1), starts_at=day(1), ends_at=day(9))
    invite = an_invite(campaign)
    Campaign.objects.update(launched_at=day(5), closed_at=day(6))

    helper = comes_by(invite, at=at)

    assert comes_to(invite) == int(counts)
    assert referral_of(helper, invite).refused == ("" if counts else Why.CLOSED)


def test_telling_it_twice_counts_once():
    invite = an_invite()
    helper = comes_by(invite, at=day(2))

    attribute(contact_id=helper.pk, at=day(40))

    assert account(invite) == [("helped", 1, 1)]
