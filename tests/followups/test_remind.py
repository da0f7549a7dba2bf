"""Whoever has something to do is reminded once, and their manager when it is late."""

from datetime import timedelta

import pytest

from apps.events.models import EventRecord
from apps.followups.models import Notice
from apps.followups.move import open_lead
from apps.followups.notices import see_all, unseen_of
from apps.followups.remind import remind
from apps.followups.say_in_wecom import say_in_wecom
from apps.followups.tasks_of import add_task, finish, put_off
from apps.staff.models import Department, Posting
from apps.wecom.models import Command
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

MONDAY = 2


@pytest.fixture
def team():
    """An employee below a boss, whose department is below the chief's."""
    chief, boss, me = (make.employee(n) for n in ("总监", "主管", "林静"))
    top = Department.objects.create(wecom_id=1, name="公司")
    below = Department.objects.create(wecom_id=2, name="门店", parent=top)
    for employee, department, leads in (
        (chief, top, True),
        (boss, below, True),
        (me, below, False),
    ):
        Posting.objects.create(employee=employee, department=department, leads=leads)
    user = make.user("lin", role="employee", employee=me)
    make.user("boss", role="manager", employee=boss)
    return {"chief": chief, "boss": boss, "me": me, "user": user}


def step(team, *, due_at):
    return add_task(
        contact=make.contact(owner=team["me"]),
        text="回访",
        due_at=due_at,
        employee=team["me"],
        by=team["user"],
        at=day(MONDAY, hour=9),
    )


def told() -> list[tuple[str, str]]:
    rows = Notice.objects.order_by("pk").values_list("kind", "employee__name")
    return list(rows)


def test_it_is_told_once_before_once_when_late_and_then_to_the_manager(team):
    step(team, due_at=day(MONDAY, hour=10))
    expected = []
    for minutes, new in (
        (40, []),
        (51, [("due", "林静")]),
        (55, []),
        (60, [("overdue", "林静")]),
        (110, []),
        (121, [("escalated", "主管")]),
        (600, []),
    ):
        remind(at=day(MONDAY) + timedelta(minutes=minutes))
        expected += new
        assert told() == expected, minutes
    assert EventRecord.objects.filter(kind="TaskOverdue").count() == 1


def test_after_an_outage_it_is_told_as_overdue_alone(team):
    step(team, due_at=day(MONDAY, hour=10))

    remind(at=day(MONDAY, hour=10.5))

    assert told() == [("overdue", "林静")]


def test_a_first_contact_that_is_late_is_told_to_the_manager_at_once(team):
    contact = make.contact(owner=team["me"])
    open_lead(contact=contact, by=team["user"], at=day(MONDAY))

    remind(at=day(MONDAY) + timedelta(minutes=31))

    assert told() == [("overdue", "林静"), ("escalated", "主管")]


def test_who_leads_the_department_is_told_of_by_whoever_stands_above(team):
    add_task(
        contact=make.contact(owner=team["boss"]),
        text="回访",
        due_at=day(MONDAY, hour=10),
        employee=team["boss"],
        by=team["user"],
        at=day(MONDAY),
    )
    remind(at=day(MONDAY, hour=15))

    assert told() == [("overdue", "主管"), ("escalated", "总监")]


def test_what_is_done_or_put_off_is_told_no_more(team):
    done, later = (step(team, due_at=day(MONDAY, hour=10)) for _n in range(2))
    remind(at=day(MONDAY, hour=9.9))
    assert unseen_of(team["user"]) == 2

    finish(task=done, by=team["user"], at=day(MONDAY, hour=9.95))
    put_off(
        task=later,
        due_at=day(MONDAY, hour=16),
        by=team["user"],
        at=day(MONDAY, hour=9.95),
    )
    remind(at=day(MONDAY, hour=12))

    assert told() == [("due", "林静")] * 2
    assert unseen_of(team["user"]) == 1
    see_all(by=team["user"], at=day(MONDAY, hour=12))
    assert unseen_of(team["user"]) == 0


def messages() -> list[str]:
    asked = Command.objects.filter(call="message.send").order_by("pk")
    return [each.arguments["text"]["content"] for each in asked]


def test_what_waits_is_one_message_and_the_next_not_before_a_quarter_of_an_hour(team):
    for hour in (10, 10, 10.1):
        step(team, due_at=day(MONDAY, hour=hour))
    remind(at=day(MONDAY, hour=10))

    say_in_wecom(at=day(MONDAY, hour=10))
    assert len(messages()) == 1
    assert messages()[0].splitlines()[:2] == ["2 条待办已逾期", "1 条待办即将到期"]

    remind(at=day(MONDAY, hour=10.2))
    say_in_wecom(at=day(MONDAY, hour=10.2))
    assert len(messages()) == 1

    Command.objects.update(status="done")
    say_in_wecom(at=day(MONDAY, hour=10.3))
    assert len(messages()) == 2


def test_nobody_is_sent_anything_at_night_nor_what_they_have_seen(team):
    step(team, due_at=day(MONDAY, hour=20))
    step(team, due_at=day(MONDAY, hour=20))
    remind(at=day(MONDAY, hour=20))
    say_in_wecom(at=day(MONDAY, hour=20))
    assert messages() == []

    see_all(by=team["user"], at=day(MONDAY, hour=21))
    say_in_wecom(at=day(MONDAY + 1, hour=9))
    assert messages() == []


def test_a_message_names_nobody(team):
    step(team, due_at=day(MONDAY, hour=10))
    remind(at=day(MONDAY, hour=10))
    say_in_wecom(at=day(MONDAY, hour=10))

    assert "张三丰" not in messages()[0] and "回访" not in messages()[0]
