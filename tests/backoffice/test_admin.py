"""Sign-ins: only their role can be given in a form, and nobody reaches above."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from apps.staff.models import User
from apps.staff.roles import role_of
from tests import make

pytestmark = pytest.mark.django_db

LIST, ADD = "/admin/staff/user/", "/admin/staff/user/add/"


def page_of(user: User) -> str:
    return reverse("admin:staff_user_change", args=[user.pk])


def password_page_of(user: User) -> str:
    return reverse("admin:auth_user_password_change", args=[user.pk])


def again(user: User) -> User:
    return User.objects.get(pk=user.pk)


@pytest.fixture
def by(client):
    """by(somebody): a browser in which they have signed in."""

    def signed_in(user: User):
        client.force_login(user)
        return client

    return signed_in


class TestAdding:
    def test_makes_somebody_who_can_sign_in(self, by):
        form = {"username": "lin", "role": "manager"}
        form |= {"password1": make.PASSWORD, "password2": make.PASSWORD}

        by(make.user(role="admin")).post(ADD, form)

        lin = User.objects.get(username="lin")
        assert (role_of(lin), lin.is_active, lin.is_superuser) == (
            "manager",
            True,
            False,
        )

    def test_asks_for_a_password_that_is_not_guessed(self, by):
        form = {"username": "lin", "password1": "123456", "password2": "123456"}

        page = by(make.user(role="admin")).post(ADD, form).content.decode()

        assert "密码太短" in page
        assert not User.objects.filter(username="lin").exists()


class TestChanging:
    def test_gives_another_role(self, by):
        lin = make.user(role="employee")

        by(make.user(role="admin")).post(
            page_of(lin), {"username": lin.username, "role": "manager"}
        )

        assert role_of(again(lin)) == "manager"

    def test_passes_over_rights_that_no_form_offers(self, by):
        lin = make.user(role="employee")
        smuggled = {
            "is_superuser": "on",
            "is_staff": "on",
            "groups": ["1", "2", "3"],
            "user_permissions": ["1"],
            "password": "pbkdf2_sha256$1$x$y",
        }

        by(make.user(role="admin")).post(
            page_of(lin), {"username": lin.username, "role": "employee", **smuggled}
        )

        changed = again(lin)
        assert (changed.is_superuser, changed.user_permissions.count()) == (False, 0)
        assert [g.name for g in changed.groups.all()] == ["employee"]
        assert changed.check_password(make.PASSWORD)

    def test_leaves_ones_own_role_alone(self, by):
        admin = make.user(role="admin")

        by(admin).post(page_of(admin), {"username": admin.username, "role": "employee"})

        assert role_of(again(admin)) == "admin"

    @pytest.mark.parametrize("page", [page_of, password_page_of])
    def test_is_refused_for_somebody_above(self, by, page):
        root = make.user(is_superuser=True)
        form = {"username": "taken", "role": "", "password1": "x", "password2": "x"}

        answer = by(make.user(role="admin")).post(page(root), form)

        assert answer.status_code == 403
        assert again(root).username == root.username

    def test_of_a_password_works_for_somebody_below(self, by):
        lin, new = make.user(role="employee"), "another password"

        by(make.user(role="admin")).post(
            password_page_of(lin), {"password1": new, "password2": new}
        )

        assert again(lin).check_password(new)

    def test_is_written_down(self, by):
        lin = make.user(role="employee")
        admin = by(make.user(role="admin"))

        admin.post(page_of(lin), {"username": lin.username, "role": "manager"})

        history = admin.get(reverse("admin:staff_user_history", args=[lin.pk]))
        assert "角色" in history.content.decode()


class TestSomebodyWithTheRightToEditUsersAlone:
    """Not one of the roles; but a group with a right may be made by hand."""

    @pytest.fixture
    def editor(self):
        editor = make.user(role="manager")
        rights = Permission.objects.filter(codename__in=["view_user", "change_user"])
        made = Group.objects.create(name="edits users")
        made.permissions.set(rights)
        editor.groups.add(made)
        return editor

    def test_cannot_lift_a_friend(self, by, editor):
        friend = make.user(role="employee")

        by(editor).post(page_of(friend), {"username": friend.username, "role": "admin"})

        assert role_of(again(friend)) == "employee"

    def test_cannot_set_an_administrators_password(self, by, editor):
        admin = make.user(role="admin")
        form = {"password1": "another password", "password2": "another password"}

        assert by(editor).post(password_page_of(admin), form).status_code == 403


@pytest.mark.parametrize("role", ["manager", "employee"])
def test_the_sign_ins_are_for_administrators(visit, role):
    assert visit(LIST, role=role).status_code == 403


def test_nobody_is_deleted(by):
    lin = make.user(role="employee")
    admin = by(make.user(role="admin"))

    answer = admin.post(
        reverse("admin:staff_user_delete", args=[lin.pk]), {"post": "y"}
    )

    assert answer.status_code == 403
