"""The builder over HTTP: six rules, each typed on and on, so that no window is kept."""

import http.client
import json
import statistics
import time
from typing import Any

from tests.bench.running import Running

TIMES = 20
TOKEN = "b" * 32
PREVIEW = "/admin/segments/segment/preview/"
SIGN_IN = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from apps.staff.models import User
user = User.objects.create_user("asks", is_staff=True, is_superuser=True)
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.create()
print(session.session_key)
"""


def field(name: str, op: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"field": name, "op": op, "value": value, **more}


def typed(n: int) -> list[dict[str, Any]]:
    """The six rules, with another number in each window."""
    r1 = {"all": [field("tags", "any", [10]), field("tags", "none", [1])]}
    quarter, month = {"days": 90}, {"days": 30}
    r2 = {
        "all": [
            field("order_count", "at_least", 2, within=quarter),
            field("order_sum", "at_least", 50_000 + n, within=quarter),
        ]
    }
    r3 = field("event_count", "at_least", 3 + n, event="k5", within=month)
    r4 = field("followed_by", "any", [7])
    r5 = {
        "all": [
            field("channel_state", "is", "c3"),
            {"not": field("last_note", "last_days", 14 + n)},
        ]
    }
    fifty = field("followed_by", "any", list(range(1, 51)))
    nested = {"all": [{"any": [r1, r3]}, {"not": r5}]}
    return [r1, r2, r3, r4, r5, {"any": [nested, {"all": [r2, fifty]}]}]


def asked(house: Running) -> tuple[float, float]:
    """Milliseconds of one request after the other: the median, and all but 5%."""
    key = house.run("manage.py", "shell", "-v0", "-c", SIGN_IN).strip()
    house.run("manage.py", "collectstatic", "--noinput", "-v0")
    house.serve("web", "manage.py", "web", SCRM_ROLE="web")
    figures = []
    for n in range(TIMES):
        answers = [answer(house, key, rule) for rule in typed(n)]
        figures += answers if n else []  # the first warms the processes up
    return statistics.median(figures), statistics.quantiles(figures, n=20)[-1]


def answer(house: Running, key: str, rule: dict[str, Any]) -> float:
    names = ("sessionid", "__Host-sessionid", "csrftoken", "__Host-csrftoken")
    values = (key, key, TOKEN, TOKEN)
    cookies = "; ".join(f"{n}={v}" for n, v in zip(names, values, strict=True))
    line = http.client.HTTPConnection("127.0.0.1", house.ports["web"])
    began = time.monotonic()
    line.request(
        "POST",
        PREVIEW,
        json.dumps(rule),
        {
            "Host": "localhost",
            "Cookie": cookies,
            "X-CSRFToken": TOKEN,
            "Content-Type": "application/json",
        },
    )
    told = line.getresponse()
    body = told.read()
    took = (time.monotonic() - began) * 1_000
    line.close()
    if told.status != 200:
        raise SystemExit(f"{PREVIEW}: {told.status} {body[:200]!r}")
    return took
