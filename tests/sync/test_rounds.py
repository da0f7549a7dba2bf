"""When WeCom is read again, and how much of it."""

from datetime import timedelta

import pytest
from django.db import connection

from apps.common.models import Absence
from apps.sync import parts, rounds
from apps.sync.models import AccountRead, Pull
from apps.sync.parts import parts_of, whose_turn_it_is
from apps.sync.pull import advance, alone, start_pull
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db
Scope = Pull.Scope
MONDAY = 2  # of March 2026


@pytest.fixture
def pulled():
    return make.pull(status="done", source="first_pull", done_at=day(1))


def waiting() -> list[tuple[str, list[str]]]:
    rows = Pull.objects.filter(status="waiting").order_by("due_at", "pk")
    return list(rows.values_list("scope", "accounts"))


class TestParts:
    @pytest.mark.parametrize(
        ("follows", "nights"),
        [
            *((0, 1), (1_000_000, 1), (1_000_001, 2)),
            *((6_500_000, 7), (10_000_000, 7)),
        ],
    )
    def test_are_one_for_each_million_but_no_more_than_a_week(self, follows, nights):
        assert parts_of(follows) == nights

    def test_of_those_read_longest_ago_come_first(self, monkeypatch):
        monkeypatch.setattr(parts, "parts", lambda: 2)
        AccountRead.objects.create(account="lin", read_at=day(3))
        AccountRead.objects.create(account="wang", read_at=day(1))
        AccountRead.objects.create(account="zhao", read_at=day(2))

        assert whose_turn_it_is(["lin", "new", "wang", "zhao"]) == ["new", "wang"]


class TestTheNightlyRound:
    def test_reads_everything_in_a_company_of_our_size(self, pulled):
        rounds.read_again(at=day(2))

        assert waiting() == [("whole", [])]

    def test_reads_a_part_beyond_a_million(self, pulled, monkeypatch):
        monkeypatch.setattr(parts, "A_NIGHT", 1)
        lin = make.employee()
        make.follow(employee=lin)
        make.follow(employee=lin)

        rounds.read_again(at=day(2))

        assert waiting() == [("part", [])]

    def test_is_the_first_pull_where_there_was_none(self):
        rounds.read_again(at=day(2))

        assert Pull.objects.get().source == "first_pull"


class TestTheHourlyRound:
    def test_sweeps_everybody_in_a_small_company(self, pulled):
        make.employee()

        rounds.sweep_lists(at=day(2))

        assert waiting() == [("sweep", [])]

    def test_sweeps_those_with_traffic_in_a_large_one(self, pulled, monkeypatch):
        monkeypatch.setattr(rounds, "SMALL", 2)
        for who in ("busy", "adds", "idle"):
            make.employee(wecom_id=who)
        make.callback(message={"UserID": "Busy"}, received_at=day(2, hour=8.5))
        make.callback(message={"UserID": "idle"}, received_at=day(2, hour=7))
        adds = rounds.Employee.objects.get(wecom_id="adds")
        make.follow(employee=adds, started_at=day(2, hour=8.9))

        rounds.sweep_lists(at=day(2))

        assert waiting() == [("sweep", ["adds", "busy"])]

    def test_waits_for_the_first_pull(self):
        rounds.sweep_lists(at=day(2))
        rounds.audit(at=day(2))

        assert waiting() == []

    def test_goes_on_when_the_first_pull_was_forgotten(self):
        make.pull(status="done", scope="part", done_at=day(2))

        rounds.sweep_lists(at=day(40))

        assert waiting() == [("sweep", [])]


class TestTurns:
    def test_one_of_each_scope_waits(self, pulled):
        for hour in (9, 10):
            rounds.sweep_lists(at=day(2, hour=hour))
            rounds.audit(at=day(2, hour=hour))
            rounds.read_again(at=day(2, hour=hour))

        assert sorted(scope for scope, _who in waiting()) == [
            "audit",
            "sweep",
            "whole",
        ]

    def test_a_check_gives_way_to_nothing(self, pulled):
        check = start_pull(by=None, at=day(2), looks_only=True)

        pull = start_pull(by=None, at=day(2))

        check.refresh_from_db()
        assert (check.status, check.cancel_asked) == ("waiting", False)
        assert pull != check

    def test_one_that_waits_reads_for_both_who_asked(self, pulled):
        start_pull(by=None, at=day(2), scope=Scope.SWEEP, accounts=["lin"])
        start_pull(by=None, at=day(2), scope=Scope.SWEEP, accounts=["wang"])
        assert waiting() == [("sweep", ["lin", "wang"])]

        start_pull(by=None, at=day(2), scope=Scope.SWEEP)
        assert waiting() == [("sweep", [])]

    def test_one_that_has_begun_is_joined_unless_it_must_be_afresh(self, pulled):
        begun = start_pull(by=None, at=day(2), scope=Scope.SWEEP)
        Pull.objects.filter(pk=begun.pk).update(doing="lists")

        assert start_pull(by=None, at=day(2), scope=Scope.SWEEP) == begun
        afresh = start_pull(by=None, at=day(2), scope=Scope.SWEEP, afresh=True)
        assert afresh != begun


@pytest.mark.django_db(transaction=True)
def test_who_finds_another_reading_waits_its_turn_and_has_not_failed(sandbox):
    pull = make.pull(due_at=day(2), attempts=1)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended('pull', 0))")
        advance(pull=pull)
    finally:
        other.close()

    pull.refresh_from_db()
    assert (pull.status, pull.attempts, pull.last_error) == ("waiting", 0, "")
    assert pull.due_at > day(2)
    with alone():
        pass  # it is free again


class TestAfterAnAbsence:
    @pytest.fixture
    def absence(self):
        return Absence.objects.create(
            role="web", began_at=day(2, hour=8), ended_at=day(2, hour=8.5), why="silent"
        )

    def test_sweeps_all_at_once_and_reads_everything_after_it(self, pulled, absence):
        rounds.make_up(at=day(2))

        assert waiting() == [("sweep", []), ("whole", [])]
        absence.refresh_from_db()
        assert absence.dealt_with_at == day(2)

    def test_nothing_began_before_a_pull_that_has_not_begun(self, pulled, absence):
        """A command may read it at once; who is added meanwhile is not gone."""
        rounds.make_up(at=day(2))

        later = Pull.objects.get(status="waiting", scope="whole")
        assert later.created_at == day(2) < later.due_at

    def test_is_dealt_with_once(self, pulled, absence):
        rounds.make_up(at=day(2))
        Pull.objects.update(status="done")

        rounds.make_up(at=day(2, hour=9.1))

        assert waiting() == []

    def test_does_not_rely_on_what_was_read_before_its_end(self, pulled, absence):
        begun = start_pull(by=None, at=day(2, hour=8.2), scope=Scope.SWEEP)
        Pull.objects.filter(pk=begun.pk).update(doing="lists")

        rounds.make_up(at=day(2))

        assert Pull.objects.filter(scope="sweep", doing="").count() == 1

    def test_of_a_worker_is_no_reason(self, pulled):
        Absence.objects.create(
            role="worker:calls", began_at=day(1), ended_at=day(2), why="silent"
        )

        rounds.make_up(at=day(2))

        assert waiting() == []

    def test_is_kept_until_there_was_a_first_pull(self, absence):
        rounds.make_up(at=day(2))

        absence.refresh_from_db()
        assert absence.dealt_with_at is None


class TestSilence:
    def hear(self, *, until: float, on: int = MONDAY) -> None:
        last = day(on, hour=until)
        for number in range(30):
            make.callback(received_at=last - timedelta(minutes=2 * number))

    @pytest.mark.parametrize(
        ("on", "hour", "sweeps"),
        [
            (MONDAY, 10.4, 0),  # 24 minutes are not long enough
            (MONDAY, 10.6, 1),
            (MONDAY, 22, 0),  # at night silence says nothing
            (MONDAY - 1, 10.6, 0),  # nor does it on a Sunday
        ],
    )
    def test_in_office_hours_is_a_reason_to_sweep(self, pulled, on, hour, sweeps):
        self.hear(until=10, on=on)

        rounds.make_up(at=day(on, hour=hour))

        assert waiting() == [("sweep", [])] * sweeps

    def test_that_is_usual_is_none(self, pulled):
        last = day(MONDAY, hour=10)
        for number in range(30):
            make.callback(received_at=last - timedelta(minutes=5 * number))

        rounds.make_up(at=day(MONDAY, hour=10.6))

        assert waiting() == []

    def test_is_a_reason_once_an_hour(self, pulled):
        self.hear(until=10)
        rounds.make_up(at=day(MONDAY, hour=10.6))
        Pull.objects.update(status="done")

        rounds.make_up(at=day(MONDAY, hour=11.5))
        assert waiting() == []

        rounds.make_up(at=day(MONDAY, hour=11.7))
        assert waiting() == [("sweep", [])]
