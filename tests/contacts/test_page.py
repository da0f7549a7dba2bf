"""The page of a contact as a whole: its timeline, its news, who else they may be."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.contacts.models import Contact, Proposal
from apps.contacts.proposals import bring_together, never
from apps.contacts.resemble import take_away
from apps.events.models import EventRecord
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

PLACE = re.compile(r'data-place="([\d-]+)"')
MOST = 25  # queries of the page


@pytest.fixture
def her(client) -> Contact:
    client.force_login(make.user(role="admin"))
    return make.follow(make.contact("曾小贤")).identity.contact


def at(name: str, *numbers: int) -> str:
    return reverse(f"admin:contacts_contact_{name}", args=numbers)


def long_life(her: Contact, many: int) -> None:
    """Events a minute apart, no two in a row alike."""
    employee = her.owner_id or make.employee("安琪").pk
    kinds = ["FollowStarted", "ArchivingAgreed"]
    EventRecord.objects.bulk_create(
        EventRecord(
            kind=kinds[number % 2],
            contact=her,
            source=EventRecord.Source.CALLBACK,
            facts={"employee_id": employee},
            at=day(1) + timedelta(minutes=number),
        )
        for number in range(many)
    )


class TestTheTimeline:
    def test_goes_on_after_the_last_line_and_repeats_nothing(self, client, her):
        long_life(her, 50)
        first = client.get(at("timeline", her.pk)).content.decode()
        following = re.search(r"after=([\d-]+)", first)[1]
        second = client.get(at("timeline", her.pk), {"after": following})
        places = PLACE.findall(first) + PLACE.findall(second.content.decode())

        assert len(places) == len(set(places)) == 40

    def test_another_filter_begins_where_one_stands(self, client, her):
        long_life(her, 50)
        first = client.get(at("timeline", her.pk)).content.decode()
        standing = PLACE.findall(first)[10]

        asked = {"theme": "follows", "place": standing}
        there = client.get(at("timeline", her.pk), asked).content.decode()

        assert PLACE.findall(there)[0] == standing
        assert "回到最新" in there and "回到最新" not in first

    def test_costs_the_same_with_two_thousand_events(self, client, her):
        long_life(her, 5)
        client.get(at("change", her.pk))
        few = queries(client, at("change", her.pk))
        long_life(her, 2_000)

        assert queries(client, at("change", her.pk)) <= few


def queries(client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


class TestNews:
    def test_is_told_once_and_then_in_one_line(self, client, her):
        make.event("FollowStarted", contact=her, at=day(2))
        heard = client.get(at("news", her.pk))
        known = {"If-None-Match": heard["ETag"]}

        assert heard.json()["latest"] > 0
        assert client.get(at("news", her.pk), headers=known).status_code == 304

        make.event("FollowStarted", contact=her, at=day(1))  # late, and still news
        again = client.get(at("news", her.pk), headers=known)
        assert again.status_code == 200
        assert again.json()["latest"] > heard.json()["latest"]


class TestWhatIsInView:
    def test_orders_groups_and_the_phone_stand_in_the_head(self, client, her):
        make.order(her, amount=12_800, paid_at=day(2))
        make.stay(make.group_chat("健身1群"), her.identities.get().follows.get())

        page = client.get(at("change", her.pk)).content.decode()
        head = page[page.index('data-part="who"') : page.index('data-part="side"')]

        for words in ("归属员工", "添加方式", "最近跟进", "¥128.00", "在 1 个群里"):
            assert words in head, words
        assert "待发货" in head  # what comes next


class TestSomebodyNobodyProposed:
    def test_is_found_and_put_side_by_side(self, client, her):
        other = make.follow(make.contact("曾晓贤")).identity.contact
        page = client.get(at("same_as", her.pk), {"q": "zengxiao"}).content.decode()
        assert "曾晓贤" in page and f'value="{her.pk}"' not in page

        answer = client.post(at("same_as", her.pk), {"other": other.pk})

        pair = Proposal.objects.get()
        assert (pair.low_id, pair.high_id) == (her.pk, other.pk)
        assert answer["Location"] == reverse(
            "admin:contacts_proposal_change", args=[pair.pk]
        )
        assert "由员工指定" in client.get(answer["Location"]).content.decode()

    @pytest.mark.parametrize("other", ["", "x", "999999999999", "9" * 40])
    def test_nonsense_is_not_found(self, client, her, other):
        answer = client.post(at("same_as", her.pk), {"other": other})

        assert answer.status_code == 404

    def test_the_nightly_comparison_leaves_it_to_a_person(self, her):
        other = make.contact("赵敏")
        pair = bring_together(her, other, by=make.user(), at=day(2))

        take_away([], among=Q(), at=day(3))

        pair.refresh_from_db()
        assert pair.status == Proposal.Status.OPEN

    def test_who_was_taken_apart_stays_so_until_somebody_thinks_again(self, her):
        other = make.contact("赵敏")
        pair = bring_together(other, her, by=make.user(), at=day(2))
        never(proposal=pair, by=None, at=day(3))

        again = bring_together(her, other, by=make.user(), at=day(4))

        assert again.pk == pair.pk
        assert again.status == Proposal.Status.NEVER
