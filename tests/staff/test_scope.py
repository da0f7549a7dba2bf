"""Whom somebody may see: by their role's scope and by where they work."""

import pytest

from apps.staff.models import Department, Employee, Posting, Reach, Role, Scope, User
from apps.staff.scope import reach_of, scope_of
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> dict[str, Employee]:
    """Sales over North and South; South over Harbour; Service beside them."""

    def department(name: str, number: int, parent: Department | None = None):
        return Department.objects.create(wecom_id=number, name=name, parent=parent)

    sales = department("Sales", 1)
    south = department("South", 3, sales)
    places = {
        "head": sales,
        "northerner": department("North", 2, sales),
        "southerner": south,
        "neighbour": south,
        "docker": department("Harbour", 4, south),
        "server": department("Service", 5),
    }
    people = {}
    for name, place in places.items():
        people[name] = make.employee(name, main_department=place)
        Posting.objects.create(employee=people[name], department=place)
    return people


def sees(employee: Employee, scope: Scope, house) -> set[str]:
    user = make.sees(make.user(role="manager", employee=employee), scope)
    assert user.reach is not None
    return {name for name, each in house.items() if each.pk in user.reach}


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (Scope.SELF, {"southerner"}),
        (Scope.DEPARTMENT, {"southerner", "neighbour"}),
        (Scope.BELOW, {"southerner", "neighbour", "docker"}),
    ],
)
def test_reaches_as_far_as_the_scope_of_the_role(house, scope, seen):
    assert sees(house["southerner"], scope, house) == seen


def test_of_several_departments_each_counts(house):
    Posting.objects.create(
        employee=house["southerner"],
        department=house["server"].main_department,
    )

    assert sees(house["southerner"], Scope.DEPARTMENT, house) == {
        "southerner",
        "neighbour",
        "server",
    }


def test_who_resigned_is_still_of_the_department(house):
    Posting.objects.filter(employee=house["neighbour"]).delete()

    assert "neighbour" in sees(house["southerner"], Scope.DEPARTMENT, house)


def test_a_deleted_department_is_below_nothing(house):
    Department.objects.filter(name="Harbour").update(deleted_at="2026-03-01T00:00Z")

    assert "docker" not in sees(house["head"], Scope.BELOW, house)


def test_departments_that_bite_their_own_tail_are_walked_once(house):
    Department.objects.filter(name="Sales").update(
        parent=Department.objects.get(name="Harbour")
    )

    seen = sees(house["docker"], Scope.BELOW, house)

    assert seen == set(house) - {"server"}


def test_the_wider_of_two_roles_counts(house):
    from django.contrib.auth.models import Group

    user = make.sees(
        make.user(role="employee", employee=house["docker"]), Scope.DEPARTMENT
    )
    manager = make.sees(make.user(role="manager"), Scope.BELOW)
    user.groups.add(Group.objects.get(name="manager"))

    assert scope_of(user) == Scope.BELOW
    assert reach_of(manager) == frozenset()  # belongs to no employee


@pytest.mark.parametrize(
    ("role", "scope"),
    [(Role.ADMINISTRATOR, "all"), (Role.MANAGER, "all"), (Role.EMPLOYEE, "self")],
)
def test_is_this_before_anybody_has_said_otherwise(role, scope):
    user = make.user(role=role.value)
    Reach.objects.all().delete()

    assert scope_of(user) == scope


def test_nobody_without_a_role_or_whose_door_was_closed_sees_anybody(house):
    assert make.user(employee=house["head"]).reach == frozenset()
    assert make.user(is_superuser=True, is_active=False).reach == frozenset()


def test_what_was_taken_away_is_gone_with_the_next_request(house):
    user = make.user(role="manager", employee=house["head"])
    assert user.sees_everybody

    user = make.sees(user, Scope.SELF)
    assert user.reach == {house["head"].pk}

    user.groups.clear()
    assert User.objects.get(pk=user.pk).reach == frozenset()
