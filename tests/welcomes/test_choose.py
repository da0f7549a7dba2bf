"""Which welcome a new friend gets: one rule goes before the other, and says so."""

import pytest

from apps.channels.models import Channel
from apps.staff.models import Department, Posting
from apps.welcomes.choose import Verdict, choose
from apps.welcomes.doors import DOORS
from apps.welcomes.keep import switch
from apps.welcomes.models import Greeting
from tests import make
from tests.channels.doors import a_channel
from tests.conftest import day
from tests.welcomes.hellos import a_friend, a_welcome, text_of

pytestmark = pytest.mark.django_db
By = Greeting.By


def a_department(name, *, above=None, people=()):
    made = Department.objects.create(
        wecom_id=Department.objects.count() + 1, name=name, parent=above
    )
    for who in people:
        Posting.objects.create(employee=who, department=made)
    return made


def chosen(employee, *, state="", at=None):
    return choose(employee_id=employee.pk, door=DOORS.of_state(state), at=at or day(2))


class TestChoose:
    def test_the_code_goes_before_the_employee_the_department_and_everybody_else(self):
        ann = make.employee()
        shop = a_department("门店", people=[ann])
        a_welcome("大家", is_default=True)
        a_welcome("部门", departments=[shop.pk])
        a_welcome("员工", employees=[ann.pk])
        of_the_code = a_welcome("活码")
        channel = a_channel(ann, welcome=of_the_code.pk)

        choice = chosen(ann, state=channel.state)

        assert (choice.by, choice.message.text) == (By.DOOR, "活码")
        assert [step.verdict for step in choice.steps] == [
            *(Verdict.CHOSEN, Verdict.UNASKED, Verdict.UNASKED, Verdict.UNASKED)
        ]

    def test_what_is_switched_off_is_passed_over_one_after_the_other(self):
        ann = make.employee()
        shop = a_department("门店", people=[ann])
        told = [
            a_welcome("员工", employees=[ann.pk]),
            a_welcome("部门", departments=[shop.pk]),
            a_welcome("大家", is_default=True),
        ]
        found = []
        for welcome in told:
            found.append(chosen(ann).message.text)
            switch(welcome=welcome, on=False, by=None, at=day(1))

        assert found == ["员工", "部门", "大家"]
        assert chosen(ann).welcome is None

    def test_of_the_departments_above_somebody_the_nearest_one_counts(self):
        ann = make.employee()
        root = a_department("公司")
        sales = a_department("销售", above=root)
        a_department("一组", above=sales, people=[ann])
        a_welcome("公司", departments=[root.pk])
        a_welcome("销售", departments=[sales.pk])

        assert chosen(ann).message.text == "销售"
        assert chosen(ann).steps[2].about == "销售"

    def test_a_code_may_greet_nobody(self):
        ann = make.employee()
        a_welcome(is_default=True)
        channel = a_channel(ann, welcome=0)

        assert chosen(ann, state=channel.state).greets_nobody
        greeting = a_friend(ann, state=channel.state)
        assert (greeting.outcome, greeting.reason) == ("missed", "door")

    def test_a_code_whose_welcome_is_switched_off_greets_as_if_there_were_no_code(self):
        ann = make.employee()
        a_welcome("大家", is_default=True)
        off = a_welcome("活码")
        channel = a_channel(ann, welcome=off.pk)
        switch(welcome=off, on=False, by=None, at=day(1))

        choice = chosen(ann, state=channel.state)

        assert choice.message.text == "大家"
        assert choice.steps[0].verdict == Verdict.OFF

    def test_an_acquisition_link_is_a_door_like_any_other(self):
        """Elsewhere a friend who came by such a link was not greeted at all."""
        ann = make.employee()
        link = a_channel(ann, welcome=a_welcome("链接").pk)
        Channel.objects.filter(pk=link.pk).update(state="hk_acquired")

        assert text_of(a_friend(ann, state="hk_acquired")) == "链接"

    def test_nobody_has_two_welcomes_and_the_form_says_whose_it_is(self):
        from apps.welcomes.content import NotAWelcome

        ann = make.employee("林静")
        a_welcome(employees=[ann.pk], name="甲")

        with pytest.raises(NotAWelcome) as refusal:
            a_welcome(employees=[ann.pk], name="乙")

        [problem] = refusal.value.problems
        assert problem.field == "people"
        assert "林静" in problem.why and "甲" in problem.why


class TestTimes:
    """09:00 is of the morning, 18:00 no more; midnight belongs to the day before."""

    TIMES = (
        {"days": [1, 2, 3, 4, 5], "from": "09:00", "until": "18:00", "text": "上班"},
        {"days": [5], "from": "22:00", "until": "02:00", "text": "周五夜里"},
        {"kind": "dates", "first": "2026-03-06", "last": "2026-03-08", "text": "节日"},
    )

    @pytest.mark.parametrize(
        ("at", "text"),
        [
            (day(2, hour=9), "上班"),  # a Monday
            (day(2, hour=17.99), "上班"),
            (day(2, hour=18), "平时"),
            (day(2, hour=8.99), "平时"),
            (day(6, hour=10), "节日"),  # a Friday, but a special date
            (day(8, hour=23.99), "节日"),
            (day(9, hour=0), "平时"),
            (day(13, hour=23), "周五夜里"),
            (day(14, hour=1.9), "周五夜里"),  # which is Saturday already
            (day(14, hour=2), "平时"),
            (day(13, hour=1), "平时"),  # Thursday's night has no such hours
        ],
    )
    def test_decide_which_message_it_is(self, at, text):
        ann = make.employee()
        a_welcome("平时", is_default=True, times=list(self.TIMES))

        assert chosen(ann, at=at).message.text == text

    def test_are_told_with_the_greeting(self):
        ann = make.employee()
        a_welcome("平时", is_default=True, times=list(self.TIMES))

        greeting = a_friend(ann, at=day(2, hour=10))

        assert "09:00–18:00" in greeting.part
