"""Acquisition links, over real HTTP: made, changed, entered by, counted, paid for."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.channels import balance, links
from apps.channels.keep import keep, make_anew, publish, stop
from apps.channels.models import Balance, Channel, Entry, LinkDay, Quota
from apps.channels.settle_unknown import settle_unknown
from apps.contacts.models import Follow
from apps.sync.models import Pull
from apps.sync.reconcile import check, mend
from apps.wecom.calls import call
from apps.wecom.models import Command
from tests.channels.doors import a_plan, hear

pytestmark = pytest.mark.django_db(transaction=True)
CREATE = "externalcontact.customer_acquisition_create_link"


def published_link(*people, name="抖音投放", **more):
    at = timezone.now()
    kept = keep(draft=a_plan(*people, **more), name=name, kind="link", by=None, at=at)
    return publish(channel=kept, by=None, at=at)


def in_wecom(corp):
    return {one["link_id"]: one["users"] for one in corp.dump(["links"])["links"]}


@pytest.fixture
def link(people, work_off):
    made = published_link(*people[:2])
    work_off()
    return Channel.objects.get(pk=made.pk)


def come(corp, wecom, work_off, link, **about):
    done = corp.do("open_link", link_id=link.config_id, state=link.state, **about)
    hear(wecom, done)
    work_off()
    return done


def test_a_published_link_is_made_and_its_address_carries_our_state(corp, link):
    assert in_wecom(corp) == {link.config_id: ["ann"]}
    assert link.qr_text.startswith("https://work.weixin.qq.com/ca/")
    assert link.qr_text.endswith(f"?customer_channel={link.state}")
    assert link.is_told
    assert not Quota.objects.exists()  # it takes none of the corp's codes


def test_whom_a_link_brings_is_an_entry_and_the_next_colleague_stands_on_it(
    corp, wecom, work_off, link
):
    came = [come(corp, wecom, work_off, link, name=f"客户{n}") for n in range(4)]

    assert [done["userid"] for done in came] == ["ann", "ben", "ann", "ben"]
    assert Entry.objects.filter(channel=link).count() == 4
    assert set(Follow.objects.values_list("add_way", flat=True)) == {16}


def test_somebody_else_on_it_is_found_and_put_right(corp, link, work_off):
    Pull.objects.create(lane="bulk", source="first_pull", status="done", scope="whole")
    corp.do("meddle_with_link", link_id=link.config_id, users=["cat"])

    assert check().differences["way different"] == 1
    mend()
    work_off()

    assert in_wecom(corp) == {link.config_id: ["ann"]}
    assert "way different" not in check().differences


def test_one_that_an_administrator_deletes_is_told_and_made_anew_with_its_state(
    corp, wecom, link, work_off
):
    hear(wecom, corp.do("lose_link", link_id=link.config_id))
    work_off()
    link.refresh_from_db()
    assert link.trouble == Channel.Trouble.LOST

    make_anew(channel=link, by=None, at=timezone.now())
    work_off()

    state = link.state
    link.refresh_from_db()
    assert list(in_wecom(corp)) == [link.config_id]
    assert link.qr_text.endswith(state)


def test_a_stopped_link_is_gone_in_wecom(corp, link, work_off):
    stop(channel=link, by=None, at=timezone.now())
    work_off()

    assert in_wecom(corp) == {}


def test_when_nobody_on_it_can_be_added_the_others_take_over(
    corp, wecom, link, work_off
):
    with corp.changing():
        corp.run("UPDATE employee SET serves = 0 WHERE userid = 'ann'")
    done = corp.do("open_link", link_id=link.config_id, state=link.state)
    assert not done["new"]
    hear(wecom, done)
    work_off()

    link.refresh_from_db()
    assert in_wecom(corp) == {link.config_id: ["ben"]}
    assert link.trouble == ""


@pytest.mark.parametrize("made", [True, False])
def test_where_nobody_knows_whether_it_was_made_it_is_made_exactly_once(
    corp,
    people,
    work_off,
    made,
):
    published = published_link(*people)
    command = Command.objects.get(call=CREATE)
    at = timezone.now() - timedelta(minutes=5)
    if made:
        call(CREATE, **command.arguments)
    Command.objects.filter(pk=command.pk).update(
        status="unknown", called_at=at, created_at=at
    )

    assert settle_unknown(at=timezone.now()) == 1
    work_off()

    published.refresh_from_db()
    assert list(in_wecom(corp)) == [published.config_id]
    assert published.qr_text.endswith(f"={published.state}")
    assert published.is_told


class TestBalance:
    def test_is_read_when_wecom_says_that_it_is_low(self, corp, wecom, work_off, link):
        corp.knobs.turn(acquisition_quota=20)

        come(corp, wecom, work_off, link)

        known = Balance.objects.get()
        assert (known.total, known.left, known.is_low) == (20, 19, True)
        assert known.expires_on and known.expiring == 19

    def test_is_read_by_the_hour_only_where_there_are_links(self, corp, work_off):
        balance.read_if_there_are_links()

        assert not Command.objects.exists()

    def test_what_expires_soon_is_told_with_its_day(self, corp, wecom, work_off, link):
        hear(wecom, corp.do("quota_expires", many=50))
        work_off()

        assert Balance.objects.get().expires_on is not None


class TestWhoHasWritten:
    def test_the_first_message_is_kept_on_the_entry(self, corp, wecom, work_off, link):
        done = come(corp, wecom, work_off, link)
        who = done["external_userid"]

        hear(wecom, corp.do("write_by_link", external_userid=who))
        work_off()

        entry = Entry.objects.get()
        assert entry.spoke_at is not None and entry.messages == 1

    def test_of_later_ones_wecom_is_asked_whose_they_are(
        self, corp, wecom, work_off, link
    ):
        done = come(corp, wecom, work_off, link)
        who = done["external_userid"]

        hear(wecom, corp.do("write_by_link", external_userid=who, messages=5))
        work_off()

        assert Entry.objects.get().messages == 5

    def test_the_night_finds_what_was_not_heard_and_counts_who_opened_it(
        self, corp, wecom, work_off, link
    ):
        yesterday = int((timezone.now() - timedelta(days=1)).timestamp())
        done = come(corp, wecom, work_off, link, at=yesterday)
        of = {"link_id": link.config_id, "state": link.state, "adds": False}
        corp.do("open_link", **of, at=yesterday)
        corp.do("write_by_link", external_userid=done["external_userid"])

        assert links.read_figures(at=timezone.now()) == 1
        work_off()

        assert Entry.objects.get().messages == 1
        day = LinkDay.objects.order_by("-day").first()
        assert (day.opened, day.added) == (2, 1)
