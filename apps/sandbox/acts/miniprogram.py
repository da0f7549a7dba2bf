"""Somebody opens the mini-program, and gives their phone (wecom-api.md 5.1)."""

import base64
import hashlib
from typing import Any

from apps.sandbox.acts.people import person
from apps.sandbox.acts.registry import act
from apps.sandbox.names import phone as made_up
from apps.sandbox.records import Records


@act
def open_miniprogram(
    corp: Records,
    *,
    at: int,
    external_userid: str | None = None,
    bound: bool = True,
    code: str | None = None,
    **about: Any,
) -> dict[str, Any]:
    """Answers the code of wx.login. Who is told no id of somebody known is a stranger.
    `bound`: the mini-program hangs on an Open Platform account, so WeChat tells the
    union id."""
    who = person(corp, external_userid, **about)
    code = code or corp.identifier("0", 32)
    openid = openid_of(corp, who["external_userid"])
    union = who["unionid"] if bound else ""
    corp.run(
        "INSERT INTO mini_login (code, openid, unionid, issued_at) VALUES (?, ?, ?, ?)",
        *(code, openid, union, at),
    )
    return {
        "external_userid": who["external_userid"],
        "code": code,
        "openid": openid,
        "unionid": union,
    }


@act
def give_phone(
    corp: Records, *, at: int, phone: str | None = None, code: str | None = None
) -> dict[str, Any]:
    """Answers the code that the button gives for the phone of whoever pressed it."""
    number = phone or made_up(corp.random)
    code = code or corp.identifier("", 64)
    corp.run(
        "INSERT INTO mini_phone (code, phone, issued_at) VALUES (?, ?, ?)",
        *(code, number, at),
    )
    return {"code": code, "phone": number}


def openid_of(corp: Records, external_userid: str) -> str:
    """The same person has another one in each mini-program."""
    told = f"{corp.credentials.miniprogram_app_id} {external_userid}".encode()
    drawn = base64.urlsafe_b64encode(hashlib.sha256(told).digest()).decode()
    return f"o{drawn[:27]}"
