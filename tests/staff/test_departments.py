"""Departments are made, moved and deleted in WeCom's address book."""

import itertools
from datetime import timedelta

import pytest

from apps.staff.departments import (
    DepartmentRow,
    create_department,
    delete_departments,
    keep_departments,
)
from apps.staff.models import Department
from tests.conftest import day

pytestmark = pytest.mark.django_db


def row(number: int, name: str, *, parent=1, read_at=None) -> DepartmentRow:
    return DepartmentRow(
        number=number,
        name=name,
        parent=parent if number != 1 else None,
        order=number,
        read_at=read_at or day(5),
    )


def standing() -> dict:
    rows = Department.objects.filter(deleted_at=None)
    return dict(rows.values_list("wecom_id", "name"))


def test_a_department_may_be_told_before_the_one_above_it():
    keep_departments([row(3, "门店", parent=2)])
    keep_departments([row(1, "公司"), row(2, "销售")])

    shop = Department.objects.get(wecom_id=3)
    assert shop.parent.name == "销售"
    assert shop.parent.parent.name == "公司"


def test_tells_how_many_were_new_and_how_many_differed():
    first = keep_departments([row(1, "公司"), row(2, "销售")])
    again = keep_departments([row(1, "公司"), row(2, "营销", read_at=day(6))])

    assert (first.new, first.different) == (2, 0)
    assert (again.new, again.different) == (0, 1)


def test_what_was_read_before_the_last_difference_changes_nothing():
    keep_departments([row(2, "new", read_at=day(5))])
    keep_departments([row(2, "old", read_at=day(4))])

    assert standing()[2] == "new"


def test_an_answer_read_just_before_the_deletion_does_not_revive():
    keep_departments([row(2, "销售")])
    delete_departments([2], at=day(6))

    keep_departments([row(2, "销售", read_at=day(6) + timedelta(seconds=2))])

    assert 2 not in standing()


def test_one_that_is_listed_long_after_its_deletion_is_there_again():
    keep_departments([row(2, "销售")])
    delete_departments([2], at=day(6))

    keep_departments([row(2, "销售", read_at=day(8))])

    assert standing()[2] == "销售"


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_number_that_is_used_again_stands_in_whatever_order_it_is_heard(order):
    life = [
        lambda: create_department(number=2, at=day(1)),
        lambda: delete_departments([2], at=day(3)),
        lambda: create_department(number=2, at=day(5)),
    ]

    for number in order:
        life[number]()

    department = Department.objects.get()
    assert (department.created_at, department.deleted_at) == (day(5), None)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_deletion_is_believed_in_whatever_order_it_is_heard(order):
    life = [
        lambda: create_department(number=2, at=day(1)),
        lambda: keep_departments([row(2, "销售", read_at=day(2))]),
        lambda: delete_departments([2], at=day(3)),
    ]

    for number in order:
        life[number]()

    assert Department.objects.get(wecom_id=2).deleted_at == day(3)
