"""What one handler can hear at once is heard at once, and nothing twice."""

from datetime import timedelta

import pytest

from apps.common.jobs import work_through
from apps.common.lanes import Lane
from apps.contacts.models import Follow
from apps.wecom.hearing import Many, together
from apps.wecom.models import Callback, Command
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

ADDED, EDITED = "add_external_contact", "edit_external_contact"


def told(change: str, who: str, *, minute: int = 0, **more: str) -> Callback:
    at = day(1) + timedelta(minutes=minute)
    message = {
        "Event": "change_external_contact",
        "ChangeType": change,
        "ExternalUserID": who,
        "UserID": "lin",
        "CreateTime": str(int(at.timestamp())),
    }
    return make.callback(
        change,
        subject=f"contact:{who}",
        message=message | more,
        told_at=at,
    )


def claimed() -> list[Callback]:
    Callback.objects.update(due_at=day(1))
    return Callback.objects.claim(lane=Lane.CALLBACK, at=day(2))


class TestTogether:
    def test_one_kind_about_different_people_is_one_part(self):
        jobs = [told(ADDED, "wm-a"), told(EDITED, "wm-b"), told(ADDED, "wm-c")]

        assert together(jobs) == [[jobs[0], jobs[2]], [jobs[1]]]

    def test_two_about_one_person_are_heard_one_after_the_other(self):
        jobs = [told(ADDED, "wm-a"), told(ADDED, "wm-b"), told(ADDED, "wm-a")]

        assert together(jobs) == [jobs[:2], jobs[2:]]

    def test_what_has_no_handler_of_many_is_heard_one_by_one(self):
        jobs = [told("transfer_fail", "wm-a"), told("transfer_fail", "wm-b")]

        assert together(jobs) == [[jobs[0]], [jobs[1]]]


class TestHandful:
    def test_of_twenty_new_contacts_begins_a_follow_and_asks_about_each(self):
        for number in range(20):
            told(ADDED, f"wm-{number}", minute=number, State=f"door-{number}")

        work_through(Callback, claimed())

        assert set(Callback.objects.values_list("status", flat=True)) == {"done"}
        follows = Follow.objects.order_by("started_at")
        assert [follow.state for follow in follows] == [f"door-{n}" for n in range(20)]
        assert [follow.started_at for follow in follows] == [
            day(1) + timedelta(minutes=minute) for minute in range(20)
        ]
        assert Command.objects.filter(call="externalcontact.get").count() == 20

    def test_costs_little_more_than_one(self, django_assert_max_num_queries):
        make.employee(wecom_id="lin")
        for number in range(20):
            told(ADDED, f"wm-{number}")
        jobs = claimed()

        with django_assert_max_num_queries(40):
            work_through(Callback, jobs)

    def test_asks_once_about_whom_is_asked_already(self):
        told(ADDED, "wm-a")
        told(EDITED, "wm-a")
        told(EDITED, "wm-b")

        work_through(Callback, claimed())

        assert Command.objects.filter(call="externalcontact.get").count() == 2

    def test_ends_each_as_it_is_told(self):
        told(ADDED, "wm-a")
        told(ADDED, "wm-b")
        gone = {"Source": "DELETE_BY_TRANSFER"}
        told("del_external_contact", "wm-a", minute=5, **gone)
        told("del_external_contact", "wm-b", minute=5)

        work_through(Callback, claimed())

        ends = Follow.objects.values_list("identity__value", "ended_by")
        assert dict(ends) == {"wm-a": "transfer", "wm-b": "employee"}

    def test_falls_apart_when_one_is_broken_and_the_others_are_heard(self):
        told(ADDED, "wm-a")
        broken = told(ADDED, "wm-b")
        Callback.objects.filter(pk=broken.pk).update(message={"Event": "x"})

        work_through(Callback, claimed())

        assert Follow.objects.get().identity.value == "wm-a"
        broken.refresh_from_db()
        assert (broken.status, broken.bugs) == ("waiting", 1)


def test_a_handler_of_many_hears_one_as_well():
    heard: list[dict] = []
    Many(heard.extend)({"one": "1"})

    assert heard == [{"one": "1"}]
