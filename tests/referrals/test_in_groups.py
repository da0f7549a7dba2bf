"""Group referral: who is in one of the campaign's groups counts, whatever is heard
first."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.campaigns.keep import Prize, Told, keep
from apps.campaigns.launch import launch
from apps.campaigns.models import Campaign
from apps.channels.keep import keep as keep_channel
from apps.channels.keep import publish
from apps.contacts.models import Follow
from apps.groups.models import GroupChat
from apps.referrals.attribute import attribute
from apps.referrals.invite import issue_invite
from apps.referrals.models import Referral
from tests import make
from tests.channels.conftest import people  # noqa: F401 - a fixture
from tests.channels.doors import a_plan, hear
from tests.conftest import day
from tests.referrals.invites import (
    a_campaign,
    account,
    an_invite,
    comes_by,
    comes_to,
    referral_of,
)

Policy = Campaign.Deduction
Refused = Referral.Refused


@pytest.fixture
def group():
    return make.group_chat("福利群")


def an_invite_to(*groups, **more):
    told = {"kind": "group", "terms": {"groups": [each.pk for each in groups]}}
    return an_invite(a_campaign(**told, **more))


def is_in(group, helper, *, joined, left=None, left_by="self"):
    about = {"left_at": left, "left_by": left_by} if left else {}
    follow = Follow.objects.get(identity__contact=helper)
    make.stay(group, follow, joined_at=joined, scene=3, **about)
    attribute(contact_id=helper.pk, at=day(40))


@pytest.mark.django_db
class TestWhoCounts:
    def test_a_friend_alone_does_not_until_she_joins(self, group):
        invite = an_invite_to(group)
        helper = comes_by(invite, at=day(2))

        assert referral_of(helper, invite).refused == Refused.NO_GROUP
        assert comes_to(invite) == 0
        is_in(group, helper, joined=day(4))
        assert referral_of(helper, invite).refused == ""
        assert account(invite) == [("helped", 1, 1)]

    @pytest.mark.parametrize(
        ("left_by", "lines"),
        [
            # she left: it is taken back
            ("self", [("helped", 1, 1), ("left", 1, -1)]),
            ("gone", [("helped", 1, 1), ("left", 1, -1)]),
            # that was us, and not the inviter's fault
            ("removed", [("helped", 1, 1)]),
            ("dismissed", [("helped", 1, 1)]),
        ],
    )
    def test_leaving_the_group_is_taken_back(self, group, left_by, lines):
        invite = an_invite_to(group)
        helper = comes_by(invite, at=day(2))
        is_in(group, helper, joined=day(3), left=day(5), left_by=left_by)

        assert account(invite) == lines

    def test_it_is_not_where_nothing_is_deducted(self, group):
        invite = an_invite_to(group, deduction=Policy.NEVER)
        helper = comes_by(invite, at=day(2))
        is_in(group, helper, joined=day(3), left=day(5))

        assert account(invite) == [("helped", 1, 1)]

    def test_from_one_group_into_another_is_no_leaving(self, group):
        other = make.group_chat("二群")
        invite = an_invite_to(group, other)
        helper = comes_by(invite, at=day(2))
        is_in(group, helper, joined=day(3), left=day(6))
        is_in(other, helper, joined=day(5))

        assert comes_to(invite) == 1

    def test_other_groups_and_joining_too_late_are_nothing(self, group):
        invite = an_invite_to(group)
        helper, late = comes_by(invite, at=day(2)), comes_by(invite, at=day(3))
        is_in(make.group_chat("别的群"), helper, joined=day(4))
        is_in(group, late, joined=invite.campaign.ends_at + timedelta(seconds=1))

        assert {each.refused for each in Referral.objects.all()} == {Refused.NO_GROUP}

    def test_settling_is_reckoned_from_the_group(self, group):
        invite = an_invite_to(group, settle_hours=48)
        helper = comes_by(invite, at=day(2))
        is_in(group, helper, joined=day(9), left=day(10))

        assert comes_to(invite) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("newest_first", [False, True])
def test_the_story_over_callbacks(
    corp,
    wecom,
    people,  # noqa: F811
    work_off,
    newest_first,
):
    """One joins, one never does, one was in the group first, one leaves it again."""
    ann, ben, _cat = people
    at = timezone.now() - timedelta(days=5)
    opened = corp.do("group_create", chat_id="wrFuli", owner="ann", members=[])
    hear(wecom, opened)
    door = keep_channel(draft=a_plan(ann, ben), name="群裂变", by=None, at=at)
    door = publish(channel=door, by=None, at=at)
    work_off()
    told = Told(
        kind="group",
        name="群裂变",
        terms={"groups": [GroupChat.objects.get().pk]},
        channel_id=door.pk,
        starts_at=at,
        ends_at=at + timedelta(days=20),
        ends_without_stock=False,
        rules="邀请好友进群",
        prizes=(Prize(name="杯子", needed=2, initial=1),),
    )
    campaign = launch(campaign=keep(told=told, by=None, at=at), by=None, at=at)
    invite = issue_invite(campaign=campaign, contact=make.contact("王芳"), at=at)
    work_off()
    seconds = iter(range(int(timezone.now().timestamp()) - 9_000, 2**40, 60))

    def scans(who):
        about = {"state": invite.state, "external_userid": who}
        return corp.do("scan", at=next(seconds), **about)

    def does(act, who):
        return corp.do(act, at=next(seconds), chat_id="wrFuli", members=[who])

    news = [
        does("group_join", "wmFirst"),
        *map(scans, ("wmJoins", "wmNever", "wmFirst", "wmLeaves")),
        does("group_join", "wmJoins"),
        does("group_join", "wmLeaves"),
        does("group_leave", "wmLeaves"),
    ]
    for done in news[::-1] if newest_first else news:
        hear(wecom, done)
    work_off(newest_first=newest_first)

    rows = Referral.objects.values_list("contact__identities__value", "refused")
    refused = dict(rows.filter(contact__identities__kind="external"))
    assert refused["wmNever"] == Refused.NO_GROUP
    assert {refused[who] for who in ("wmFirst", "wmJoins")} == {""}
    assert comes_to(invite) == 2
