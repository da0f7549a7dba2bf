"""A cap is reached at 23:59: the backup takes over, and hands back at midnight."""

from datetime import date

import pytest

from apps.channels.keep import keep, publish
from apps.channels.models import ChannelDay, Entry
from apps.channels.tasks import follow_the_clock
from apps.sync.models import Pull
from apps.sync.reconcile import check
from tests.channels.doors import hear
from tests.conftest import day

pytestmark = pytest.mark.django_db(transaction=True)
MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


@pytest.fixture
def clock(time_machine):
    """Moves to a time of Monday, or of Tuesday."""

    def move(number: int, hour: int, minute: int, second: int = 0) -> None:
        at = day(number, hour=hour).replace(minute=minute, second=second)
        time_machine.move_to(at, tick=True)

    return move


@pytest.fixture
def code(clock, people, work_off):
    ann, ben, _cat = people
    clock(2, 23, 50)
    rows = [
        {"employee": ann.pk, "daily_cap": 2},
        {"employee": ben.pk, "is_backup": True},
    ]
    at = day(2, hour=23.5)
    kept = keep(draft={"always": True, "people": rows}, name="门店", by=None, at=at)
    made = publish(channel=kept, by=None, at=at)
    work_off()
    return made


def on_it(corp):
    return corp.dump(["contact_ways"])["contact_ways"][0]["users"]


def days():
    rows = ChannelDay.objects.values_list("day", "employee__wecom_id", "added", "over")
    return sorted(rows)


def test_the_backup_takes_over_at_once_and_hands_back_at_midnight(
    corp, wecom, work_off, clock, code
):
    for minute in (58, 59):
        clock(2, 23, minute)
        done = corp.do("scan", state=code.state)
        assert done["userid"] == "ann"
        hear(wecom, done)
        work_off()
    assert on_it(corp) == ["ben"]

    clock(2, 23, 59, 30)
    hear(wecom, corp.do("scan", state=code.state))
    work_off()
    assert on_it(corp) == ["ben"]

    clock(3, 0, 0, 1)
    follow_the_clock()
    work_off()
    assert on_it(corp) == ["ann"]

    hear(wecom, corp.do("scan", state=code.state))
    work_off()
    assert days() == [
        (MONDAY, "ann", 2, 0),
        (MONDAY, "ben", 1, 0),
        (TUESDAY, "ann", 1, 0),
    ]
    Pull.objects.create(lane="bulk", source="first_pull", status="done", scope="whole")
    assert "way different" not in check().differences


def test_who_scanned_before_wecom_heard_of_it_is_beyond_the_cap_and_no_more(
    corp, wecom, work_off, clock, code
):
    clock(2, 23, 59)
    scans = [corp.do("scan", state=code.state) for _number in range(4)]
    for done in scans:
        hear(wecom, done)
    work_off()

    assert days() == [(MONDAY, "ann", 4, 2)]
    assert on_it(corp) == ["ben"]
    assert Entry.objects.filter(over=True).count() == 2


def test_what_is_heard_after_midnight_counts_for_the_day_before(
    corp, wecom, work_off, clock, code
):
    clock(2, 23, 59, 50)
    late = [corp.do("scan", state=code.state) for _number in range(2)]
    clock(3, 0, 1)
    for done in late:
        hear(wecom, done)
    follow_the_clock()
    work_off()

    assert days() == [(MONDAY, "ann", 2, 0)]
    assert on_it(corp) == ["ann"]  # of Tuesday nothing is used up
