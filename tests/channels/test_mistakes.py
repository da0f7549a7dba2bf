"""Mistakes that are easily made with codes; the others are named where the rule is
(docs/mistakes.md)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.channels.by_the_clock import look_at_those_due
from apps.channels.models import Channel
from apps.channels.report import given_today, report_of
from apps.channels.stand import choice_at
from apps.channels.subscribers import replace_the_leaver
from apps.staff.events import EmployeeLeft
from apps.staff.models import Employee
from tests import make
from tests.channels.doors import CALLBACK, a_channel, holds, scan, wecom_does_all
from tests.conftest import day


@pytest.mark.django_db
def test_the_list_the_report_and_the_cap_tell_one_number():
    ann, ben = make.employee("林静"), make.employee("周明")
    at = timezone.now()
    channel = a_channel(ann, ben, at=at, each_daily_cap=2, rotation="random")
    for _each in range(2):
        scan(channel, by=ann, at=at)
    scan(channel, by=ben, at=at)

    assert given_today([channel.pk], at=at) == {channel.pk: 3}
    report = report_of(channel, at=at)
    assert (report.given, report.days[0].given) == (3, 3)
    counts = {
        s.person.employee: s.count.today for s in choice_at(channel, at=at).standings
    }
    assert counts == {ann.pk: 2, ben.pk: 1}
    assert holds(channel) == [ben.wecom_id]


@pytest.mark.django_db
def test_of_employees_whose_numbers_begin_alike_only_the_leaver_is_replaced():
    one = make.employee("林静", pk=1, wecom_id="one")
    eleven = make.employee("周明", pk=11, wecom_id="eleven")
    both = a_channel(one, eleven, rotation="random")
    other = a_channel(eleven, rotation="random")
    Employee.objects.filter(pk=1).update(left_at=day(2))

    replace_the_leaver(EmployeeLeft(at=day(2), source=CALLBACK, employee_id=1))
    wecom_does_all()

    assert (holds(both), holds(other)) == (["eleven"], ["eleven"])


@pytest.mark.django_db
def test_only_codes_whose_moment_has_come_are_looked_at():
    due, other = a_channel(make.employee()), a_channel(make.employee())
    at = timezone.now()
    Channel.objects.filter(pk=due.pk).update(next_at=at)
    Channel.objects.filter(pk=other.pk).update(next_at=at + timedelta(seconds=1))

    assert look_at_those_due(at=at) == 1

    other.refresh_from_db()
    assert other.next_at == at + timedelta(seconds=1)
