"""Attack 40: what shows of our insides, by real processes at their most talkative.

A company with one marked person lives through a day on which everything goes wrong:
refusals, silence, a row that the database refuses, a page that breaks. Then all that
was written anywhere is searched for her, and for every secret of the environment.
"""

import re
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest
import requests
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection

from apps.contacts.models import Contact
from apps.sandbox.seal import seal
from apps.staff.models import User
from apps.wecom.models import Callback, Command
from scrm.embedded.part import wait_for
from scrm.embedded.valkey import Valkey
from scrm.household import answers, free_port
from scrm.variables import VARIABLES
from tests import make, processes
from tests.backoffice.reading import faults
from tests.backoffice.running import (
    Running,
    dumped,
    kept_by,
    refused_by_the_database,
)
from tests.scrm.conftest import clone, place  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db(transaction=True)

WHO = {
    "name": "欧阳清风",
    "remark": "城南老主顾清风",
    "unionid": "oMarkedUnionId0123456789abc",
    "avatar": "https://wx.qlogo.cn/mmhead/MarkedPicture/0",
}
PHONE, TYPED = "13987654321", "a-password-typed-wrongly"
MARKS = [*WHO.values(), PHONE, TYPED]
NEVER = r"Traceback|File &quot;|\.py|site-packages|SELECT|psycopg|relation|/tmp/"


@pytest.fixture
def running(request, corp, sandbox, clone, place):  # noqa: F811 - fixtures
    """Started after the tables are ready; DEBUG is off, the logs hold everything."""
    corp.populate(seed=3, employees=2, contacts=0, groups=0)
    copy, port, valkey = clone("copy"), free_port(), Valkey(place / "valkey")
    environment = processes.environment() | {
        "BROKER_URL": valkey.start(),
        "DATABASE_URL": processes.environment()["DATABASE_URL"].replace(
            ":@", ":marked-database-password@"
        ),
        "LOG_LEVEL": "debug",
        "LOG_FORMAT": "json",
        "METRICS_TOKEN": "marked-token-of-the-metrics",
        "WEB_PROCESSES": "1",
        "WORKER_PROCESSES": "1",
    }
    environment.pop("SCRM_ROLE")
    # the broker's address is a socket here: its path is no secret, and Celery shows it
    secret = [v.name for v in VARIABLES if v.secret and v.name != "BROKER_URL"]
    secrets = [environment.get(name, "") for name in secret]
    secrets += ["marked-database-password"]
    commands = {
        "web": ["web", "--port", str(port)],
        "worker": ["worker", "--processes", "1"],
    }
    with ExitStack() as stack:
        stack.callback(valkey.stop)
        manage = [sys.executable, "manage.py"]
        collect = [*manage, "collectstatic", "--no-input", "-v0"]
        subprocess.run(collect, cwd=copy, env=environment, check=True)
        for name, command in commands.items():
            log = stack.enter_context((place / f"{name}.log").open("wb"))
            process = subprocess.Popen(
                [*manage, *command], cwd=copy, env=environment, stdout=log, stderr=log
            )
            stack.callback(process.wait, 30)
            stack.callback(process.terminate)
        assert wait_for(lambda: answers("127.0.0.1", port), seconds=120)
        yield Running(
            web=f"http://127.0.0.1:{port}",
            broker=environment["BROKER_URL"],
            folder=place,
            secrets=[s for s in secrets if len(s) >= 8],
        )


def tell(running: Running, corp, news: list[dict]) -> list[str]:
    """WeCom tells us; the numbers under which our answers stand in the logs."""
    numbers = []
    for each in news:
        app = each["receiver"] == "app"
        receiver = getattr(corp.credentials, f"{each['receiver']}_receiver")
        query, body = seal(each["message"], receiver=receiver)
        address = "/wecom/callback/" if app else "/wecom/callback/contacts/"
        answer = requests.post(
            running.web + address, params=query, data=body, timeout=30
        )
        assert answer.text == "success"
        numbers.append(answer.headers["X-Request-Id"])
    return numbers


def come_to_rest() -> None:
    def waits() -> bool:
        return any(
            model.objects.filter(attempts=0, status="waiting").exists()
            for model in (Callback, Command)
        )

    assert wait_for(lambda: not waits(), seconds=90)


def sign_in(running: Running, username: str) -> requests.Session:
    User.objects.filter(username=username).update(
        password=PBKDF2PasswordHasher().encode(make.PASSWORD, "salt", iterations=1)
    )
    visitor = requests.Session()
    login = f"{running.web}/admin/login/"
    for password in (TYPED, make.PASSWORD):
        page = visitor.get(login, timeout=30).text
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)', page)
        form = {"username": username, "password": password, "next": "/admin/"}
        form["csrfmiddlewaretoken"] = token[1]
        answer = visitor.post(login, form, timeout=60, allow_redirects=False)
    assert answer.status_code == 302
    return visitor


def found_in(text: str, marks: list[str]) -> list[str]:
    """Also where she is spelled in ASCII alone."""
    plain = re.sub(r"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), text)
    return [mark for mark in marks if mark in text or mark in plain]


class TestAttack40:
    def test_nobody_and_nothing_is_named_in_what_is_logged(
        self, running, corp, sandbox
    ):
        account = corp.dump(["users"])["users"][0]["userid"]
        make.user("boss", role="admin")
        make.user("staff", role="manager", employee=make.employee(wecom_id=account))
        done = corp.do("add", userid=account, type=1, **WHO)
        whom = {"userid": account, "external_userid": done["external_userid"]}

        [number] = tell(running, corp, done["news"])[:1]
        assert wait_for(
            lambda: Contact.objects.filter(name=WHO["name"]).exists(), seconds=90
        )
        come_to_rest()
        told_apart(running, number)

        remarked = corp.do("edit_remark", **whom, remark=f"{WHO['remark']}！")
        corp.do("edit_phones", **whom, mobiles=[PHONE])
        with refused_by_the_database():
            tell(running, corp, remarked["news"])
            stumbled = Command.objects.filter(last_error__contains="of_this_test")
            assert wait_for(stumbled.exists, seconds=60)
        for what in (84061, "http500", "half_closed"):
            sandbox.faults.replace(
                [{"api": "externalcontact/get", "do": what, "times": 1}]
            )
            tell(
                running,
                corp,
                corp.do("edit_remark", **whom, remark=f"{WHO['remark']}{what}")["news"],
            )
            come_to_rest()
        sandbox.faults.replace([])

        boss = sign_in(running, "boss")
        person = Contact.objects.get(name=WHO["name"]).pk
        for path in (
            f"/admin/contacts/contact/?q={WHO['name']}",
            f"/admin/contacts/contact/?q={PHONE}",
            f"/admin/search/?s={WHO['name']}",
            f"/admin/contacts/contact/{person}/change/",
            f"/admin/contacts/contact/?name__startswith={WHO['name']}",
        ):
            assert boss.get(running.web + path, timeout=60).status_code in (
                200,
                302,
                400,
            )
        broken = page_that_breaks(running, boss)

        # the whole way out: told by WeCom, worked off, refused at the next click
        staff = sign_in(running, "staff")
        assert "logout" in staff.get(f"{running.web}/admin/", timeout=60).text
        began = time.monotonic()
        tell(running, corp, corp.do("employee_resign", userid=account)["news"])
        assert wait_for(
            lambda: "login-form" in staff.get(f"{running.web}/admin/", timeout=60).text,
            seconds=60 - (time.monotonic() - began),
        )

        logs = running.logs
        assert broken in logs
        assert "IntegrityError" in logs
        assert found_in(logs, MARKS + running.secrets) == []
        assert found_in(kept_by(running.broker), MARKS + running.secrets) == []
        errors = [*Callback.objects.all(), *Command.objects.all()]
        assert found_in("".join(job.last_error for job in errors), MARKS) == []
        assert found_in(dumped(), [PHONE, TYPED, *running.secrets]) == []

    def test_a_stranger_sees_pages_in_chinese_and_nothing_of_our_insides(self, running):
        for path in (
            *("/.git/config", "/.env", "/.gitignore", "/static/", "/static/admin/"),
            *(
                "/static/../.env",
                "/static/%2e%2e/manage.py",
                "/static/staticfiles.json",
            ),
            *("/static/backoffice/scrm.js.map", "/manage.py", "/flower/", "/debug/"),
            *("/admin/api/schema/", "/admin/nothing/"),
        ):
            answer = running.get(path, allow_redirects=False)
            assert answer.status_code in (302, 404), path
            assert not re.search(NEVER, answer.text.replace("manage.py", "")), path
        strange = running.get("/admin/", headers={"Host": "evil.example"})
        assert strange.status_code == 400
        assert faults(strange.text) == []
        for header in ("X-Forwarded-For", "X-Real-IP", "Via"):
            assert running.get("/metrics", headers={header: "::1"}).status_code == 403
        told = {"Authorization": "Bearer marked-token-of-the-metrics"}
        assert running.get("/metrics", headers=told).status_code == 200


def told_apart(running: Running, number: str) -> None:
    """One number leads from WeCom's callback to our call: web, worker, outgoing."""

    def lines() -> list[dict]:
        return [line for line in running.lines() if line.get("request_id") == number]

    assert wait_for(lambda: any("api" in line for line in lines()), seconds=30)
    kept = [line for line in lines() if line["message"] == "a callback was kept"]
    call = [line for line in lines() if line.get("api") == "externalcontact/get"]
    jobs = {line["job"].partition(" ")[0] for line in lines() if "job" in line}
    assert (len(kept), call[0]["errcode"]) == (1, 0)
    assert call[0]["milliseconds"] >= 0
    assert {"wecom.Callback", "wecom.Command"} <= jobs


def page_that_breaks(running: Running, visitor: requests.Session) -> str:
    """A 500 says in Chinese what to do, and its number; nothing of the reason."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE sync_pull RENAME TO sync_pulled")
        try:
            page = visitor.get(f"{running.web}/admin/sync/pull/", timeout=60)
        finally:
            cursor.execute("ALTER TABLE sync_pulled RENAME TO sync_pull")
    number = page.headers["X-Request-Id"]
    assert page.status_code == 500
    assert number in page.text
    assert "管理员" in page.text
    assert faults(page.text) == []
    assert not re.search(NEVER, page.text)
    return number
