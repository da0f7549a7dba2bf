"""The first contact that a stage demands is demanded of whoever gets the lead."""

from datetime import timedelta

import pytest

from apps.assignment.give import give
from apps.assignment.models import Assignment
from apps.assignment.pool import claim, give_back
from apps.followups.models import Task
from apps.followups.move import open_lead
from apps.followups.owner_found import owner_found
from apps.followups.stages import first_stage
from apps.followups.tasks_of import finish
from apps.followups.write_down import write_down
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

MONDAY = 2  # of March 2026
How = Assignment.How


@pytest.fixture
def ann():
    return make.user("ann", role="employee", employee=make.employee("林静"))


@pytest.fixture
def stranger():
    return make.contact(standing="known", added_at=day(1))


def first_contacts():
    rows = Task.objects.filter(kind=Task.Kind.CONTACT).order_by("pk")
    return [(row.employee, row.due_at, row.done_at) for row in rows]


def test_a_lead_of_nobody_has_its_first_task_once_somebody_gets_it(
    stranger, ann, work_off
):
    open_lead(contact=stranger, at=day(MONDAY))
    assert first_contacts() == []

    at = day(MONDAY, hour=14)
    give(contact=stranger, employee=ann.employee, how=How.HAND, at=at)
    work_off()

    within = timedelta(minutes=first_stage().contact_within)
    assert first_contacts() == [(ann.employee, at + within, None)]


def test_whoever_was_followed_up_already_is_left_alone(stranger, ann):
    open_lead(contact=stranger, at=day(MONDAY))
    write_down(about=stranger, text="来过电话", by=ann, at=day(MONDAY, hour=10))

    give(contact=stranger, employee=ann.employee, how=How.HAND, at=day(MONDAY, hour=14))

    assert owner_found(contacts=[stranger.pk], at=day(MONDAY, hour=14)) == 0


def test_what_was_left_undone_goes_along_through_the_pool(ann):
    ben = make.user("ben", role="employee", employee=make.employee("王芳"))
    contact = make.contact(owner=ann.employee)
    give(contact=contact, employee=ann.employee, how=How.HAND, at=day(MONDAY))
    open_lead(contact=contact, at=day(MONDAY))
    later = day(MONDAY, hour=15)

    pool = give_back(contact=contact, why="太远", by=ann, at=day(MONDAY, hour=10))
    claim(contact=contact, pool=pool, by=ben, at=later)
    owner_found(contacts=[contact.pk], at=later)

    within = timedelta(minutes=first_stage().contact_within)
    assert first_contacts() == [(ben.employee, later + within, None)]


def test_what_is_done_is_not_demanded_again(ann):
    contact = make.contact(owner=ann.employee)
    give(contact=contact, employee=ann.employee, how=How.HAND, at=day(MONDAY))
    open_lead(contact=contact, at=day(MONDAY))
    finish(task=Task.objects.get(), by=ann, at=day(MONDAY, hour=9.2))

    assert owner_found(contacts=[contact.pk], at=day(MONDAY, hour=11)) == 0
