"""A week of adds, minute by minute, against each rotation of a code.

WeCom picks among those whom a code holds, and hears of a change a while later: what is
beyond a cap, or given to somebody who has just gone home, came within that while.
"""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from apps.channels.duty import local
from tests.channels.week import START, Week

ANN, BEN, CAT, DAN, EVE = range(1, 6)
WORKDAYS = [1, 2, 3, 4, 5]
ROTATIONS = ["in_turn", "weighted", "random", "least_busy"]
LAG = timedelta(minutes=1)
CAP = 15
FOUR = (ANN, BEN, CAT, DAN)


def rota(rotation, **more):
    """Three by day, one in the evening until two at night, one at weekends; on the
    Wednesday only Cat, at other hours. Eve is the backup."""
    day = {"from": "09:00", "until": "18:00", "people": [ANN, BEN, CAT]}
    night = {"from": "18:00", "until": "02:00", "people": [DAN]}
    weekend = {"from": "10:00", "until": "16:00", "people": [BEN]}
    special = {"from": "12:00", "until": "20:00", "people": [CAT]}
    slots = [
        *({"days": WORKDAYS} | slot for slot in (day, night)),
        {"days": [6, 7]} | weekend,
    ]
    dates = [{"first": "2026-03-04"} | special]
    people = [{"employee": who, "weight": 3 if who == ANN else 1} for who in FOUR]
    people.append({"employee": EVE, "is_backup": True, "daily_cap": 100_000})
    told = {"rotation": rotation, "people": people, "slots": slots, "dates": dates}
    return told | more


def on_duty(at: datetime) -> set[int]:
    """Written out by hand, hour by hour."""
    here = local(at)
    day, clock = here.day, here.hour + here.minute / 60  # March 2026; the 2nd: Monday
    if day == 4:
        return {CAT} if 12 <= clock < 20 else set()  # not even Tuesday's night
    night = {DAN} if clock < 2 and day in (3, 6, 7) else set()
    if day in (2, 3, 5, 6):
        if 9 <= clock < 18:
            return {ANN, BEN, CAT}
        return {DAN} if clock >= 18 else night
    return {BEN} if 10 <= clock < 16 else night


def busy_hours(at: datetime) -> float:
    return 0.35 if 8 <= local(at).hour < 22 else 0.15


@pytest.mark.parametrize("rotation", ROTATIONS)
class TestOfEachRotation:
    def test_nobody_off_duty_is_given_but_what_came_before_wecom_heard_of_it(
        self, rotation
    ):
        week = Week(rota(rotation), busy_hours, lag=LAG).play()

        assert len(week.given) > 2_000
        for one in week.given:
            allowed = on_duty(one.at) or {EVE}
            just_before = on_duty(one.at - LAG) or {EVE}
            assert one.who in allowed | just_before, one.at
            if one.who not in allowed:
                assert one.at - LAG < last_change(one.at) <= one.at

    def test_told_at_once_nobody_off_duty_is_given_at_all(self, rotation):
        week = Week(rota(rotation), busy_hours).play()

        assert all(one.who in (on_duty(one.at) or {EVE}) for one in week.given)

    def test_beyond_a_cap_is_only_what_was_in_flight(self, rotation):
        week = Week(rota(rotation, each_daily_cap=CAP), busy_hours, lag=LAG).play()

        reached = 0
        for (_day, who), given in week.by_day().items():
            if who == EVE:
                continue
            beyond = given[CAP:]
            reached += len(given) >= CAP
            assert all(one.over for one in beyond)
            assert not any(one.over for one in given[:CAP])
            assert all(one.flight for one in beyond)
            full_at = given[CAP - 1].at if len(given) >= CAP else None
            assert all(one.at - full_at <= LAG for one in beyond)
        assert reached >= 4  # the caps were reached, or this says nothing

    def test_told_at_once_no_cap_is_exceeded_at_any_instant(self, rotation):
        week = Week(rota(rotation, each_daily_cap=CAP), busy_hours).play()

        most = {key: len(given) for key, given in week.by_day().items()}
        assert max(many for (_day, who), many in most.items() if who != EVE) == CAP
        assert not any(one.over for one in week.given)


def last_change(at: datetime) -> datetime:
    """When somebody last came on duty or went off."""
    minute = local(at).replace(second=0, microsecond=0)
    while minute > START and on_duty(minute) == on_duty(minute - timedelta(minutes=1)):
        minute -= timedelta(minutes=1)
    return minute


class TestShares:
    PEOPLE = [{"employee": ANN, "weight": 3}, {"employee": BEN}, {"employee": CAT}]

    def shares(self, rotation, lag=timedelta(0)):
        told = {"always": True, "rotation": rotation, "people": self.PEOPLE}
        week = Week(told, lambda _at: 0.3, lag=lag).play()
        return week, Counter(one.who for one in week.given)

    @pytest.mark.parametrize(
        ("rotation", "weights"),
        [("in_turn", (1, 1, 1)), ("weighted", (3, 1, 1)), ("least_busy", (1, 1, 1))],
    )
    def test_told_at_once_they_are_within_one_of_the_weights(self, rotation, weights):
        week, shares = self.shares(rotation)

        for who, weight in zip((ANN, BEN, CAT), weights, strict=True):
            due = len(week.given) * weight / sum(weights)
            # of the day's fewest, once for each day
            allowed = 7 if rotation == "least_busy" else 1
            assert abs(shares[who] - due) <= allowed

    @pytest.mark.parametrize("rotation", ["in_turn", "weighted", "least_busy"])
    def test_otherwise_they_are_off_by_what_was_in_flight(self, rotation):
        week, shares = self.shares(rotation, lag=LAG)
        weights = (3, 1, 1) if rotation == "weighted" else (1, 1, 1)
        out_of_turn = sum(bool(one.flight) for one in week.given)

        for who, weight in zip((ANN, BEN, CAT), weights, strict=True):
            due = len(week.given) * weight / sum(weights)
            assert abs(shares[who] - due) <= 7 + out_of_turn

    def test_at_random_everybody_stands_there_and_nobody_is_left_out(self):
        week, shares = self.shares("random")

        assert {users for _at, users in week.holds} == {(ANN, BEN, CAT)}
        assert min(shares.values()) > len(week.given) / 4


def test_at_midnight_a_cap_begins_anew_and_yesterdays_is_not_forgotten():
    told = {
        "always": True,
        "people": [{"employee": ANN}, {"employee": EVE, "is_backup": True}],
        "each_daily_cap": 10,
    }

    week = Week(told, lambda _at: 0.1).play()

    hers = [given for (_day, who), given in week.by_day().items() if who == ANN]
    assert [len(given) for given in hers] == [10] * 7
    assert all(local(given[0].at).hour < 2 for given in hers)
