"""Employees sign in by WeCom, there and back over real HTTP; attack 32 on the way."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import time_machine
from django.utils import timezone

from apps.staff.sign_in import shut_out
from apps.staff.step_up import is_fresh
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)

GO, BACK = "/admin/wecom/", "/admin/wecom/back/"
INSIDE = {"User-Agent": "Mozilla/5.0 wxwork/4.1.0 MicroMessenger/7.0.1"}


@pytest.fixture
def lihua(corp, sandbox):
    corp.populate(seed=5, employees=3, contacts=0, groups=0)
    account = corp.value("SELECT userid FROM employee ORDER BY userid LIMIT 1")
    employee = make.employee("李华", wecom_id=account)
    return make.user(account, role="employee", employee=employee)


def asked(address: str) -> dict[str, str]:
    return {name: value for name, [value] in parse_qs(urlsplit(address).query).items()}


def there_and_back(client, user, *, to: str = "", **headers):
    """Sent to WeCom, scanning there as this user, and sent back."""
    away = client.get(GO, {"next": to}, headers=headers)
    sent = asked(away["Location"])
    page = requests.get(away["Location"], timeout=5)
    assert user.employee.wecom_id in page.text
    query = {
        "userid": user.employee.wecom_id,
        "redirect_uri": sent["redirect_uri"],
        "state": sent["state"],
    }
    at = urlsplit(away["Location"])
    chosen = f"{at.scheme}://{at.netloc}/sandbox/sign-in"
    answer = requests.get(chosen, query, allow_redirects=False, timeout=5)
    assert answer.headers["Location"].startswith("http://testserver" + BACK)
    return asked(answer.headers["Location"])


class TestSigningIn:
    @pytest.mark.parametrize("headers", [{}, INSIDE])
    def test_by_wecom_comes_in_under_a_new_session(self, client, lihua, headers):
        back = there_and_back(client, lihua, to="/admin/contacts/contact/", **headers)
        before = client.session.session_key

        answer = client.get(BACK, back)

        assert answer["Location"] == "/admin/contacts/contact/"
        assert client.session.session_key != before
        assert client.get("/admin/").context["user"] == lihua
        assert is_fresh(client.session, at=timezone.now())

    def test_inside_wecom_nothing_is_scanned(self, client, lihua):
        assert "/oauth2/" in client.get(GO, headers=INSIDE)["Location"]
        assert "/wwlogin/" in client.get(GO)["Location"]

    def test_is_offered_at_the_door_when_it_is_set_up(self, client, settings):
        assert "用企业微信登录" in client.get("/admin/login/").content.decode()
        settings.WECOM_AGENT_ID = ""
        assert "用企业微信登录" not in client.get("/admin/login/").content.decode()
        assert client.get(GO).status_code == 400

    def test_is_for_those_with_a_role(self, client, lihua):
        lihua.groups.clear()

        answer = client.get(BACK, there_and_back(client, lihua))

        assert answer.status_code == 403
        assert client.get("/admin/").status_code == 302

    def test_is_over_when_the_employee_leaves(self, client, lihua):
        client.get(BACK, there_and_back(client, lihua))
        assert client.get("/admin/").status_code == 200

        shut_out([lihua.employee_id])

        assert client.get("/admin/").status_code == 302
        answer = client.get(BACK, there_and_back(client, lihua))
        assert answer.status_code == 403


class TestAttack32:
    @pytest.mark.parametrize(
        "to",
        ["//evil.example", r"/\evil.example", "http://testserver@evil.example/"],
    )
    def test_nobody_is_led_elsewhere(self, client, lihua, to):
        answer = client.get(BACK, there_and_back(client, lihua, to=to))

        assert (answer.status_code, answer["Location"]) == (302, "/admin/")

    @pytest.mark.parametrize("change", ["other", "none", "twice", "late", "unmade"])
    def test_a_state_is_good_for_one_way_in_one_browser(self, client, lihua, change):
        back = there_and_back(client, lihua)
        if change == "other":
            back["state"] = "0" * 32
        if change == "none":
            del back["state"]
        if change == "unmade":  # somebody else's browser, with our link
            client.cookies.clear()
        if change == "twice":
            assert client.get(BACK, back).status_code == 302
            client.cookies.clear()
        later = timezone.now() + timedelta(minutes=11 if change == "late" else 0)
        with time_machine.travel(later):
            assert client.get(BACK, back).status_code == 400
        assert client.get("/admin/").status_code == 302

    def test_a_code_that_wecom_does_not_know_opens_nothing(self, client, lihua):
        back = there_and_back(client, lihua) | {"code": "made-up"}

        assert client.get(BACK, back).status_code == 400
        assert client.get("/admin/").status_code == 302
