"""From WeCom's mouth to the contact's page: added, edited, lost, back again."""

import itertools

import pytest

from apps.contacts.models import Contact, Follow
from apps.events.models import EventRecord
from apps.staff.models import Employee
from apps.wecom.models import Callback
from tests.conftest import day

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ann(corp, sandbox):
    corp.populate(seed=1, employees=3, contacts=0, groups=0)
    account = corp.dump(["users"])["users"][0]["userid"]
    return account


def follows() -> list[tuple]:
    found = Follow.objects.order_by("started_at")
    return [(f.started_at, f.ended_at, f.ended_by) for f in found]


def test_a_contact_who_scans_a_code_appears_with_everything_wecom_knows(
    corp, wecom, work_off, ann
):
    done = corp.do("add", userid=ann, state="store_a", at=int(day(1).timestamp()))
    for news in done["news"]:
        assert wecom.put(news["message"], receiver=news["receiver"]).status_code == 200

    work_off()

    contact = Contact.objects.get()
    assert contact.name
    assert contact.owner.wecom_id == ann.lower()
    assert Follow.objects.get().state == "store_a"
    assert Callback.objects.get().status == "done"


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("times", [1, 3])
def test_who_leaves_us_is_told_apart_from_whom_we_drop(
    wecom, work_off, ann, newest_first, times
):
    for _time in range(times):
        wecom.says_added("wm-left", employee=ann, at=day(1))
        wecom.says_added("wm-dropped", employee=ann, at=day(1))
        wecom.says_added("wm-moved", employee=ann, at=day(1))
        wecom.says_left("wm-left", employee=ann, at=day(2))
        wecom.says_dropped("wm-dropped", employee=ann, at=day(2))
        wecom.says_dropped(
            "wm-moved", employee=ann, at=day(2), source="DELETE_BY_TRANSFER"
        )
    assert Callback.objects.count() == 6

    work_off(newest_first=newest_first)

    ended = {f.identity.value: f.ended_by for f in Follow.objects.all()}
    assert ended == {
        "wm-left": "contact",
        "wm-dropped": "employee",
        "wm-moved": "transfer",
    }
    kinds = EventRecord.objects.filter(kind__startswith="Follow").values_list(
        "kind", flat=True
    )
    assert sorted(kinds) == ["FollowEnded"] * 3 + ["FollowStarted"] * 3


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_leaving_and_coming_back_is_the_same_in_any_order(wecom, work_off, ann, order):
    news = [
        lambda: wecom.says_added("wm-1", employee=ann, at=day(1)),
        lambda: wecom.says_left("wm-1", employee=ann, at=day(2)),
        lambda: wecom.says_added("wm-1", employee=ann, at=day(3)),
    ]
    for number in order:
        news[number]()
        work_off()

    assert follows() == [(day(1), day(2), "contact"), (day(3), None, "")]


def test_an_employee_we_have_never_heard_of_becomes_known(wecom, work_off, ann):
    wecom.says_added("wm-1", employee="Stranger", at=day(1))

    work_off()

    assert Follow.objects.get().employee == Employee.objects.get(wecom_id="stranger")


def test_a_kind_we_do_not_know_is_kept_marked_and_harms_nothing(wecom, work_off, ann):
    wecom.says("change_external_contact", "something_new", at=day(1), UserID=ann)
    wecom.says_added("wm-1", employee=ann, at=day(1))

    work_off()

    statuses = Callback.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["ignored", "done"]


def test_a_payload_that_cannot_be_handled_ends_as_a_failed_job_with_its_reason(
    wecom, work_off, ann
):
    wecom.says("change_external_contact", "add_external_contact", at=day(1))
    wecom.says_added("wm-1", employee=ann, at=day(1))

    work_off()

    poisoned = Callback.objects.get(status="failed")
    assert "UserID" in poisoned.last_error
    assert Follow.objects.count() == 1
