"""Slots on the corp's clock: half-open, split at midnight, special dates, coverage.

The names of the tests tell what went wrong elsewhere in the trade.
"""

from datetime import UTC, date, datetime

import pytest

from apps.audit.models import AuditRow
from apps.audit.telling import tell
from apps.channels.check import check
from apps.channels.duty import (
    is_on_duty,
    next_boundary,
    pieces_of,
    skips_verification,
    slots_at,
)
from apps.channels.plan import NotAPlan, read
from tests import make
from tests.conftest import day

MONDAY, TUESDAY = 2, 3  # of March 2026


def slot(days, start, until, people=()):
    return {"days": days, "from": start, "until": until, "people": list(people)}


def on_duty(plan, at, who=1):
    return is_on_duty(slots_at(plan, at), who)


def at(number, clock):
    hour, minute = map(int, clock.split(":"))
    return day(number, hour=hour + minute / 60)


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("08:59", False),
        # the first minute is in
        ("09:00", True),
        ("17:59", True),
        # the last is not
        ("18:00", False),
    ],
)
def test_a_slot_is_half_open(clock, expected):
    plan = read({"slots": [slot([1], "09:00", "18:00")]})

    assert on_duty(plan, at(MONDAY, clock)) is expected


def test_weekdays_are_not_only_stored_but_asked():
    plan = read({"slots": [slot([1], "09:00", "18:00")]})

    assert on_duty(plan, at(MONDAY, "10:00"))
    assert not on_duty(plan, at(TUESDAY, "10:00"))


@pytest.mark.parametrize(
    ("number", "clock", "expected"),
    [
        (MONDAY, "21:59", False),
        (MONDAY, "22:00", True),
        (MONDAY, "23:59", True),
        # after midnight it is Tuesday, and still Monday's slot
        (TUESDAY, "00:00", True),
        (TUESDAY, "01:59", True),
        (TUESDAY, "02:00", False),
        (TUESDAY, "22:30", False),
        # the night to Monday is Sunday's, who has none
        (MONDAY, "01:00", False),
    ],
)
def test_a_slot_that_crosses_midnight_is_split_there(number, clock, expected):
    plan = read({"slots": [slot([1], "22:00", "02:00")]})

    assert on_duty(plan, at(number, clock)) is expected


def test_a_slot_until_midnight_has_no_minute_of_the_next_day():
    plan = read({"slots": [slot([1], "18:00", "00:00")]})

    assert on_duty(plan, at(MONDAY, "23:59"))
    assert not on_duty(plan, at(TUESDAY, "00:00"))


def test_the_clock_is_the_corps_and_not_greenwichs():
    plan = read({"slots": [slot([1], "09:00", "18:00")]})

    assert on_duty(plan, datetime(2026, 3, 2, 1, 0, tzinfo=UTC))
    assert not on_duty(plan, datetime(2026, 3, 2, 12, 0, tzinfo=UTC))


class TestSpecialDates:
    PLAN = {
        "slots": [slot([1, 2], "09:00", "18:00")],
        "dates": [
            {"first": "2026-03-02", "from": "20:00", "until": "01:00", "people": []},
            {"first": "2026-03-04", "last": "2026-03-06", "is_closed": True},
        ],
    }

    @pytest.mark.parametrize(
        ("number", "clock", "expected"),
        [
            # the week is not asked on that day
            (MONDAY, "10:00", False),
            (MONDAY, "20:00", True),
            # what is left after midnight stands on the next day, beside its own
            (TUESDAY, "00:59", True),
            (TUESDAY, "01:00", False),
            (TUESDAY, "10:00", True),
        ],
    )
    def test_take_the_place_of_their_weekday(self, number, clock, expected):
        assert on_duty(read(self.PLAN), at(number, clock)) is expected

    def test_a_night_of_their_weekday_does_not_go_on_behind_them(self):
        plan = read(
            {
                "slots": [slot([1, 2, 3, 4, 5], "18:00", "02:00")],
                "dates": [{"first": "2026-03-04", "is_closed": True}],
            }
        )

        assert not on_duty(plan, at(5, "01:00"))
        assert on_duty(plan, at(6, "01:00"))

    def test_a_closed_span_has_nobody_on_each_of_its_days(self):
        plan = read(self.PLAN)

        assert [pieces_of(plan, date(2026, 3, n)) for n in (4, 5, 6)] == [[], [], []]


@pytest.mark.parametrize(
    ("now", "expected"),
    [("08:30", "09:00"), ("09:00", "10:00"), ("17:30", "18:00")],
)
def test_a_code_is_looked_at_at_the_next_boundary_or_in_an_hour(now, expected):
    plan = read({"slots": [slot([1], "09:00", "18:00")]})

    assert next_boundary(plan, at(MONDAY, now)) == at(MONDAY, expected)


def test_midnight_is_always_a_boundary_since_caps_begin_anew():
    plan = read({"always": True})

    assert next_boundary(plan, at(MONDAY, "23:40")) == at(TUESDAY, "00:00")


@pytest.mark.parametrize(
    ("clock", "expected"), [("21:59", False), ("22:00", True), ("07:00", False)]
)
def test_verification_is_skipped_within_a_window_that_crosses_midnight(clock, expected):
    plan = read({"verify": "window", "skip_from": "22:00", "skip_until": "07:00"})

    assert skips_verification(plan, at(MONDAY, clock)) is expected


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"slots": [slot([1], "09:00", "09:00")]}, "slots"),
        ({"slots": [slot([], "09:00", "10:00")]}, "slots"),
        ({"slots": [slot([1], "9", "10:00")]}, "slots"),
        ({"slots": [slot([1], "25:00", "10:00")]}, "slots"),
        ({"dates": [{"first": "2026-03-05", "last": "2026-03-01"}]}, "dates"),
        ({"daily_cap": 0}, "daily_cap"),
        ({"daily_cap": "many"}, "daily_cap"),
        ({"people": [{"employee": 1}, {"employee": 1}]}, "people"),
        ({"people": [{"employee": None}]}, "people"),
        ({"rotation": "by the stars"}, "rotation"),
        ({"remark": "很" * 40}, "remark"),
    ],
)
def test_nonsense_is_told_at_its_field(told, field):
    with pytest.raises(NotAPlan) as refusal:
        read({"always": True} | told if "slots" not in told else told)

    assert [problem.field for problem in refusal.value.problems] == [field]


@pytest.mark.django_db
class TestCheck:
    def problems(self, told, field):
        found = check(read(told), at=day(3))
        return [p.why for p in found.problems if p.field == field]

    def people(self, *employees, **more):
        return [{"employee": who.pk} | more for who in employees]

    def test_an_hour_nobody_covers_is_refused_and_named(self):
        ann = make.employee()
        told = {
            "people": self.people(ann),
            "slots": [slot([1, 2, 3, 4, 5, 6, 7], "09:00", "00:00")],
        }

        (why,) = self.problems(told, "slots")

        assert "00:00–09:00" in why

    def test_a_backup_covers_what_nobody_else_does(self):
        ann, ben = make.employee(), make.employee("周明")
        told = {
            "people": self.people(ann) + self.people(ben, is_backup=True),
            "slots": [slot([1], "09:00", "18:00")],
        }

        found = check(read(told), at=day(3))

        assert found.problems == []
        monday = found.week[0].stretches
        assert [(s.hours, s.kind) for s in monday] == [
            ("00:00–09:00", "backup"),
            ("09:00–18:00", "on"),
            ("18:00–24:00", "backup"),
        ]

    def test_a_special_date_that_nobody_covers_is_refused_as_well(self):
        ann = make.employee()
        told = {
            "always": True,
            "people": self.people(ann),
            "dates": [{"first": "2026-10-01", "is_closed": True}],
        }

        (why,) = self.problems(told, "dates")

        assert "2026-10-01 00:00–24:00" in why

    def test_overlapping_slots_of_the_same_person_are_refused(self):
        ann, ben = make.employee(), make.employee("周明")
        both = [slot([1], "09:00", "13:00", [ann.pk]), slot([1], "12:00", "18:00", [])]
        told = {"people": self.people(ann, ben), "slots": both}

        whys = self.problems(told, "slots")

        assert any("12:00–13:00" in why for why in whys)

    def test_slots_of_different_people_may_overlap(self):
        ann, ben = make.employee(), make.employee("周明")
        both = [
            slot([*range(1, 8)], "00:00", "13:00", [ann.pk]),
            slot([*range(1, 8)], "12:00", "00:00", [ben.pk]),
        ]
        told = {"people": self.people(ann, ben), "slots": both}

        assert self.problems(told, "slots") == []

    def test_one_without_the_permission_is_named_and_the_others_are_taken(self):
        ann, ben = make.employee(), make.employee("周明", serves=False)

        found = check(
            read({"always": True, "people": self.people(ann, ben)}), at=day(3)
        )

        assert found.problems == []
        assert ["周明" in notice.why for notice in found.notices] == [True]

    def test_a_code_of_nobody_who_may_is_refused(self):
        ben = make.employee("周明", serves=False)

        whys = self.problems({"always": True, "people": self.people(ben)}, "people")

        assert len(whys) == 1

    def test_a_remark_knows_its_placeholders_only(self):
        ann = make.employee()
        told = {"always": True, "people": self.people(ann), "remark": "{mobile}"}

        assert len(self.problems(told, "remark")) == 1


@pytest.mark.django_db
def test_an_audit_row_says_what_of_a_plan_was_changed_and_by_name():
    ann = make.employee("林静")
    before = {"people": [{"employee": ann.pk}], "rotation": "in_turn", "always": True}
    after = {
        **before,
        "people": [{"employee": ann.pk, "weight": 2, "daily_cap": 30}],
        "always": False,
        "slots": [slot([1, 2], "09:00", "18:00", [ann.pk])],
    }
    row = AuditRow(
        about_kind="channels.channel",
        deed="changed",
        before={"draft": before},
        after={"draft": after},
    )

    [told] = tell([row])

    changes = {str(c.field): (c.before, c.after) for c in told.changes}
    assert changes == {
        "员工": ("林静", "林静（权重 2，每日 30 人）"),
        "每周时段": ("全天", "星期一 星期二 09:00–18:00（林静）"),
    }
