"""An employee joins or leaves, and is found by any account they ever had."""

import itertools
import threading
from datetime import timedelta

import pytest
from django.db import connection

from apps.events.models import EventRecord
from apps.staff.models import Department, Employee, FormerAccount, Posting, User
from apps.staff.roster import (
    employees_by_account,
    join,
    known,
    leave,
    resign,
    serve,
    stop_serving,
)
from apps.wecom.models import Command
from tests.conftest import day

Source = EventRecord.Source
SECOND = timedelta(seconds=1)


def make_employee(account: str = "ann", **fields) -> Employee:
    return Employee.objects.create(wecom_id=account, **{"status": 1, **fields})


def state(account: str = "ann") -> tuple:
    employee = Employee.objects.get(wecom_id=account)
    return employee.left_at, employee.joined_at, employee.status


def departures() -> list:
    return sorted(EventRecord.objects.values_list("at", flat=True))


@pytest.mark.django_db
class TestEmployeesByAccount:
    def test_does_not_care_about_upper_and_lower_case(self):
        ann = make_employee("ann")

        found = employees_by_account(["Ann", "ANN"], source=Source.CALLBACK, at=day(1))

        assert found == {"ann": ann.pk}

    def test_keeps_a_stranger_and_asks_wecom_who_it_is(self):
        found = employees_by_account(["Bob"], source=Source.CALLBACK, at=day(1))

        bob = Employee.objects.get(pk=found["bob"])
        assert (bob.wecom_id, bob.status) == ("bob", Employee.Status.UNREAD)
        assert Command.objects.get().arguments == {"userid": "bob"}

    def test_asks_nothing_in_a_pull_which_has_been_told_everything(self):
        employees_by_account(["bob"], source=Source.FIRST_PULL, at=day(1))

        assert not Command.objects.exists()

    def test_asks_once_however_often_a_stranger_is_met(self):
        for _time in range(3):
            employees_by_account(["bob"], source=Source.CALLBACK, at=day(1))

        assert Command.objects.count() == 1

    def test_finds_the_holder_of_a_former_account(self):
        ann = make_employee("ann2")
        FormerAccount.objects.create(wecom_id="ann", employee=ann, renamed_at=day(5))

        assert known(["ann"], at=day(9)) == {"ann": ann.pk}

    @pytest.mark.parametrize(("at", "whose"), [(day(4), "first"), (day(6), "second")])
    def test_an_account_that_changed_hands_was_the_first_ones_before(self, at, whose):
        people = {"first": make_employee("ann2"), "second": make_employee("ann")}
        FormerAccount.objects.create(
            wecom_id="ann", employee=people["first"], renamed_at=day(5)
        )

        assert known(["ann"], at=at) == {"ann": people[whose].pk}


@pytest.mark.django_db
class TestLeave:
    def test_ends_what_goes_with_an_account(self):
        ann = make_employee(serves=True)
        Posting.objects.create(
            employee=ann, department=Department.objects.create(wecom_id=1)
        )

        leave([ann], at=day(5), source=Source.CALLBACK)

        ann.refresh_from_db()
        assert ann.left_at == day(5)
        assert (ann.status, ann.serves) == (Employee.Status.LEFT, False)
        assert not ann.postings.exists()

    def test_is_told_once_however_often_it_is_heard(self):
        ann = make_employee()

        for _time in range(3):
            leave([ann], at=day(5), source=Source.CALLBACK)

        assert departures() == [day(5)]

    def test_who_left_can_no_longer_sign_in_and_is_signed_out(self):
        ann = make_employee()
        user = User.objects.create_user("ann", password="correct horse", employee=ann)
        session = user.get_session_auth_hash()

        leave([ann], at=day(5), source=Source.CALLBACK)

        user.refresh_from_db()
        assert not user.is_active
        assert not user.has_usable_password()
        assert user.get_session_auth_hash() != session

    def test_of_somebody_unknown_survives_until_they_are_known(self):
        resign(account="Ann", at=day(5), source=Source.CALLBACK)
        join(account="ann", at=day(1))

        assert state() == (day(5), day(1), Employee.Status.LEFT)
        assert not Command.objects.exists()

    @pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
    def test_leaving_and_returning_is_the_same_in_any_order(self, order):
        life = [
            lambda: join(account="ann", at=day(1)),
            lambda: resign(account="ann", at=day(3), source=Source.CALLBACK),
            lambda: join(account="ann", at=day(5)),
            lambda: resign(account="ann", at=day(7), source=Source.CALLBACK),
        ]

        for number in order:
            life[number]()

        assert state() == (day(7), day(5), Employee.Status.LEFT)
        assert departures() == [day(3), day(7)]

    @pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
    def test_who_returned_works_here_again(self, order):
        life = [
            lambda: join(account="ann", at=day(1)),
            lambda: resign(account="ann", at=day(3), source=Source.CALLBACK),
            lambda: join(account="ann", at=day(5)),
        ]

        for number in order:
            life[number]()

        assert state() == (None, day(5), Employee.Status.UNREAD)
        assert departures() == [day(3)]

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_who_joined_and_left_in_the_same_second_has_left(self, order):
        life = [
            lambda: join(account="ann", at=day(1)),
            lambda: resign(account="ann", at=day(1), source=Source.CALLBACK),
        ]

        for number in order:
            life[number]()

        assert state() == (day(1), day(1), Employee.Status.LEFT)


@pytest.mark.django_db
class TestServe:
    def test_counts_only_those_who_did_not_yet(self):
        make_employee("ann", serves=True)
        make_employee("bob")

        new = serve(["ann", "Bob", "eve"], source=Source.FIRST_PULL, at=day(1))

        assert new == 2
        assert Employee.objects.serving().count() == 3

    def test_who_returns_must_be_given_the_permission_anew(self):
        make_employee("ann", serves=True)

        resign(account="ann", at=day(3), source=Source.CALLBACK)
        join(account="ann", at=day(5))

        assert not Employee.objects.serving().exists()

    def test_can_be_taken_away(self):
        make_employee("ann", serves=True)

        assert stop_serving(["ann"]) == 1
        assert not Employee.objects.serving().exists()


@pytest.mark.django_db(transaction=True)
def test_sixteen_who_meet_a_stranger_at_once_make_one_employee():
    barrier = threading.Barrier(16)
    found = []

    def meet() -> None:
        barrier.wait()
        found.append(
            employees_by_account(["ann", "bob"], source=Source.CALLBACK, at=day(1))
        )
        connection.close()

    threads = [threading.Thread(target=meet) for _number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 16
    assert Employee.objects.count() == 2
    assert Command.objects.count() == 2
