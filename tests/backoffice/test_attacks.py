"""The attacks that the admin must stand, by their numbers.

24 markup in what people write, 37 forged requests, 40 insides that show; 38, guessed
passwords and stolen sessions, stands in test_attacks_signing_in.py. Those of 40 that
need whole processes stand in test_attacks_live.py.
"""

import os
import re
import subprocess
import sys
from importlib.util import find_spec

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.clients.authentication import ByKey
from apps.miniprogram.authentication import ByToken
from apps.sync.models import Pull
from apps.sync.pull import advance, start_pull
from scrm.variables import VARIABLES
from tests import make
from tests.backoffice import attacked
from tests.backoffice.attacked import signed_in
from tests.backoffice.test_query_counts import make_some_twice
from tests.check import COMMANDS, COMPLETE, ROOT

pytestmark = pytest.mark.django_db(transaction=True)

LOGIN, START = "/admin/login/", "/admin/sync/pull/start/"
WRONG = "a wrong password"
EVIL = "https://evil.example"
FORM = "application/x-www-form-urlencoded"
POLLED = re.compile(r'data-url="([^"]+)"')


@pytest.fixture
def living(corp, sandbox):
    """A company pulled whole, and something in every list."""
    corp.populate(seed=5, employees=4, contacts=12, groups=2)
    pulled = start_pull(by=None, at=timezone.now())
    advance(pull=pulled)
    attacked.make_some_of_each(pulled)
    make_some_twice()


def token_of(client) -> str:
    return client.get("/admin/password_change/").context["csrf_token"]


class TestAttack37:
    def test_looking_at_everything_changes_nothing(self, living):
        client = signed_in(make.user("root", role="admin", is_superuser=True))
        assert len(attacked.poison()) > 10  # 24: what people write is never markup
        before, secrets = attacked.everything(), known_secrets()
        seen, polled = set(), set()
        waiting = set(attacked.addresses())
        asked_for = "?action=try_again_selected&index=0&_selected_action="
        for model in ("wecom/callback", "wecom/command", "sync/pull"):
            waiting.add(f"/admin/{model}/{asked_for}{Pull.objects.last().pk}&post=yes")
        assert len(waiting) > 60

        for depth in (1, 2):
            found = set()
            for address in sorted(waiting - seen):
                page = client.get(address)
                assert page.status_code in (200, 302, 400, 403, 404, 405), address
                assert cannot_be_framed(page), address
                if "text/html" in page.get("Content-Type", ""):
                    text = page.content.decode()
                    assert [s for s in secrets if s in text] == [], address
                    assert attacked.MARKUP[:12] not in text, address
                    found |= attacked.links(text, on=address)
                    polled |= {url.partition("?")[0] for url in POLLED.findall(text)}
            seen |= waiting
            waiting = attacked.some_of_each(found) if depth == 1 else set()

        assert len(seen) > 80
        # what pages ask for by themselves is known not to be somebody's activity
        for watched in ("imports_import", "exports_export", "lists_batch"):
            polled.add(reverse(f"admin:{watched}_progress"))
        assert polled == {reverse(p) for p in settings.ASKED_BY_PAGES_THEMSELVES}
        assert attacked.everything() == before

    def test_nothing_is_accepted_without_the_token(self, living):
        client = signed_in(make.user(role="admin"), enforce_csrf_checks=True)
        before = attacked.everything()

        for address in attacked.addresses():
            for send in (client.post, client.put, client.patch, client.delete):
                answer = send(address, {"post": "yes"}, content_type=FORM)
                assert answer.status_code == 403, address

        assert attacked.everything() == before

    def test_only_those_who_sign_or_show_a_key_may_come_without_it(self):
        free = {
            route: pattern.callback
            for route, pattern in attacked.patterns()
            if getattr(pattern.callback, "csrf_exempt", False)
        }
        wire = {"/wecom/callback/", "/wecom/callback/contacts/"}

        assert wire < free.keys()
        for route in free.keys() - wire:  # where a browser's cookie is worth nothing
            shown = set(free[route].cls.authentication_classes)
            assert shown <= {ByKey, ByToken}, route

    @pytest.mark.parametrize(
        ("origin", "status", "pulls"),
        [
            ("http://testserver", 302, 1),
            (EVIL, 403, 0),
            ("null", 403, 0),
            ("http://testserver.evil.example", 403, 0),
            ("http://testserver:8000", 403, 0),
        ],
    )
    def test_a_page_from_elsewhere_can_ask_for_nothing(self, origin, status, pulls):
        client = signed_in(make.user(role="admin"), enforce_csrf_checks=True)
        form = {"csrfmiddlewaretoken": token_of(client)}

        answer = client.post(START, form, headers={"Origin": origin})

        assert answer.status_code == status
        assert Pull.objects.count() == pulls
        assert "Access-Control-Allow-Origin" not in answer

    def test_a_page_from_elsewhere_can_read_nothing(self):
        answer = signed_in(make.user(role="admin")).get(
            "/admin/pulse/", headers={"Origin": EVIL}
        )

        assert not [name for name in answer.headers if "Access-Control" in name]

    def test_cookies_are_not_sent_from_elsewhere_nor_read_by_scripts(self):
        make.user("lin", role="employee")
        form = {"username": "lin", "password": make.PASSWORD, "next": "/admin/"}

        answer = Client().post(LOGIN, form)

        session = answer.cookies["sessionid"]
        assert (session["samesite"], session["httponly"]) == ("Lax", True)
        assert answer.cookies["csrftoken"]["samesite"] == "Lax"

    def test_what_is_refused_cannot_be_framed_either(self, settings):
        client = Client(raise_request_exception=False, enforce_csrf_checks=True)
        settings.METRICS_TOKEN = "a-token-for-metrics"

        for expected, answer in [
            (400, client.get("/admin/", headers={"Host": "evil.example"})),
            (403, client.post(LOGIN, {})),
            (403, client.get("/metrics", REMOTE_ADDR="10.1.2.3")),
            (404, client.get("/nothing/here/")),
            (302, client.get("/admin/")),
            (200, client.get(LOGIN)),
            (200, client.get("/healthz")),
        ]:
            assert answer.status_code == expected
            assert cannot_be_framed(answer)
        # no page, and so without a policy of what a page may load
        assert client.get("/wecom/callback/")["X-Frame-Options"] == "DENY"


def cannot_be_framed(answer) -> bool:
    """Unfold lets its pages be framed by their like; the policy, which browsers ask
    first, by nobody."""
    policy = answer.get("Content-Security-Policy", "")
    strict = answer.get("X-Frame-Options") in ("DENY", "SAMEORIGIN")
    return strict and "frame-ancestors 'none'" in policy


def known_secrets() -> list[str]:
    values = [os.environ.get(v.name, "") for v in VARIABLES if v.secret]
    return [value for value in values if len(value) >= 8]


class TestAttack40:
    @pytest.mark.parametrize(
        "header",
        ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via", "X-Forwarded-Proto"],
    )
    def test_the_figures_are_closed_to_whoever_comes_through_a_proxy(
        self, client, header
    ):
        answer = client.get("/metrics", headers={header: "127.0.0.1"})

        assert answer.status_code == 403
        assert answer.content == b""

    def test_there_is_no_flower(self, client):
        assert find_spec("flower") is None
        assert client.get("/flower/").status_code == 404
        assert not [
            route for route, _pattern in attacked.patterns() if "flower" in route
        ]

    def test_the_settings_are_fit_for_the_street(self):
        checked = run(*COMMANDS["deployment"][1:])

        assert checked.returncode == 0, checked.stderr
        assert "no issues" in checked.stdout

    def test_the_page_about_settings_tells_none(self):
        marked = {v.name: f"marked-{v.name}" for v in VARIABLES if v.secret}
        kept = (
            "DATABASE_URL",
            "BROKER_URL",
            "SCRM_DATA_KEYS",
            "WECOM_CALLBACK_AES_KEY",
        )
        for name in (*kept, "WECOM_CALLBACK_AES_KEY_2", "WECOM_CALLBACK_TOKEN_2"):
            marked.pop(name)
        marked["WECOM_CONTACTS_CALLBACK_AES_KEY"] = COMPLETE["WECOM_CALLBACK_AES_KEY"]

        shown = run("manage.py", "settings", **marked)

        assert shown.returncode == 0, shown.stderr
        values = [*marked.values(), COMPLETE["SCRM_DATA_KEYS"], COMPLETE["SECRET_KEY"]]
        assert [value for value in values if value in shown.stdout + shown.stderr] == []

    def test_a_setting_that_is_wrong_is_named_but_not_shown(self):
        shown = run("manage.py", "drain", WECOM_CALLBACK_AES_KEY="marked-and-too-short")

        assert shown.returncode != 0
        assert "WECOM_CALLBACK_AES_KEY" in shown.stderr
        assert "marked-and" not in shown.stdout + shown.stderr


def run(*command: str, **more: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**COMPLETE, "PATH": os.defpath, "SCRM_ROLE": "web", **more},
        capture_output=True,
        text=True,
        timeout=120,
    )
