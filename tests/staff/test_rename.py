"""A WeCom account gets another name, and stays the same employee's."""

import itertools

import pytest

from apps.contacts.follow import start_follows
from apps.contacts.models import Contact, Follow
from apps.contacts.rows import FollowRow
from apps.events.models import EventRecord
from apps.staff.keep import EmployeeRow, keep_employees
from apps.staff.models import Employee, FormerAccount, Posting, User
from apps.staff.rename import rename_account
from apps.staff.roster import employees_by_account, join, resign
from tests.conftest import day

Source = EventRecord.Source
pytestmark = pytest.mark.django_db


def rename(old: str, new: str, *, at):
    return rename_account(old=old, new=new, at=at, source=Source.CALLBACK)


def read(account: str, name: str, *, at) -> None:
    row = EmployeeRow(account=account, name=name, read_at=at, departments=(1,))
    keep_employees([row], source=Source.RECONCILE)


def follow(account: str, who: str, *, at) -> None:
    found = employees_by_account([account], source=Source.CALLBACK, at=at)
    row = FollowRow(external_id=who, employee_id=found[account], began_at=at)
    start_follows([row], source=Source.CALLBACK)


def accounts() -> tuple[list, dict]:
    former = FormerAccount.objects.values_list("wecom_id", "employee__wecom_id")
    return sorted(Employee.objects.values_list("wecom_id", flat=True)), dict(former)


def test_the_employee_stays_the_same_and_is_found_by_both_accounts():
    read("ann", "安宁", at=day(1))
    ann = Employee.objects.get()

    rename("Ann", "Ann.Ning", at=day(3))

    assert accounts() == (["ann.ning"], {"ann": "ann.ning"})
    found = employees_by_account(["ann", "ann.ning"], source=Source.CALLBACK, at=day(4))
    assert set(found.values()) == {ann.pk}
    assert User.objects.get().username == "ann.ning"


def test_is_told_once_however_often_it_is_heard():
    read("ann", "安宁", at=day(1))

    for _time in range(3):
        rename("ann", "anna", at=day(3))

    event = EventRecord.objects.get()
    assert (event.kind, event.facts["former"]) == ("AccountRenamed", "ann")


def test_of_somebody_unknown_is_remembered():
    rename("ann", "anna", at=day(3))

    assert accounts() == (["anna"], {"ann": "anna"})


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_a_chain_of_renames_ends_at_the_same_account_in_any_order(order):
    read("a", "安宁", at=day(1))
    life = [
        lambda: rename("a", "b", at=day(2)),
        lambda: rename("b", "c", at=day(3)),
        lambda: rename("c", "d", at=day(4)),
        lambda: follow("b", "wm-1", at=day(2, hour=12)),
    ]

    for number in order:
        life[number]()

    employee = Employee.objects.get()
    assert (employee.wecom_id, employee.name) == ("d", "安宁")
    assert accounts()[1] == {"a": "d", "b": "d", "c": "d"}
    assert Follow.objects.get().employee == employee


@pytest.mark.parametrize("order", list(itertools.permutations(range(2))))
def test_back_to_the_old_name_in_any_order(order):
    read("a", "安宁", at=day(1))
    life = [
        lambda: rename("a", "b", at=day(2)),
        lambda: rename("b", "a", at=day(3)),
    ]

    for number in order:
        life[number]()
        life[number]()

    assert accounts() == (["a"], {"b": "a"})


class TestHeardLate:
    """The new account was met before we heard that it is the old one."""

    def test_the_two_become_one_with_all_that_pointed_at_either(self):
        read("ann", "安宁", at=day(1))
        ann = Employee.objects.get()
        follow("ann", "wm-old", at=day(1))
        follow("anna", "wm-new", at=day(4))

        rename("ann", "anna", at=day(3))

        assert Employee.objects.get() == ann
        assert set(ann.follows.values_list("identity__value", flat=True)) == {
            "wm-old",
            "wm-new",
        }
        assert set(Contact.objects.values_list("owner", flat=True)) == {ann.pk}

    def test_what_both_have_is_kept_once(self):
        read("ann", "安宁", at=day(1))
        follow("ann", "wm-1", at=day(1))
        follow("anna", "wm-1", at=day(1))

        rename("ann", "anna", at=day(3))

        assert Follow.objects.count() == 1

    def test_what_was_learnt_under_the_new_account_is_newer(self):
        read("ann", "安宁", at=day(1))
        Employee.objects.update(left_at=day(5), status=Employee.Status.LEFT)
        read("anna", "安娜", at=day(5))

        rename("ann", "anna", at=day(3))

        ann = Employee.objects.get()
        assert (ann.name, ann.left_at, ann.status) == ("安娜", None, 1)
        assert Posting.objects.count() == 1
        assert User.objects.count() == 1

    @pytest.mark.parametrize("order", list(itertools.permutations(range(2))))
    def test_who_left_under_the_new_account_has_left(self, order):
        read("ann", "安宁", at=day(1))
        life = [
            lambda: rename("ann", "anna", at=day(3)),
            lambda: resign(account="anna", at=day(5), source=Source.CALLBACK),
        ]

        for number in order:
            life[number]()

        ann = Employee.objects.get()
        assert (ann.wecom_id, ann.name, ann.left_at) == ("anna", "安宁", day(5))
        told = EventRecord.objects.filter(
            kind="EmployeeLeft", facts__employee_id=ann.pk
        )
        assert told.count() == 1


def test_an_account_that_was_given_up_can_be_somebody_elses():
    read("ann", "安宁", at=day(1))
    rename("ann", "anna", at=day(3))

    second = join(account="ann", at=day(6))

    assert accounts()[0] == ["ann", "anna"]
    found = employees_by_account(["ann"], source=Source.CALLBACK, at=day(7))
    assert found == {"ann": second.pk}


def test_what_is_heard_again_does_not_touch_the_accounts_new_holder():
    read("ann", "安宁", at=day(1))
    rename("ann", "anna", at=day(3))
    join(account="ann", at=day(6))

    rename("ann", "anna", at=day(3))

    assert accounts() == (["ann", "anna"], {"ann": "anna"})
