"""What WeCom tells us, kept once."""

from datetime import timedelta

import pytest

from apps.common import jobs
from apps.wecom.inbox import digest_of, forget_old, keep, subject_of
from apps.wecom.models import Callback, Receiver, Seen
from tests.conftest import day

ADDED = {
    "Event": "change_external_contact",
    "ChangeType": "add_external_contact",
    "CreateTime": str(int(day(1).timestamp())),
    "UserID": "ann",
    "ExternalUserID": "wm-1",
}


def told(**changed):
    return ADDED | changed


@pytest.mark.django_db
class TestKeep:
    def test_says_whether_it_is_new(self):
        first = keep(told(), receiver=Receiver.APP, at=day(1))
        second = keep(told(), receiver=Receiver.APP, at=day(2))

        assert first == (Callback.objects.get(), True)
        assert second == (None, False)
        assert Seen.objects.get().times == 2

    @pytest.mark.parametrize(
        ("change", "later", "status"),
        [
            ("edit_external_contact", timedelta(seconds=2), "waiting"),
            ("edit_external_contact", timedelta(minutes=6), "done"),
            ("add_external_contact", timedelta(seconds=2), "done"),
        ],
        ids=["a hint", "a hint of long ago", "more than a hint"],
    )
    def test_hears_a_hint_again_that_is_told_again(self, change, later, status):
        """It may be another edit in the same second, after the first was read."""
        message = told(ChangeType=change)
        keep(message, receiver=Receiver.APP, at=day(1))
        keep(message | {"UserID": "bob"}, receiver=Receiver.APP, at=day(1))
        Callback.objects.update(status="done", done_at=day(1))

        keep(message, receiver=Receiver.APP, at=day(1) + later)

        first, second = Callback.objects.order_by("pk")
        assert (first.status, second.status) == (status, "done")
        assert (first.done_at is None) == (status == "waiting")

    def test_does_not_care_about_the_order_of_elements(self):
        keep(told(), receiver=Receiver.APP, at=day(1))
        backwards = dict(reversed(told().items()))

        assert keep(backwards, receiver=Receiver.APP, at=day(1)) == (None, False)

    @pytest.mark.parametrize(
        "changed", [{"UserID": "bob"}, {"CreateTime": "1"}, {"State": "x"}]
    )
    def test_keeps_what_differs_in_any_element(self, changed):
        keep(told(), receiver=Receiver.APP, at=day(1))
        _callback, is_new = keep(told(**changed), receiver=Receiver.APP, at=day(1))

        assert is_new

    def test_keeps_the_same_of_two_receivers(self):
        for receiver in Receiver:
            assert keep(told(), receiver=receiver, at=day(1))[1]

    def test_remembers_what_it_has_forgotten(self):
        keep(told(), receiver=Receiver.APP, at=day(1))
        Callback.objects.all().delete()

        assert keep(told(), receiver=Receiver.APP, at=day(60)) == (None, False)

    @pytest.mark.parametrize(
        ("told_at", "expected"),
        [
            (str(int(day(1).timestamp())), day(1)),
            # a clock that is an hour ahead of ours
            (str(int(day(2, hour=10).timestamp())), day(2, hour=10)),
            # no moment at all, or none that can be
            ("", day(2)),
            ("now", day(2)),
            ("0", day(2)),
            ("-5", day(2)),
            ("9" * 30, day(2)),
            (["1", "2"], day(2)),
            (str(int(day(30).timestamp())), day(2)),
        ],
    )
    def test_takes_the_moment_from_wecom_if_it_is_one(self, told_at, expected):
        message = told(CreateTime=told_at)

        callback, _is_new = keep(message, receiver=Receiver.APP, at=day(2))

        assert callback.told_at == expected
        assert callback.message["CreateTime"] == str(int(expected.timestamp()))

    @pytest.mark.parametrize(
        ("message", "lane"),
        [
            (told(), "callback"),
            (told(WelcomeCode="code"), "welcome"),
            # the code has expired long ago
            (
                told(WelcomeCode="code", CreateTime=str(int(day(0).timestamp()))),
                "callback",
            ),
        ],
    )
    def test_lets_only_a_welcome_hurry(self, message, lane):
        callback, _is_new = keep(message, receiver=Receiver.APP, at=day(1))

        assert callback.lane == lane

    def test_rings_when_it_is_committed(self, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks() as bells:
            keep(told(), receiver=Receiver.APP, at=day(1))
            keep(told(), receiver=Receiver.APP, at=day(1))

        assert len(bells) == 1


@pytest.mark.django_db(transaction=True)
def test_sixteen_who_deliver_the_same_at_once_leave_one(at_once):
    def deliver():
        return keep(told(), receiver=Receiver.APP, at=day(1))[1]

    news = at_once(16, deliver)

    assert sorted(news) == [False] * 15 + [True]
    assert Callback.objects.count() == 1
    assert Seen.objects.get().times == 16


@pytest.mark.django_db(transaction=True)
def test_what_is_kept_is_worked_off_once(at_once, settings):
    settings.WECOM_HANDLERS = "tests.wecom.tables.HANDLERS"
    keep({"Event": "an_event_of_tomorrow"}, receiver=Receiver.APP, at=day(1))

    at_once(4, lambda: jobs.drain("callback"))

    assert Callback.objects.get().status == "ignored"
    assert Callback.objects.get().attempts == 1


@pytest.mark.parametrize(
    ("message", "subject"),
    [
        (told(), "contact:wm-1"),
        (
            {"Event": "customer_acquisition", "ExternalUserID": "wm-1"},
            "contact:wm-1",
        ),
        ({"Event": "customer_acquisition", "LinkId": "l"}, ""),
        ({"Event": "change_external_chat", "ChatId": "wr-1"}, "chat:wr-1"),
        ({"Event": "change_external_tag", "Id": "et-1"}, "tag"),
        (
            {"Event": "change_contact", "ChangeType": "update_user", "UserID": "Ann"},
            "employee:ann",
        ),
        (
            {"Event": "change_contact", "ChangeType": "delete_party", "Id": "2"},
            "department:2",
        ),
        ({"Event": "change_contact", "ChangeType": "update_tag", "TagId": "1"}, ""),
        ({"Event": "enter_agent"}, ""),
        # not what it should be
        ({"Event": "change_external_chat", "ChatId": ["a", "b"]}, ""),
        ({"Event": {"a": "b"}}, ""),
    ],
)
def test_the_subject_is_whose_turn_it_is(message, subject):
    assert subject_of(message) == subject


def test_the_digest_has_32_bytes():
    assert len(digest_of(told(), receiver=Receiver.APP)) == 32


@pytest.mark.django_db
class TestForgetOld:
    def test_drops_bodies_after_30_days_and_digests_after_90(self):
        keep(told(), receiver=Receiver.APP, at=day(1))
        Callback.objects.update(status="done")

        forget_old(at=day(31))
        assert Callback.objects.count() == 1

        forget_old(at=day(31) + timedelta(seconds=1))
        assert Callback.objects.count() == 0
        assert Seen.objects.count() == 1

        forget_old(at=day(91) + timedelta(seconds=1))
        assert Seen.objects.count() == 0

    def test_keeps_what_is_not_worked_off(self):
        keep(told(), receiver=Receiver.APP, at=day(1))

        forget_old(at=day(200))

        assert Callback.objects.count() == 1
