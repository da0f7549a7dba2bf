"""What WeCom tells of its employees is kept, and only what differs is written."""

from datetime import timedelta

import pytest
from django.db import connection

from apps.events.models import EventRecord
from apps.staff.keep import EmployeeRow, keep_employees
from apps.staff.models import Department, Employee, FormerAccount, Posting, User
from apps.staff.roster import join, resign
from tests.conftest import day

Source = EventRecord.Source
pytestmark = pytest.mark.django_db


def row(account: str = "ann", *, read_at=None, **told) -> EmployeeRow:
    told = {"name": "安宁", "departments": (2,), "main_department": 2, **told}
    return EmployeeRow(account=account, read_at=read_at or day(5), **told)


def keep(*rows: EmployeeRow):
    return keep_employees(rows, source=Source.RECONCILE)


def places(account: str = "ann") -> set:
    postings = Posting.objects.filter(employee__wecom_id=account)
    return set(postings.values_list("department__wecom_id", "leads"))


def test_a_new_employee_is_kept_with_departments_and_can_be_found():
    kept = keep(row(departments=(2, 3), leads=frozenset({3}), position="顾问"))

    ann = Employee.objects.get()
    assert (ann.name, ann.position, ann.status) == ("安宁", "顾问", 1)
    assert ann.main_department.wecom_id == 2
    assert places() == {(2, False), (3, True)}
    assert ann.sort_key == "anning"
    assert " anning an" in ann.spelling
    assert kept.new == 1


def test_nothing_is_written_when_nothing_differs():
    rows = [row(), row("bob", name="柏", leads=frozenset({2}))]
    keep(*rows)
    before = marks()

    kept = keep(*[row(), row("bob", name="柏", leads=frozenset({2}), read_at=day(6))])

    assert marks() == before
    assert (kept.new, kept.different) == (0, 0)


def marks() -> list:
    found = []
    with connection.cursor() as cursor:
        for model in [Employee, Posting, Department, User]:
            table = model._meta.db_table
            cursor.execute(f"SELECT ctid::text, xmin::text FROM {table} ORDER BY 1")
            found.append(cursor.fetchall())
    return found


def test_what_differs_is_written():
    keep(row(departments=(2, 3), leads=frozenset({2})))

    kept = keep(row(name="安娜", departments=(3, 4), leads=frozenset({3})))

    assert Employee.objects.get().name == "安娜"
    assert places() == {(3, True), (4, False)}
    assert kept.different == 1


def test_what_was_read_before_the_last_difference_changes_nothing():
    keep(row(name="new", read_at=day(5)))
    keep(row(name="old", departments=(9,), read_at=day(4)))

    assert Employee.objects.get().name == "new"
    assert places() == {(2, False)}


def test_who_is_met_by_account_alone_is_filled_in():
    join(account="ann", at=day(1))

    keep(row())

    assert Employee.objects.get().name == "安宁"


class TestWhoLeft:
    def test_an_answer_read_just_before_the_end_does_not_revive(self):
        keep(row())
        resign(account="ann", at=day(6), source=Source.CALLBACK)

        keep(row(read_at=day(6) + timedelta(seconds=2)))

        assert Employee.objects.get().left_at == day(6)

    def test_who_is_listed_long_after_the_end_has_returned(self):
        keep(row())
        resign(account="ann", at=day(6), source=Source.CALLBACK)

        keep(row(read_at=day(7)))

        ann = Employee.objects.get()
        assert (ann.left_at, ann.joined_at, ann.status) == (None, day(7), 1)

    def test_who_is_told_to_have_left_has_left(self):
        keep(row())

        kept = keep(row(status=Employee.Status.LEFT, read_at=day(7)))

        assert Employee.objects.get().left_at == day(7)
        assert kept.gone == 1
        assert EventRecord.objects.get().kind == "EmployeeLeft"

    def test_is_told_once(self):
        keep(row())

        for number in (7, 8, 9):
            keep(row(status=Employee.Status.LEFT, read_at=day(number)))

        assert EventRecord.objects.count() == 1
        assert Employee.objects.get().left_at == day(7)


class TestAnAccountThatChangedHands:
    def test_becomes_somebody_else_when_it_is_listed_again(self):
        first = Employee.objects.create(wecom_id="ann2", status=1, name="first")
        FormerAccount.objects.create(wecom_id="ann", employee=first, renamed_at=day(3))

        keep(row("ann", name="second", read_at=day(9)))

        names = Employee.objects.order_by("pk").values_list("wecom_id", "name")
        assert list(names) == [("ann2", "first"), ("ann", "second")]

    def test_is_not_confused_by_what_was_read_before(self):
        first = Employee.objects.create(wecom_id="ann2", status=1, name="first")
        FormerAccount.objects.create(wecom_id="ann", employee=first, renamed_at=day(3))

        keep(row("ann", name="stale", read_at=day(2)))

        assert Employee.objects.get().name == "first"


class TestUsers:
    def test_everybody_gets_one_that_opens_nothing_yet(self):
        keep(row())

        user = User.objects.get()
        assert (user.username, user.employee.wecom_id) == ("ann", "ann")
        assert not user.is_active
        assert not user.is_staff
        assert not user.has_usable_password()

    def test_a_name_that_is_taken_is_left_to_its_owner(self):
        User.objects.create_user("ann", password="a long password")

        keep(row())

        ann = Employee.objects.get()
        assert ann.user.username == f"ann+{ann.pk}"

    def test_one_that_was_given_a_role_is_left_alone(self):
        keep(row())
        User.objects.update(is_active=True, is_staff=True)

        keep(row(name="安娜"))

        assert User.objects.get().is_active
