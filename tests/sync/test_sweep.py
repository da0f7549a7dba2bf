"""A sweep reads lists: who is new is read whole, who is gone is gone by the rules."""

from collections import Counter

import pytest
from django.utils import timezone

from apps.contacts.models import Follow
from apps.contacts.phones import phones_of
from apps.sync.gone import ReadAgain, believe_removals
from apps.sync.models import Pull
from apps.sync.pull import advance, start_pull
from tests import make
from tests.sync.written import marks

pytestmark = pytest.mark.django_db(transaction=True)
LIST, GET = "externalcontact/list", "externalcontact/get"
FEW = "sunmin"


@pytest.fixture
def small(corp, sandbox):
    corp.populate(seed=7, employees=4, contacts=40, groups=1)
    leave_two(corp, FEW)
    read(Pull.Scope.WHOLE)
    return corp


def read(scope: str = Pull.Scope.SWEEP, **how) -> Pull:
    pull = start_pull(by=None, at=timezone.now(), scope=scope, **how)
    advance(pull=pull)
    pull.refresh_from_db()
    assert pull.status == "done", pull.last_error
    return pull


def leave_two(corp, who: str) -> None:
    """So few that each of them might be believed to be gone."""
    rows = corp.rows(
        "SELECT * FROM follow WHERE userid = ? AND relation IN ('mutual', 'left')", who
    )
    for row in rows[2:]:
        corp.do("employee_drops", userid=who, external_userid=row["external_userid"])


def a_follow() -> Follow:
    ours = Follow.objects.open().filter(confirmed_at__isnull=False)
    return ours.select_related("employee", "identity").order_by("pk")[0]


def pair(follow: Follow) -> dict[str, str]:
    return {
        "userid": follow.employee.wecom_id,
        "external_userid": follow.identity.value,
    }


def named(pull: Pull) -> set[tuple[str, str]]:
    return set(pull.differences.values_list("kind", "subject"))


def test_asks_once_for_each_employee_and_writes_nothing(small):
    before = marks()
    employees = len(small.rows("SELECT * FROM employee WHERE serves"))

    swept = read()

    assert swept.calls == employees + 1
    assert marks() == before
    assert not swept.differences.exists()


def test_reads_whom_it_does_not_know_with_all_that_is_told(small):
    done = small.do("add", remark="新客户")
    small.do("edit_phones", **only(done), mobiles=["13800138000"])

    swept = read()

    follow = Follow.objects.get(identity__value=done["external_userid"])
    assert (follow.remark, phones_of(follow)) == ("新客户", ["13800138000"])
    assert named(swept) == {
        ("missing_here", f"{done['userid'].lower()} · {done['external_userid']}")
    }
    found = swept.differences.get()
    assert (found.contact, found.employee) == (
        follow.identity.contact,
        follow.employee,
    )


def only(done: dict) -> dict[str, str]:
    return {name: done[name] for name in ("userid", "external_userid")}


def test_concludes_that_who_is_not_listed_was_dropped(small):
    follow = a_follow()
    small.do("employee_drops", **pair(follow))

    read()

    follow.refresh_from_db()
    assert (follow.ended_by, follow.end_known) == ("employee", False)


def test_does_not_ask_again_for_those_who_left_us(small):
    follow = a_follow()
    Follow.objects.filter(pk=follow.pk).update(
        ended_at=timezone.now(), ended_by="contact"
    )

    swept = read()

    follow.refresh_from_db()
    assert follow.ended_by == "contact"
    assert not swept.differences.exists()


def test_does_not_see_remarks(small):
    small.do("edit_remark", **pair(a_follow()), remark="改过")

    assert not read().differences.exists()
    assert read(Pull.Scope.WHOLE).differences.count() == 1


def test_of_named_employees_asks_for_no_others(small):
    who = a_follow().employee.wecom_id

    assert read(accounts=[who]).calls == 2


def test_an_empty_list_waits_for_a_person(small):
    theirs = Follow.objects.open().filter(employee__wecom_id=FEW)
    theirs = theirs.filter(confirmed_at__isnull=False)
    for each in theirs.select_related("employee", "identity"):
        small.do("employee_drops", **pair(each))
    before = marks()

    swept = read()

    assert [held["items"] for held in swept.held_back] == [
        sorted(theirs.values_list("identity__value", flat=True))
    ]
    assert marks() == before


@pytest.mark.parametrize("errcode", [60111, 84061, 48002])
def test_a_list_that_is_refused_removes_nobody(small, sandbox, errcode):
    small.do("employee_drops", **pair(a_follow()))
    sandbox.faults.replace([{"api": LIST, "do": errcode}])
    before = marks()

    read()

    assert marks() == before


def test_an_error_in_the_middle_removes_nobody_and_the_rest_is_read_later(
    small, sandbox
):
    follow = a_follow()
    small.do("employee_drops", **pair(follow))
    sandbox.faults.replace([{"api": LIST, "do": 40058, "times": 1}])
    before = marks()

    stopped = start_pull(by=None, at=timezone.now(), scope=Pull.Scope.SWEEP)
    while stopped.status == "waiting":
        advance(pull=stopped)
        stopped.refresh_from_db()
    assert stopped.status == "failed"
    assert marks() == before

    sandbox.faults.replace([])
    stopped.try_again(at=timezone.now())
    stopped.refresh_from_db()
    advance(pull=stopped)
    follow.refresh_from_db()
    assert follow.ended_at is not None


def test_an_employee_out_of_range_loses_nobody(small):
    small.knobs.turn(out_of_range=[a_follow().employee.wecom_id])
    before = marks()

    read()

    assert marks() == before


def test_one_who_cannot_be_read_any_more_is_passed_over(small, sandbox):
    done = small.do("add")
    sandbox.faults.replace([{"api": GET, "do": 84061, "times": 1}])

    swept = read()

    assert not swept.differences.exists()
    assert not Follow.objects.filter(identity__value=done["external_userid"]).exists()


def test_an_id_too_long_to_be_noted_whole_is_seen(small):
    follow = a_follow()
    old, long = follow.identity.value, "wm" + "x" * 90
    with small.changing():
        for table in ("person", "follow"):
            small.run(
                f"UPDATE {table} SET external_userid = ? WHERE external_userid = ?",
                *(long, old),
            )
    follow.identity.value = long
    follow.identity.save()

    read()

    follow.refresh_from_db()
    assert follow.ended_at is None


def test_a_number_that_no_way_has_stops_no_pull(small):
    with small.changing():
        small.run("UPDATE follow SET add_way = 99999")

    read(Pull.Scope.WHOLE)

    assert set(Follow.objects.values_list("add_way", flat=True)) == {0}


class TestWhatIsHeldBack:
    @pytest.fixture
    def held(self, small):
        """Most of an employee's list is not there for once."""
        follows = Follow.objects.open().filter(confirmed_at__isnull=False)
        [who, _many] = Counter(
            follows.values_list("employee__wecom_id", flat=True)
        ).most_common(1)[0]
        theirs = "FROM follow WHERE userid = ? COLLATE NOCASE"
        with small.changing():
            small.run(f"CREATE TABLE aside AS SELECT * {theirs}", who)
            least = f"SELECT min(id) {theirs} AND relation = 'mutual'"
            small.run(f"DELETE {theirs} AND id <> ({least})", who, who)
        return read()

    def test_keeps_no_other_list(self, held):
        [asked] = held.held_back

        seen = set(held.sightings.values_list("whole", flat=True))
        assert seen == {asked["whole"]}

    def test_is_no_longer_asked_once_the_list_was_read_again(self, held, small):
        with small.changing():
            small.run("INSERT OR IGNORE INTO follow SELECT * FROM aside")
        again = read()
        before = marks()

        assert not again.held_back
        with pytest.raises(ReadAgain):
            believe_removals(pull=held, by=make.user(), at=timezone.now())
        assert marks() == before

    def test_is_still_asked_when_others_were_read(self, held):
        [asked] = held.held_back
        others = a_follow_of_others(asked["whole"])
        read(accounts=[others])

        count = believe_removals(pull=held, by=make.user(), at=timezone.now())

        assert count == len(asked["items"])


def a_follow_of_others(who: str) -> str:
    rows = Follow.objects.open().exclude(employee__wecom_id=who)
    return rows.values_list("employee__wecom_id", flat=True)[0]
