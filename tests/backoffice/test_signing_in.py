"""The door of the admin: who gets in, and who has to wait."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from apps.staff.models import User

RIGHT, WRONG = "the right password", "a wrong password"


@pytest.fixture
def user(db):
    user = User.objects.create_user("lin", password=RIGHT)
    user.is_staff = True
    user.save()
    return user


def sign_in(client, password, *, username="lin", **meta):
    form = {"username": username, "password": password}
    return client.post("/admin/login/?next=/admin/", form, **meta)


@pytest.mark.django_db
class TestSigningIn:
    def test_leads_to_the_front_page_under_a_new_session(self, client, user):
        client.get("/admin/login/")

        answer = sign_in(client, RIGHT)

        assert (answer.status_code, answer["Location"]) == (302, "/admin/")
        assert answer.cookies["sessionid"]["httponly"]

    def test_is_closed_after_ten_wrong_passwords_even_to_the_right_one(
        self, client, user
    ):
        assert [sign_in(client, WRONG).status_code for _ in range(10)][:9] == [200] * 9

        assert sign_in(client, RIGHT).status_code == 429

    def test_does_not_tell_whether_there_is_such_a_user(self, client, user):
        def answers(username):
            told = [sign_in(client, WRONG, username=username) for _ in range(12)]
            return [(answer.status_code, len(answer.content)) for answer in told]

        assert answers("lin") == answers("lan")

    def test_opens_again_after_a_quarter_of_an_hour(self, client, user):
        for _ in range(11):
            sign_in(client, WRONG)

        with time_machine.travel(timezone.now() + timedelta(minutes=16)):
            assert sign_in(client, RIGHT).status_code == 302

    def test_is_not_closed_to_others_who_come_from_elsewhere(self, client, user):
        for _ in range(11):
            sign_in(client, WRONG)

        assert sign_in(client, RIGHT, REMOTE_ADDR="10.9.8.7").status_code == 302

    def test_ends_after_eight_hours_of_idleness(self, client, user):
        sign_in(client, RIGHT)
        began = timezone.now()

        with time_machine.travel(began + timedelta(hours=7)):
            assert client.get("/admin/").status_code == 200
        with time_machine.travel(began + timedelta(hours=14)):
            assert client.get("/admin/").status_code == 200
        with time_machine.travel(began + timedelta(hours=23)):
            assert client.get("/admin/").status_code == 302
