"""Everything is read from WeCom, whatever happens on the way."""

import random
import time

import pytest
from django.db import connection
from django.utils import timezone

from apps.contacts.models import Contact, Follow
from apps.events.models import Delivery, EventRecord
from apps.groups.models import GroupChat, Stay
from apps.staff.models import Employee
from apps.sync.gone import believe_removals
from apps.sync.models import Chain, Difference, Pull
from apps.sync.pull import advance, ask_to_cancel, start_pull
from apps.sync.reconcile import check
from apps.tags.models import Tag, Tagging
from tests import processes

pytestmark = pytest.mark.django_db(transaction=True)
RESTLESS = [
    {"api": "*", "do": -1, "probability": 0.03},
    {"api": "externalcontact/*", "do": 42001, "probability": 0.02},
    {"api": "externalcontact/*", "do": 45033, "probability": 0.02},
    # Once: WeCom then blocks the call for a minute, and so do we.
    {"api": "externalcontact/batch/get_by_user", "do": 45009, "times": 1},
    {"api": "externalcontact/*", "do": "timeout", "probability": 0.01, "seconds": 0.2},
]
MIRRORED = [Employee, Contact, Follow, Tag, Tagging, GroupChat, Stay]


@pytest.fixture
def small(corp, sandbox):
    corp.populate(seed=7, employees=6, contacts=150, groups=8)
    return corp


def pull() -> Pull:
    started = start_pull(by=None, at=timezone.now())
    advance(pull=started)
    started.refresh_from_db()
    assert started.status == "done", started.last_error
    return started


def marks() -> dict[str, list]:
    """Which transaction wrote each row last: the same marks, the same rows."""
    found = {}
    with connection.cursor() as cursor:
        for model in MIRRORED:
            table = model._meta.db_table
            cursor.execute(f"SELECT ctid::text, xmin::text FROM {table} ORDER BY 1")
            found[table] = cursor.fetchall()
    return found


class TestPull:
    def test_leaves_no_difference(self, small):
        pull()

        assert check().differences == {}

    def test_writes_nothing_when_nothing_has_changed(self, small):
        pull()
        before = marks()

        again = pull()

        assert marks() == before
        assert not again.differences.exists()

    def test_the_first_one_is_history_and_sets_nothing_off(self, small):
        first = pull()

        assert first.source == EventRecord.Source.FIRST_PULL
        assert EventRecord.objects.filter(kind="FollowStarted").exists()
        assert not Delivery.objects.exists()

    def test_a_later_one_keeps_what_differed(self, small):
        pull()
        follow = Follow.objects.open().select_related("employee", "identity")[0]
        account, external_id = follow.employee.wecom_id, follow.identity.value
        small.do(
            "edit_remark", userid=account, external_userid=external_id, remark="新备注"
        )

        again = pull()

        differences = Difference.objects.filter(pull=again)
        assert {(d.field, d.theirs) for d in differences} >= {("remark", "新备注")}
        follow.refresh_from_db()
        assert follow.remark == "新备注"

    def test_whom_an_employee_dropped_is_concluded_to_be_gone(self, small):
        pull()
        follow = Follow.objects.open().select_related("employee", "identity")[0]
        small.do(
            "employee_drops",
            userid=follow.employee.wecom_id,
            external_userid=follow.identity.value,
        )

        pull()

        follow.refresh_from_db()
        assert (follow.ended_by, follow.end_known) == ("employee", False)

    def test_a_contact_who_left_us_stays_gone(self, small, work_off):
        pull()
        follow = Follow.objects.open().filter(confirmed_at__isnull=False)[0]
        follow.ended_at = follow.started_at.replace(microsecond=0) + timezone.timedelta(
            hours=1
        )
        follow.ended_by = Follow.EndedBy.CONTACT
        follow.save()

        pull()

        follow.refresh_from_db()
        assert follow.ended_by == "contact"
        assert check().differences == {}

    def test_too_many_removals_at_once_wait_for_a_person(
        self, small, django_user_model
    ):
        pull()
        busiest = max(Employee.objects.all(), key=lambda e: e.follows.open().count())
        follows = busiest.follows.open().select_related("identity")
        several = list(follows.filter(confirmed_at__isnull=False)[:10])
        for follow in several:
            small.do(
                "employee_drops",
                userid=busiest.wecom_id,
                external_userid=follow.identity.value,
            )

        again = pull()

        assert [len(asked["items"]) for asked in again.held_back] == [10]
        assert all(Follow.objects.get(pk=f.pk).ended_at is None for f in several)

        boss = django_user_model.objects.create_user("boss")
        assert believe_removals(pull=again, by=boss, at=timezone.now()) == 10
        assert all(Follow.objects.get(pk=f.pk).ended_at for f in several)

    def test_a_shrunk_visible_range_removes_nobody(self, small):
        pull()
        everybody = Follow.objects.open().count()
        employees = list(Employee.objects.values_list("wecom_id", flat=True))
        small.knobs.turn(out_of_range=employees[:4])

        pull()

        assert Follow.objects.open().count() == everybody
        assert not Employee.objects.filter(left_at__isnull=False).exists()

    def test_can_be_cancelled(self, small):
        started = start_pull(by=None, at=timezone.now())
        ask_to_cancel(pull=started)

        advance(pull=started)

        started.refresh_from_db()
        assert started.status == "failed"
        assert not Contact.objects.exists()

    def test_a_second_start_joins_the_one_under_way(self, small):
        first = start_pull(by=None, at=timezone.now())

        assert start_pull(by=None, at=timezone.now()) == first


def test_killed_five_times_at_a_random_page_amid_faults_it_leaves_no_difference(
    corp, sandbox
):
    seed = random.SystemRandom().randrange(10_000)
    print(f"seed {seed}")
    chance = random.Random(seed)
    corp.populate(seed=3, employees=20, contacts=2000, groups=60)
    sandbox.faults.replace(RESTLESS)
    for _kill in range(5):
        process = processes.start("pull", "--json")
        wait_for_pages(pages() + chance.randrange(1, 12), process)
        process.kill()
        process.communicate()

    answer = processes.last_line("pull", "--json")

    assert answer["status"] == "done"
    sandbox.faults.replace([])
    assert processes.last_line("reconcile", "--check", "--json")["differences"] == {}


def pages() -> int:
    return sum(Chain.objects.values_list("pages", flat=True))


def wait_for_pages(wanted: int, process) -> None:
    deadline = time.monotonic() + 120
    while pages() < wanted and process.poll() is None:
        assert time.monotonic() < deadline, "the pull does not get on"
        time.sleep(0.02)
