"""Who takes part: once, while it is open to them and has room."""

import threading

import pytest
from django.db import connection

from apps.campaigns.join import (
    CampaignClosed,
    CampaignFull,
    CampaignNotBegun,
    NotInAudience,
    join,
)
from apps.campaigns.launch import close
from apps.campaigns.models import Campaign, Participation
from apps.events.models import EventRecord
from apps.segments.models import Segment, SegmentContact
from tests import make
from tests.campaigns.given import a_campaign, a_draft, somebody
from tests.conftest import day


@pytest.mark.django_db
class TestJoin:
    def test_asking_twice_is_taking_part_once(self):
        campaign, ann = a_campaign(), make.contact()

        first = join(campaign=campaign, contact=ann, at=day(2))
        again = join(campaign=campaign, contact=ann, at=day(3))

        assert again == first
        assert Campaign.objects.get().joined == 1
        assert EventRecord.objects.filter(kind="CampaignJoined").count() == 1

    @pytest.mark.parametrize(
        ("at", "refusal"),
        [
            (day(1) - (day(2) - day(1)), CampaignNotBegun),
            (day(20), CampaignClosed),  # half-open: its last moment is over
        ],
    )
    def test_nobody_comes_before_it_begins_or_once_it_is_over(self, at, refusal):
        campaign = a_campaign()
        with pytest.raises(refusal):
            join(campaign=campaign, contact=make.contact(), at=at)
        assert not Participation.objects.exists()

    def test_nobody_joins_a_draft(self):
        with pytest.raises(CampaignNotBegun):
            somebody(a_draft())

    def test_who_has_read_that_it_runs_is_refused_once_it_was_closed(self):
        campaign = a_campaign()
        close(campaign=campaign, by=None, at=day(2))
        with pytest.raises(CampaignClosed):
            somebody(campaign, at=day(3))
        assert not Participation.objects.exists()

    def test_who_takes_part_already_is_told_so_also_afterwards(self):
        campaign, ann = a_campaign(), make.contact()
        mine = join(campaign=campaign, contact=ann, at=day(2))
        close(campaign=campaign, by=None, at=day(3))
        assert join(campaign=campaign, contact=ann, at=day(4)) == mine

    def test_only_the_audience_may_join_as_the_rule_stands_now(self):
        ann, bob = make.contact("安"), make.contact("波")
        vip = Segment.objects.create(name="名单", kind="list", many=1)
        SegmentContact.objects.create(segment=vip, contact=ann, entered_at=day(1))
        campaign = a_campaign(segment_id=vip.pk)

        assert join(campaign=campaign, contact=ann, at=day(2))
        with pytest.raises(NotInAudience):
            join(campaign=campaign, contact=bob, at=day(2))


@pytest.mark.django_db(transaction=True)
def test_of_sixteen_at_once_as_many_come_in_as_there_is_room():
    campaign = a_campaign(join_cap=5)
    people = [make.contact() for _ in range(16)]
    came, refused = [], []

    def work(who) -> None:
        try:
            came.append(join(campaign=campaign, contact=who, at=day(2)))
        except CampaignFull:
            refused.append(who)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(came), len(refused)) == (5, 11)
    assert Participation.objects.count() == Campaign.objects.get().joined == 5
