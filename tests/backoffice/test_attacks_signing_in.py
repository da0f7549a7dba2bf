"""Attack 38: guessed passwords, stolen and forgotten sessions.

The second proof of who one is, before something is shown whole, is tested where that is
done: tests/contacts/test_unmask.py.
"""

import statistics
import time
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.sync.models import Pull
from tests import make
from tests.backoffice import attacked
from tests.backoffice.attacked import signed_in
from tests.conftest import day

pytestmark = pytest.mark.django_db(transaction=True)

LOGIN, START = "/admin/login/", "/admin/sync/pull/start/"
WRONG = "a wrong password"


def sign_in(client, password, *, username="lin", **meta):
    form = {"username": username, "password": password, "next": "/admin/"}
    return client.post(LOGIN, form, **meta)


class TestAttack38:
    @pytest.fixture
    def people(self):
        """One of each kind that a guess may meet; "nobody" does not exist."""
        make.user("lin", role="employee")
        make.user("closed", role="employee", is_active=False)
        never = make.user("never", role="employee")
        never.set_unusable_password()
        never.save()

    def test_ten_wrong_passwords_lock_without_saying_whether_there_is_such_a_name(
        self, people
    ):
        def told(name: str) -> list[tuple[int, str]]:
            client = Client()
            client.get(LOGIN)
            answers = [sign_in(client, WRONG, username=name) for _ in range(12)]
            return [
                (answer.status_code, attacked.the_same(answer.content, name=name))
                for answer in answers
            ]

        lin, others = told("lin"), [told(name) for name in ("nobody", "never")]

        assert [status for status, _page in lin] == [200] * 9 + [429] * 3
        assert others == [lin, lin]
        assert sign_in(Client(), make.PASSWORD).status_code == 429

    def test_a_guess_takes_as_long_whether_there_is_such_a_name(self, settings):
        hasher = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
        settings.PASSWORD_HASHERS = [hasher]
        make.user("lin", role="employee")
        took: dict[str, list[float]] = {"lin": [], "nobody": []}
        client = Client()

        for _ in range(4):
            for name, times in took.items():
                began = time.process_time()
                sign_in(client, WRONG, username=name)
                times.append(time.process_time() - began)

        known, unknown = map(statistics.median, took.values())
        assert 0.7 < known / unknown < 1.4, took

    def test_the_lock_is_not_evaded_by_claiming_to_come_from_elsewhere(self, people):
        for number in range(10):
            elsewhere = {"X-Forwarded-For": f"8.8.8.{number}"}
            sign_in(Client(), WRONG, headers=elsewhere)

        last = sign_in(Client(), WRONG, headers={"X-Forwarded-For": "9.9.9.9"})
        assert last.status_code == 429

    def test_a_session_gets_another_id_when_somebody_signs_in(self, people):
        client = Client()
        planted = "a" * 32
        client.cookies["sessionid"] = planted

        sign_in(client, make.PASSWORD)
        first = client.cookies["sessionid"].value
        client.post("/admin/logout/")
        sign_in(client, make.PASSWORD)

        assert client.cookies["sessionid"].value not in (planted, first)
        assert not Session.objects.filter(pk__in=[planted, first]).exists()

    def test_a_strange_cookie_makes_no_session(self):
        client = Client()
        client.cookies["sessionid"] = "a" * 32

        client.get(LOGIN)

        assert not Session.objects.exists()

    def test_a_page_that_is_merely_open_does_not_keep_a_session_alive(self):
        client = signed_in(make.user(role="admin"))
        began = timezone.now()
        client.get("/admin/")

        for hour in range(1, 8):
            with time_machine.travel(began + timedelta(hours=hour)):
                for poll in settings.ASKED_BY_PAGES_THEMSELVES:
                    # 404: nothing is under way that it could tell of
                    assert client.get(reverse(poll)).status_code in (200, 404)

        with time_machine.travel(began + timedelta(hours=8, minutes=1)):
            assert client.get("/admin/").status_code == 302

    def test_who_leaves_the_company_is_out_at_the_next_click(
        self, corp, sandbox, wecom, work_off
    ):
        employee = make.employee(wecom_id="lin")
        client = signed_in(make.user("lin", role="manager", employee=employee))
        assert client.get("/admin/").status_code == 200

        wecom.says("change_contact", "delete_user", at=day(3), UserID="lin")
        work_off()

        assert client.get("/admin/").status_code == 302
        assert client.post(START).status_code == 302
        assert not Pull.objects.exists()

    @pytest.mark.parametrize("change", ["password", "own_password", "role"])
    def test_what_was_open_elsewhere_is_closed_at_once(self, change):
        lin = make.user("lin", role="manager")
        open_elsewhere, here = signed_in(lin), signed_in(lin)
        boss = signed_in(make.user(role="admin"))
        new = {"password1": "another password", "password2": "another password"}
        own = {"old_password": make.PASSWORD}
        own |= {f"new_{name}": value for name, value in new.items()}

        if change == "password":
            done = boss.post(f"/admin/staff/user/{lin.pk}/password/", new)
        elif change == "own_password":
            done = here.post("/admin/password_change/", own)
        else:
            page = f"/admin/staff/user/{lin.pk}/change/"
            done = boss.post(page, {"username": "lin", "role": ""})

        assert done.status_code == 302
        assert open_elsewhere.get("/admin/").status_code == 302
        stays = change == "own_password"
        assert here.get("/admin/").status_code == (200 if stays else 302)

    def test_a_lower_role_counts_from_the_next_click_on(self):
        lin = make.user("lin", role="manager")
        client, boss = signed_in(lin), signed_in(make.user(role="admin"))
        assert client.get("/admin/wecom/callback/").status_code == 200

        page = f"/admin/staff/user/{lin.pk}/change/"
        boss.post(page, {"username": "lin", "role": "employee"})

        assert client.get("/admin/wecom/callback/").status_code == 403
