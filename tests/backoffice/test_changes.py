"""A number on the front page is the length of the list that it opens."""

from datetime import date, timedelta

import pytest
import time_machine

from apps.backoffice.changes import CHANGES, Period
from apps.backoffice.dashboard import figures, noted, trend
from tests import make
from tests.conftest import day

NOON = day(10, hour=12)
TODAY = Period.of_day(date(2026, 3, 10))

pytestmark = pytest.mark.django_db


@pytest.fixture
def living():
    """A day with one change of each kind, and others just outside of it."""
    lin, lily = make.employee("林静"), make.employee("Lily")
    begins, ends = day(10, hour=0), day(11, hour=0)
    for number in range(3):
        make.follow(make.contact(f"新人{number}"), employee=lin, started_at=NOON)
    make.follow(employee=lily, started_at=begins)
    make.follow(employee=lily, started_at=begins - timedelta(seconds=1))
    make.follow(employee=lily, started_at=ends)
    gone = {"started_at": day(1), "ended_at": NOON}
    make.follow(employee=lin, ended_by="contact", **gone)
    make.follow(employee=lin, ended_by="employee", **gone)
    make.follow(employee=lin, ended_by="transfer", **gone)
    # an end whose beginning we never heard of is no new contact
    make.follow(
        employee=lin,
        started_at=NOON,
        ended_at=NOON,
        ended_by="contact",
        start_known=False,
    )
    someone = make.contact("赵敏", owner=lin)
    for kind in ("GroupJoined", "GroupLeft", "Tagged", "Untagged"):
        make.event(kind, at=NOON, contact=someone)
    # of our own people, and of yesterday
    make.event("GroupJoined", at=NOON)
    make.event("Tagged", at=begins - timedelta(seconds=1), contact=someone)
    return lin, lily


def numbers(at=NOON) -> dict[str, tuple[int, int]]:
    root = make.root()
    shown = figures(trend(at=at, user=root), noted(at=at, user=root))
    return {f["change"].name: (f["many"], f["before"]) for f in shown}


def test_counts_the_day_and_the_day_before(living):
    assert numbers() == {
        "added": (4, 1),
        "left": (2, 0),
        "dropped": (1, 0),
        "joined": (1, 0),
        "quit": (1, 0),
        "tagged": (2, 1),
    }


@pytest.mark.parametrize("name", CHANGES)
def test_each_number_is_the_length_of_its_list(living, visit, name):
    with time_machine.travel(NOON, tick=False):
        page = visit(f"/admin/changes/{name}/", role="manager")

    assert page.status_code == 200
    assert page.context["page_obj"].paginator.count == numbers()[name][0]
    assert len(page.context["lines"]) == CHANGES[name].rows(TODAY).count()


def test_the_trend_holds_fourteen_days_with_today_last(living):
    days = trend(at=NOON, user=make.root())

    assert [d["day"] for d in days][::13] == [date(2026, 2, 25), date(2026, 3, 10)]
    assert [d["added"] for d in days][-2:] == [1, 4]


class TestTheList:
    def see(self, visit, name="added", **query):
        with time_machine.travel(NOON, tick=False):
            return visit(f"/admin/changes/{name}/", role="manager", **query)

    def names(self, page) -> set[str]:
        return {line.contact.name for line in page.context["lines"]}

    def test_may_be_of_one_employee(self, living, visit):
        lin, _lily = living

        page = self.see(visit, employee=lin.pk)

        assert self.names(page) == {"新人0", "新人1", "新人2"}

    def test_of_events_is_of_an_employees_contacts(self, living, visit):
        lin, lily = living

        assert self.names(self.see(visit, "tagged", employee=lin.pk)) == {"赵敏"}
        assert self.names(self.see(visit, "tagged", employee=lily.pk)) == set()

    def test_may_reach_back_some_days(self, living, visit):
        assert len(self.see(visit, days=2).context["lines"]) == 5

    def test_walks_to_the_day_before_and_not_into_the_future(self, living, visit):
        asked = self.see(visit).context["asked"]

        assert (asked.earlier, asked.later) == ("?on=2026-03-09&days=1", "")

    @pytest.mark.parametrize(
        "nonsense",
        [
            {"on": "yesterday"},
            {"on": "0001-01-01"},
            {"on": "9999-12-31"},
            {"days": "99999999999999999999999"},
            {"days": "-3"},
            {"employee": "1 OR 1=1"},
            {"employee": "999999999"},
            {"p": "x"},
        ],
    )
    def test_passes_over_nonsense_in_the_address(self, visit, nonsense):
        assert self.see(visit, **nonsense).status_code == 200

    def test_of_an_unknown_kind_does_not_exist(self, visit):
        assert self.see(visit, "nothing").status_code == 404

    def test_is_for_those_who_may_see_contacts(self, client):
        client.force_login(make.user(is_staff=True))

        assert client.get("/admin/changes/added/").status_code == 403
