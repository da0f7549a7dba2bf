"""An inviter and her friends, over WeCom: what is counted, what is won, what stays."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.campaigns.keep import Prize, Told, keep
from apps.campaigns.launch import close, launch
from apps.campaigns.models import Campaign, Grant
from apps.channels.keep import keep as keep_channel
from apps.channels.keep import publish
from apps.contacts.merge import merge
from apps.contacts.models import Contact
from apps.referrals.attribute import attribute_those_due
from apps.referrals.invite import issue_invite
from apps.referrals.models import Referral
from tests import make
from tests.channels.conftest import people  # noqa: F401 - a fixture
from tests.channels.doors import a_plan, hear
from tests.referrals.invites import comes_to

pytestmark = pytest.mark.django_db(transaction=True)
Policy = Campaign.Deduction


def launched(who, work_off, deduction):
    at = timezone.now() - timedelta(days=5)
    door = keep_channel(draft=a_plan(*who), name="老带新", by=None, at=at)
    door = publish(channel=door, by=None, at=at)
    work_off()
    told = Told(
        kind="referral",
        name="老带新",
        prizes=(Prize(name="杯子", needed=2, initial=1),),
        channel_id=door.pk,
        starts_at=at,
        ends_at=at + timedelta(days=20),
        ends_without_stock=False,
        deduction=deduction,
        rules="邀请好友",
    )
    return launch(campaign=keep(told=told, by=None, at=at), by=None, at=at)


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize(
    ("deduction", "tally", "cup"),
    [
        # a helper who leaves costs nothing
        (Policy.NEVER, 2, "granted"),
        # it is deducted, and what is won stays
        (Policy.BEFORE_AWARD, 1, "granted"),
        # it is deducted, and what is won goes
        (Policy.UNLESS_DELIVERED, 1, "voided"),
    ],
)
def test_friends_old_fleeting_and_herself(
    corp,
    wecom,
    people,  # noqa: F811
    work_off,
    deduction,
    tally,
    cup,
    newest_first,
):
    ann, ben, _cat = people
    campaign = launched([ann, ben], work_off, deduction)
    me = make.contact("王芳")
    now = timezone.now()
    invite = issue_invite(campaign=campaign, contact=me, at=now)
    work_off()
    seconds = iter(range(int(now.timestamp()) - 100_000, int(now.timestamp())))
    long_ago = int(now.timestamp()) - 200_000
    old = {"userid": "cat", "external_userid": "wmOld", "name": "老友"}
    hear(wecom, corp.do("add", at=long_ago, **old))
    work_off()

    def scans(who):
        about = {"state": invite.state, "external_userid": who}
        return corp.do("scan", at=next(seconds), **about)

    came = {who: scans(who) for who in ("wmOne", "wmTwo", "wmMe", "wmOld")}
    news = list(came.values())
    left = corp.do("customer_leaves", **pair(came["wmTwo"]))
    for done in [left, *news[::-1]] if newest_first else [*news, left]:
        hear(wecom, done)
    work_off(newest_first=newest_first)
    herself = Contact.objects.get(identities__value="wmMe")
    assert not herself.helped.get().refused  # nobody knows yet who she is

    close(campaign=campaign, by=None, at=timezone.now())
    merge(winner=me, loser=herself, at=timezone.now())
    work_off()
    attribute_those_due(at=timezone.now())
    work_off()

    refused = dict(
        Referral.objects.values_list("contact__identities__value", "refused")
    )
    assert refused["wmOld"] == Referral.Refused.OLD_FRIEND
    assert refused["wmMe"] == Referral.Refused.SELF
    assert comes_to(invite) == tally
    [won] = Grant.objects.all()
    assert (won.contact, won.reward.initial) == (me, 1)
    assert won.status == cup
    campaign.refresh_from_db()
    reward = campaign.rewards.get()
    assert reward.left == reward.initial - (won.status != "voided")


def pair(done):
    return {"userid": done["userid"], "external_userid": done["external_userid"]}
