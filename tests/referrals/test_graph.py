"""Above, below, and who brought most: exact after each fold."""

import random
import threading

import pytest
from django.db import connection

from apps.contacts.forget import ask_to_erase, forget
from apps.referrals.graph import (
    chain_above,
    children_of,
    fold,
    leaderboard,
    rank_of,
    roots_of,
)
from apps.referrals.invite import issue_invite
from apps.referrals.models import Delta, Invite, Referral, Rung
from tests import make
from tests.conftest import day
from tests.referrals.invites import a_campaign, an_invite, comes_by, comes_to

# Down from each invite, by its parent alone.
RECOUNT = """
WITH RECURSIVE below (top, id) AS (
    SELECT id, id FROM referrals_invite
    UNION ALL
    SELECT below.top, invite.id FROM below
    JOIN referrals_invite AS invite ON invite.parent_id = below.id
), own AS (
    SELECT invite_id, sum(points) AS points FROM referrals_credit GROUP BY invite_id
)
SELECT invite.id, invite.direct, invite.total,
    coalesce((SELECT points FROM own WHERE invite_id = invite.id), 0),
    coalesce((SELECT sum(points) FROM below JOIN own ON invite_id = below.id
              WHERE below.top = invite.id), 0)
FROM referrals_invite AS invite
"""


def counters_are_exact() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(RECOUNT)
        rows = cursor.fetchall()
    rungs = dict(Rung.objects.exclude(many=0).values_list("value", "many"))
    totals = [row[2] for row in rows if row[2]]
    assert Rung.objects.filter(many__lt=0).count() == 0
    by_total = Rung.objects.filter(is_total=True).exclude(many=0)
    assert dict(by_total.values_list("value", "many")) == {
        value: totals.count(value) for value in totals
    }, rungs
    return all(row[1:3] == row[3:5] for row in rows)


@pytest.mark.django_db
class TestTree:
    def test_whoever_came_by_an_invite_is_hung_below_it(self):
        top = an_invite()
        helper = comes_by(top, at=day(2))
        middle = issue_invite(campaign=top.campaign, contact=helper, at=day(3))
        last = comes_by(middle, at=day(4))
        bottom = issue_invite(campaign=top.campaign, contact=last, at=day(5))

        assert bottom.path == [top.pk, middle.pk, bottom.pk]
        assert chain_above(bottom) == [middle, top]
        assert children_of(top) == [middle]
        assert roots_of(top.campaign) == [top]

    def test_who_has_an_invite_stays_where_they_are_so_there_is_no_loop(self):
        top = an_invite(a_campaign(new_friends_only=False, mutual_help=True))
        helper = comes_by(top, at=day(2))
        below = issue_invite(campaign=top.campaign, contact=helper, at=day(3))

        comes_by(below, top.contact, at=day(4))
        again = issue_invite(campaign=top.campaign, contact=top.contact, at=day(5))

        assert (again, again.parent, again.path) == (top, None, [top.pk])

    def test_nobody_hangs_below_themselves(self):
        me = make.contact()
        other, invite = an_invite(), None
        comes_by(other, me, at=day(2))
        Referral.objects.update(invite=other)
        Invite.objects.filter(pk=other.pk).update(contact=me)

        invite = issue_invite(campaign=a_campaign(), contact=me, at=day(3))

        assert invite.parent is None


@pytest.mark.django_db
class TestFold:
    @pytest.mark.parametrize("seed", range(2))
    def test_counters_are_those_of_a_recount_after_every_fold(self, seed):
        chance = random.Random(seed)
        campaign = a_campaign()
        invites = [an_invite(campaign) for _root in range(3)]
        for step in range(40):
            left_at = day(3) if chance.random() < 0.3 else None
            by = chance.choice(invites)
            helper = comes_by(by, at=day(2), left_at=left_at)
            if chance.random() < 0.6:
                invites.append(
                    issue_invite(campaign=campaign, contact=helper, at=day(3))
                )
            if step % 8 == 7:
                assert fold() > 0
                assert counters_are_exact()
        assert Delta.objects.count() == 0

    def test_a_fold_may_take_only_some(self):
        top = an_invite()
        for _time in range(3):
            comes_by(top, at=day(2))

        assert [fold(most=2) for _time in range(3)] == [2, 1, 0]
        assert counters_are_exact()

    def test_the_best_are_found_by_themselves_and_by_their_whole_tree(self):
        campaign = a_campaign()
        top, lone, idle = (an_invite(campaign) for _root in range(3))
        helper = comes_by(top, at=day(2))
        below = issue_invite(campaign=campaign, contact=helper, at=day(3))
        for of, many in ((below, 3), (lone, 2)):
            for _time in range(many):
                comes_by(of, at=day(4))
        fold()
        for each in (top, lone, idle, below):
            each.refresh_from_db()

        assert leaderboard(campaign) == [below, lone, top]
        assert leaderboard(campaign, whole_tree=True)[:2] == [top, below]
        assert rank_of(top, whole_tree=True) == (1, 4)
        assert rank_of(lone) == (2, 2)
        assert rank_of(idle) == (4, 0)
        assert below.direct == 3


@pytest.mark.django_db(transaction=True)
def test_sixteen_help_one_inviter_at_once_and_all_are_counted():
    invite = an_invite()
    helpers = [comes_by(invite, at=day(2), work=False) for _time in range(16)]

    def help(helper):
        from apps.referrals.attribute import attribute

        try:
            for _time in range(2):
                attribute(contact_id=helper.pk, at=day(3))
                fold()
        finally:
            connection.close()

    threads = [threading.Thread(target=help, args=(each,)) for each in helpers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fold()

    invite.refresh_from_db()
    assert (invite.direct, invite.total) == (16, 16)
    assert counters_are_exact()


@pytest.mark.django_db
class TestErased:
    @pytest.fixture
    def grown(self):
        """Two below the top; below the first a third, who brought friends."""
        top = an_invite()
        first = below(top)
        third = below(first)
        below(top)
        for _number in range(3):
            comes_by(third, at=day(5))
        comes_by(first, at=day(5))
        fold()
        return top, first, third

    @pytest.mark.parametrize("folded", [True, False])
    def test_without_an_inviter_counters_and_tree_are_those_of_a_recount(
        self, grown, folded
    ):
        top, first, third = grown
        comes_by(first, at=day(6))
        if folded:
            fold()
        erase(first.contact)
        fold()

        third.refresh_from_db()
        assert third.parent == top
        assert counters_are_exact()

    def test_whoever_invited_her_keeps_what_an_erased_helper_counted(self, grown):
        top, _first, third = grown
        before = comes_to(third)
        helper = third.referrals.first().contact
        erase(helper)
        fold()

        assert (comes_to(third), counters_are_exact()) == (before, True)
        assert third.credits.filter(referral=None).count() == 1
        top.refresh_from_db()
        assert top.total == 7


def below(invite: Invite) -> Invite:
    helper = comes_by(invite, at=day(2))
    return issue_invite(campaign=invite.campaign, contact=helper, at=day(3))


def erase(contact) -> None:
    asked = {"ground": "asked", "reference": "", "by": make.root(), "at": day(9)}
    forget(ask_to_erase(contact=contact, **asked))
