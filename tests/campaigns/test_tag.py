"""Whoever takes part, wins or brings friends is tagged: by a campaign or by a rule."""

import pytest

from apps.audit.models import AuditRow
from apps.autotags.models import Hit
from apps.campaigns.form import told_by
from apps.campaigns.join import join
from apps.campaigns.keep import Prize, keep
from apps.campaigns.reward import grant
from apps.referrals.events import TallyChanged
from apps.referrals.invite import issue_invite
from apps.referrals.models import Credit, Referral
from apps.tags.models import Tagging, TagGroup
from apps.wecom.models import Command
from tests import make
from tests.autotags.test_hit import carriers, happens, hear
from tests.campaigns.given import a_campaign, somebody
from tests.conftest import day

pytestmark = pytest.mark.django_db


@pytest.fixture
def own():
    group = make.tag_group(kind=TagGroup.Kind.OWN)
    return [make.tag(name, group=group, wecom_id="") for name in ("参与", "中奖")]


def heard(contact) -> None:
    """What tags, hears of what happened to them."""
    for row in contact.event_records.all():
        for delivery in row.deliveries.filter(subscriber__contains="tag"):
            delivery.work()


class TestACampaign:
    def test_tags_participants_and_winners_each_with_theirs(self, own):
        joined, won = own
        campaign = a_campaign(
            Prize(name="茶杯", needed=3, initial=1),
            joined_tags=[joined.pk],
            won_tags=[won.pk],
        )
        winner, other = somebody(campaign), somebody(campaign)
        grant(reward=campaign.rewards.get(), participation=winner, at=day(3))

        heard(winner.contact)
        heard(other.contact)

        assert carriers(joined) == {winner.contact_id, other.contact_id}
        assert carriers(won) == {winner.contact_id}

    def test_asks_wecom_for_a_company_tag_on_the_owners_follow(self):
        tag, follow = make.tag("老客"), make.follow()
        campaign = a_campaign(joined_tags=[tag.pk])
        contact = follow.identity.contact

        join(campaign=campaign, contact=contact, at=day(2))
        heard(contact)

        [command] = Command.objects.filter(call="externalcontact.mark_tag")
        assert command.arguments["external_userid"] == follow.identity.value
        assert not Tagging.objects.filter(tag=tag).exists()  # until WeCom has answered

    def test_a_deleted_tag_is_put_on_nobody(self, own):
        campaign = a_campaign(joined_tags=[own[0].pk])
        own[0].deleted_at = day(2)
        own[0].save()
        one = somebody(campaign)

        heard(one.contact)

        assert carriers(own[0]) == set()

    def test_other_tags_are_chosen_while_it_runs_and_the_audit_names_them(self, own):
        campaign = a_campaign()
        told = told_by(campaign).__dict__ | {"won_tags": [own[1].pk]}

        kept = keep(
            told=type(told_by(campaign))(**told), by=None, at=day(3), campaign=campaign
        )

        assert kept.won_tags == [own[1].pk]
        row = AuditRow.objects.filter(deed="changed").latest("pk")
        assert row.after["won_tags"] == [str(own[1])]


class TestATagRule:
    def test_waits_for_taking_part_in_this_campaign(self, own):
        this, that = a_campaign(), a_campaign()
        narrowed = {"campaigns": [this.pk]}
        make.tag_rule(own[0], scene="campaign_joined", narrowed=narrowed)
        one, other = somebody(this), somebody(that)

        heard(one.contact)
        heard(other.contact)

        assert carriers(own[0]) == {one.contact_id}

    def test_waits_for_a_prize(self, own):
        make.tag_rule(own[0], scene="prize_won")
        campaign = a_campaign(Prize(name="茶杯", needed=3, initial=1))
        one = somebody(campaign)
        grant(reward=campaign.rewards.get(), participation=one, at=day(3))

        heard(one.contact)

        assert carriers(own[0]) == {one.contact_id}

    def test_waits_for_so_many_friends_and_hits_once(self, own):
        make.tag_rule(own[0], scene="friends_brought", narrowed={"friends": 2})
        campaign, inviter = a_campaign(), make.contact()
        invite = issue_invite(campaign=campaign, contact=inviter, at=day(2))
        carried = []
        for _friend in range(3):
            referral = Referral.objects.create(
                invite=invite, campaign=campaign, contact=make.contact(), at=day(3)
            )
            Credit.objects.create(
                referral=referral,
                invite=invite,
                kind="helped",
                number=1,
                points=1,
                at=day(3),
            )
            told = {"campaign_id": campaign.pk, "invite_id": invite.pk, "points": 1}
            hear(happens(TallyChanged, inviter, referral_id=referral.pk, **told))
            carried.append(carriers(own[0]) == {inviter.pk})

        assert carried == [False, True, True]
        assert Hit.objects.filter(tag=own[0]).count() == 1
