"""Three roles; nobody lifts themselves, or touches somebody above them."""

import pytest

from apps.staff.models import User
from apps.staff.roles import (
    AboveYou,
    OwnRole,
    Role,
    give_role,
    grant_roles,
    may_touch,
    role_of,
)
from tests import make

pytestmark = pytest.mark.django_db


def again(user: User) -> User:
    """Without what Django remembers of an earlier question."""
    return User.objects.get(pk=user.pk)


class TestRights:
    @pytest.mark.parametrize(
        ("right", "allowed"),
        [
            ("contacts.view_contact", {"employee", "manager", "admin"}),
            ("staff.view_employee", {"employee", "manager", "admin"}),
            ("sync.add_pull", {"manager", "admin"}),
            ("wecom.view_callback", {"manager", "admin"}),
            ("wecom.change_callback", {"admin"}),
            ("sync.change_pull", {"admin"}),
            ("staff.change_user", {"admin"}),
            # nobody deletes what happened, or who signed in
            ("staff.delete_user", set()),
            ("contacts.delete_contact", set()),
        ],
    )
    def test_are_those_of_the_role(self, right, allowed):
        found = {r.value for r in Role if make.user(role=r.value).has_perm(right)}

        assert found == allowed

    def test_are_exactly_these_after_granting_twice(self):
        group = make.user(role="employee").groups.get()
        before = set(group.permissions.values_list("codename", flat=True))
        group.permissions.clear()

        grant_roles()

        assert set(group.permissions.values_list("codename", flat=True)) == before


class TestGiveRole:
    def test_opens_the_door_and_taking_it_closes_it(self):
        admin, newcomer = make.user(role="admin"), make.user(is_active=False)

        give_role(newcomer, role=Role.EMPLOYEE, by=admin)
        assert (again(newcomer).is_active, again(newcomer).is_staff) == (True, True)

        give_role(again(newcomer), role="", by=admin)
        assert (again(newcomer).is_active, again(newcomer).is_staff) == (False, False)

    def test_replaces_the_role_there_was(self):
        admin, lin = make.user(role="admin"), make.user(role="employee")

        give_role(lin, role=Role.MANAGER, by=admin)

        assert [g.name for g in again(lin).groups.all()] == ["manager"]

    def test_opens_again_for_somebody_who_was_shut_out_with_their_role(self):
        admin, lin = make.user(role="admin"), make.user(role="employee")
        User.objects.filter(pk=lin.pk).update(is_active=False)

        give_role(again(lin), role=Role.EMPLOYEE, by=admin)

        assert again(lin).is_active

    @pytest.mark.parametrize("role", ["", "employee", "admin"])
    def test_refuses_to_change_ones_own(self, role):
        manager = make.user(role="manager")

        with pytest.raises(OwnRole):
            give_role(manager, role=role, by=manager)

    def test_refuses_to_touch_a_superuser(self):
        admin, root = make.user(role="admin"), make.user(is_superuser=True)

        with pytest.raises(AboveYou):
            give_role(root, role=Role.EMPLOYEE, by=admin)

    @pytest.mark.parametrize(
        ("of", "role"),
        [
            # lifts a colleague to the own height
            ("employee", "manager"),
            # lifts above it
            ("employee", "admin"),
            # touches an equal
            ("manager", "employee"),
            # touches somebody above
            ("admin", ""),
        ],
    )
    def test_refuses_a_manager_who_may_edit_users(self, of, role):
        manager, other = make.user(role="manager"), make.user(role=of)

        with pytest.raises(AboveYou):
            give_role(other, role=role, by=manager)

        assert role_of(again(other)) == of


def test_administrators_may_touch_each_other():
    assert may_touch(make.user(role="admin"), by=make.user(role="admin"))
