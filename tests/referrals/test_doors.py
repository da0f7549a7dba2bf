"""The personal door of an invite, here and in the sandbox corp."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.channels.keep import keep, publish
from apps.channels.models import Quota
from apps.channels.settle_unknown import settle_unknown
from apps.referrals.attribute import attribute_those_due
from apps.referrals.doors import give_back_codes, shown
from apps.referrals.invite import issue_invite
from apps.referrals.models import Invite
from apps.sync.reconcile import check, mend
from apps.wecom.models import Command
from tests import make
from tests.channels.conftest import people  # noqa: F401 - a fixture
from tests.channels.doors import a_plan, hear
from tests.conftest import day
from tests.referrals.invites import a_campaign, a_channel, an_invite, comes_to

MAKE = "externalcontact.add_contact_way"


def asked(call: str = MAKE):
    return Command.objects.filter(call=call, about__has_key="invite")


@pytest.mark.django_db
class TestDoor:
    def test_asking_twice_gives_the_same_and_asks_wecom_once(self):
        campaign, me = a_campaign(), make.contact()

        first = issue_invite(campaign=campaign, contact=me, at=day(2))
        again = issue_invite(campaign=campaign, contact=me, at=day(2.5))

        assert (again, asked().count()) == (first, 1)
        said = asked().get().arguments
        assert said["state"] == first.state
        assert len(said["state"]) <= 30
        assert said["user"] == campaign.channel.held["user"]
        assert not asked().get().about.keys() - {"invite", "people"}

    def test_into_a_link_leads_its_address_without_any_call(self):
        link = a_channel(kind="link", qr_text="https://work.weixin.qq.com/ca/x?a=b")
        link.qr_text = f"https://work.weixin.qq.com/ca/x?customer_channel={link.state}"
        link.save()
        invite = an_invite(a_campaign(channel=link))

        door = shown(invite)

        assert (asked().count(), door.is_own) == (0, True)
        assert door.text == (
            f"https://work.weixin.qq.com/ca/x?customer_channel={invite.state}"
        )

    def test_without_a_code_of_its_own_it_says_so_and_shows_the_campaigns(self):
        from apps.referrals.doors import refused

        channel = a_channel(qr_code="https://q/campaign")
        invite = an_invite(a_campaign(channel=channel), at=day(2))
        refused(errcode=41045, about={"invite": invite.pk}, called_at=day(2))
        Command.objects.update(status="done")
        invite.refresh_from_db()
        assert invite.trouble == Invite.Trouble.QUOTA
        assert shown(invite) == ("https://q/campaign", "", False)

        issue_invite(campaign=invite.campaign, contact=invite.contact, at=day(2))
        assert asked().count() == 1
        later = day(2) + timedelta(hours=1)
        issue_invite(campaign=invite.campaign, contact=invite.contact, at=later)
        assert asked().count() == 2


def published(who):
    at = timezone.now() - timedelta(days=1)
    made = keep(draft=a_plan(*who), name="老带新", by=None, at=at)
    return publish(channel=made, by=None, at=at)


@pytest.fixture
def running(corp, wecom, people, work_off):  # noqa: F811
    """A campaign that runs since yesterday, with two of the colleagues at its door."""
    mend()
    channel = published(people[:2])
    work_off()
    channel.refresh_from_db()
    begun = timezone.now() - timedelta(days=1)
    return a_campaign(
        channel=channel,
        starts_at=begun,
        launched_at=begun,
        ends_at=timezone.now() + timedelta(days=9),
    )


def invited(campaign, work_off):
    invite = an_invite(campaign, at=timezone.now())
    work_off()
    invite.refresh_from_db()
    return invite


@pytest.mark.django_db(transaction=True)
class TestInWecom:
    def test_whoever_scans_it_is_an_entry_and_a_referral(
        self, corp, wecom, running, work_off
    ):
        invite = invited(running, work_off)
        assert (invite.qr_code != "", invite.held != []) == (True, True)

        hear(wecom, corp.do("scan", state=invite.state, name="朋友"))
        work_off()

        assert comes_to(invite) == 1
        assert running.channel.entries.count() == 1
        assert check().differences == {}

    def test_when_somebody_leaves_her_codes_lead_to_those_who_stay(
        self, corp, wecom, running, work_off
    ):
        invite = invited(running, work_off)
        [gone] = invite.held

        hear(wecom, corp.do("employee_resign", userid=gone))
        work_off()

        invite.refresh_from_db()
        assert invite.held and gone not in invite.held
        told = corp.value(
            "SELECT users FROM contact_way WHERE config_id = ?", invite.config_id
        )
        assert gone not in told

    def test_codes_that_drifted_are_reported_and_mended(self, corp, running, work_off):
        """One was deleted by another program, one that was given back is there."""
        lost, left, fine = (invited(running, work_off) for _number in range(3))
        long_ago = timezone.now() - timedelta(hours=2)
        Invite.objects.update(asked_at=long_ago)
        Invite.objects.filter(pk=left.pk).update(removed_at=long_ago)
        with corp.changing():
            corp.run("DELETE FROM contact_way WHERE config_id = ?", lost.config_id)

        found = {each.subject: each.kind for each in check().pull.differences.all()}
        assert found == {lost.ref: "missing_there", left.ref: "missing_here"}
        mend()
        work_off()

        gone = "SELECT count(*) FROM contact_way WHERE config_id = ?"
        assert corp.value(gone, left.config_id) == 0
        made = Invite.objects.get(pk=lost.pk)
        assert made.config_id not in ("", lost.config_id)
        assert Invite.objects.get(pk=fine.pk).config_id == fine.config_id
        assert check().differences == {}

    def test_afterwards_codes_are_given_back(self, corp, wecom, running, work_off):
        invite = invited(running, work_off)
        used = Quota.objects.get().used if Quota.objects.exists() else 0
        over = timezone.now() - timedelta(days=8)
        Campaign.objects.update(starts_at=over - timedelta(days=9), ends_at=over)

        assert give_back_codes(at=timezone.now()) == 1
        assert give_back_codes(at=timezone.now()) == 0
        work_off()

        invite.refresh_from_db()
        assert invite.removed_at is not None
        assert not corp.value(
            "SELECT 1 FROM contact_way WHERE config_id = ?", invite.config_id
        )
        assert used == 0 or Quota.objects.get().used == used - 1
        assert attribute_those_due(at=timezone.now()) == 0

    def test_made_or_not_is_looked_up_and_never_made_twice(
        self, corp, wecom, running, work_off
    ):
        invite = invited(running, work_off)
        other = invited(running, work_off)
        config_id = invite.config_id
        at = timezone.now() - timedelta(minutes=5)
        Invite.objects.filter(pk=invite.pk).update(config_id="", qr_code="")
        asked().filter(about__invite=invite.pk).update(
            status="unknown", created_at=at, called_at=at
        )

        settle_unknown(at=timezone.now())
        work_off()

        invite.refresh_from_db()
        assert invite.config_id == config_id != other.config_id
        ways = "SELECT count(*) FROM contact_way WHERE state = ?"
        assert corp.value(ways, invite.state) == 1
