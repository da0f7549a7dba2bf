"""A mini-program as a phone runs it: signs in, keeps its tokens, asks and does."""

import itertools
from typing import Any

from django.test import Client
from django.utils import timezone

from apps.contacts.models import Contact
from apps.miniprogram.tokens import open_session
from apps.sandbox.corp import Corp
from tests import make

BASE = "/api/v1/mini/"
JSON = "application/json"

number = itertools.count(1)


class Phone:
    """One person's. `http` is Django's client, or anything that asks as it does."""

    def __init__(self, corp: Corp | None = None, http: Any = None, **who: Any) -> None:
        self.http = http or Client(raise_request_exception=False)
        self.corp = corp
        self.who = who
        self.access = self.refresh = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access}"} if self.access else {}

    def login_code(self) -> str:
        """What wx.login gives; the first time it may be a stranger."""
        done = self.corp.do("open_miniprogram", **self.who)
        self.who = {**self.who, "external_userid": done["external_userid"]}
        return done["code"]

    def sign_in(self, code: str = "") -> Any:
        answer = self.post("sign-in", {"code": code or self.login_code()})
        return self.keep(answer)

    def renew(self, shown: str = "") -> Any:
        return self.keep(self.post("tokens", {"refresh_token": shown or self.refresh}))

    def keep(self, answer: Any) -> Any:
        if answer.status_code == 201:
            told = answer.json()
            self.access, self.refresh = told["access_token"], told["refresh_token"]
        return answer

    def bind(self, phone: str) -> Any:
        code = self.corp.do("give_phone", phone=phone)["code"]
        return self.post("me/phone", {"code": code})

    def get(self, path: str, headers: Any = None, **query: Any) -> Any:
        known = self.headers | (headers or {})
        return self.http.get(f"{BASE}{path}", query, headers=known)

    def post(self, path: str, body: Any = None, *, key: str = "", **headers) -> Any:
        """Every press of a button has a key of its own; a retry has the same."""
        known = self.headers | {"Idempotency-Key": key or f"press-{next(number)}"}
        return self.http.post(
            f"{BASE}{path}",
            {} if body is None else body,
            content_type=JSON,
            headers=known | headers,
        )


def signed_in(contact: Contact | None = None, **more: Any) -> Phone:
    """Somebody whom we know, who has signed in just now."""
    phone = Phone(**more)
    pair = open_session(contact or make.contact(), at=timezone.now())
    phone.access, phone.refresh = pair.access, pair.refresh
    return phone
