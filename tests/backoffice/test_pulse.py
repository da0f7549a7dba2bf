"""One sentence says whether we are in step: calm, amber or red, and why."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.backoffice.pulse import Mood, Signs, pulse, signs
from apps.wecom.models import AccessToken, Receiver
from apps.wecom.token import credential_of
from tests import make
from tests.conftest import day

NOW = day(10, hour=12)


def ago(**span) -> object:
    return NOW - timedelta(**span)


def steady(*, every: timedelta, last: timedelta = timedelta(seconds=5)) -> list:
    """A hundred callbacks at a steady pace, the last one so long ago."""
    return [NOW - last - every * number for number in range(100)]


def look(**seen):
    return pulse(Signs(**seen), at=NOW)


class TestWhenAllIsWell:
    def test_says_how_long_ago(self):
        calm = look(received=[ago(seconds=12)])

        assert (calm.mood, calm.text) == (Mood.GOOD, "数据同步于 12 秒前")

    def test_a_pull_counts_as_well(self):
        assert look(received=[ago(hours=2)], pulled_at=ago(minutes=5)).text == (
            "数据同步于 5 分钟前"
        )

    def test_says_so_before_the_first_pull(self):
        assert look().text == "还没有同步过"

    def test_says_how_far_a_pull_is(self):
        assert look(pulling=45).text == "正在拉取：45%"


class TestRefused:
    def test_is_said_with_what_to_do_though_callbacks_come(self):
        broken = look(received=[ago(seconds=12)], refused=40001)

        assert broken.mood == Mood.BROKEN
        assert "企业微信" in broken.reason
        assert "40001" in broken.reason

    @pytest.mark.django_db
    def test_is_known_until_the_secret_is_replaced(self, settings):
        AccessToken.objects.create(
            app="app", refused_errcode=40001, credential=credential_of(Receiver.APP)
        )
        before = signs(at=NOW, broker=True)

        settings.WECOM_APP_SECRET = "replaced"

        assert before.refused == 40001
        assert signs(at=NOW, broker=True).refused is None


class TestWaiting:
    def test_for_a_minute_is_nothing(self):
        assert look(waiting_since=ago(seconds=59)).mood == Mood.GOOD

    def test_for_longer_is_late(self):
        late = look(waiting_since=ago(minutes=2))

        assert late.mood == Mood.LATE
        assert "2 分 0 秒" in late.reason

    def test_for_very_long_means_that_nobody_works(self):
        broken = look(waiting_since=ago(minutes=6))

        assert broken.mood == Mood.BROKEN
        assert "后台进程" in broken.reason


class TestSilence:
    def test_of_two_minutes_is_odd_where_callbacks_come_every_five_seconds(self):
        quiet = look(
            received=steady(every=timedelta(seconds=5), last=timedelta(minutes=2))
        )

        assert quiet.mood == Mood.LATE
        assert "2 分 0 秒" in quiet.reason

    def test_of_two_minutes_is_usual_where_they_come_every_hour(self):
        calm = look(
            received=steady(every=timedelta(hours=1), last=timedelta(minutes=2))
        )

        assert calm.mood == Mood.GOOD

    def test_of_an_hour_means_that_they_have_stopped(self):
        gone = look(
            received=steady(every=timedelta(seconds=5), last=timedelta(hours=1))
        )

        assert gone.mood == Mood.BROKEN
        assert "回调地址" in gone.reason

    def test_tells_nothing_while_few_have_come(self):
        assert look(received=[ago(hours=5), ago(hours=5, seconds=3)]).mood == Mood.GOOD

    def test_tells_nothing_during_a_pull(self):
        seen = steady(every=timedelta(seconds=5), last=timedelta(hours=1))

        assert look(received=seen, pulling=3).mood == Mood.GOOD


def test_a_broker_that_is_away_is_red():
    assert look(broker=False, received=[ago(seconds=1)]).mood == Mood.BROKEN


@pytest.mark.django_db
class TestSigns:
    def test_are_read_from_the_tables(self):
        make.callback(received_at=ago(minutes=3), status="done")
        make.callback(received_at=ago(minutes=2), created_at=ago(minutes=2))
        make.callback(received_at=ago(minutes=1), due_at=NOW + timedelta(minutes=9))
        make.pull(status="done", done_at=ago(hours=1))
        make.pull(total=4, done=1)

        seen = signs(at=NOW, broker=True)

        assert seen == Signs(
            received=[ago(minutes=1), ago(minutes=2), ago(minutes=3)],
            waiting_since=ago(minutes=2),
            pulled_at=ago(hours=1),
            pulling=25,
        )

    def test_cost_five_small_queries(self, django_assert_num_queries):
        with django_assert_num_queries(5):
            signs(at=NOW, broker=True)


@pytest.mark.django_db
class TestPulseView:
    def test_tells_everybody_who_has_signed_in(self, visit):
        told = visit("/admin/pulse/", role="employee")

        assert told.json()["text"] == "还没有同步过"
        assert "no-store" in told["Cache-Control"]

    def test_tells_nobody_else(self, client):
        assert client.get("/admin/pulse/").status_code == 302


def test_the_header_tells_what_one_has_under_way_and_when_it_has_ended(client, db):
    me, tag = make.user(role="manager"), make.tag()
    client.force_login(me)
    make.batch(make.user(), tag, status="waiting")  # somebody else's
    assert client.get("/admin/pulse/").json()["work"] is None

    mine = make.batch(me, tag, status="waiting", total=300, done=150)
    told = client.get("/admin/pulse/").json()["work"]
    assert (told["label"], told["percent"], told["runs"]) == ("进行中", 50, True)
    assert told["url"] == f"/admin/lists/batch/{mine.pk}/change/"

    type(mine).objects.filter(pk=mine.pk).update(status="done", done_at=timezone.now())
    assert client.get("/admin/pulse/").json()["work"]["percent"] == 100
