"""The three logins of the demo."""

import pytest
from django.core.management import CommandError, call_command

from apps.staff.models import Department, Employee, Posting, User

PASSWORD = "a password for tests"


@pytest.fixture
def people(db):
    """A department with its leader and one of her people."""
    department = Department.objects.create(wecom_id=1, name="总部")
    for name, leads in (("leader", True), ("member", False)):
        employee = Employee.objects.create(wecom_id=name, name=name, status=1)
        Posting.objects.create(employee=employee, department=department, leads=leads)
        User.objects.create(username=name, employee=employee, is_active=False)


@pytest.mark.django_db
class TestLogins:
    @pytest.fixture(autouse=True)
    def password(self, monkeypatch):
        monkeypatch.setenv("SCRM_DEMO_PASSWORD", PASSWORD)

    @pytest.mark.parametrize("username", ["admin", "manager", "employee"])
    def test_open_the_admin(self, client, username):
        call_command("logins")

        form = {"username": username, "password": PASSWORD}
        client.post("/admin/login/", form)
        assert client.get("/admin/").status_code == 200

    def test_take_the_places_of_people_and_keep_them(self, people):
        for _ in range(2):
            call_command("logins")

            places = dict(User.objects.values_list("username", "employee__wecom_id"))
            assert places == {"admin": None, "manager": "leader", "employee": "member"}

    def test_are_not_made_without_a_password(self, monkeypatch):
        monkeypatch.delenv("SCRM_DEMO_PASSWORD")

        with pytest.raises(CommandError):
            call_command("logins")
