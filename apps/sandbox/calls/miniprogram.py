"""What WeChat answers to a mini-program's server (wecom-api.md 5.1).

A code of wx.login says who it is, once and for five minutes; one of the button of
phones says the number. The token is the mini-program's own.
"""

import base64
from typing import Any

from apps.sandbox.calls.registry import OPEN, Ask, call
from apps.sandbox.calls.tokens import app_of, token_for
from apps.sandbox.errors import Refusal

MINIPROGRAM = "miniprogram"
SECONDS = 300


@call("GET", "sns/jscode2session", rights=OPEN, bare=True)
def jscode2session(ask: Ask) -> dict[str, Any]:
    prove(ask, ask.query.get("appid"), ask.query.get("secret"))
    code = ask.of_query("js_code", 41008)
    found = taken(ask, "mini_login", code)
    key = base64.b64encode(ask.corp.random.randbytes(16)).decode()
    answer = {"openid": found["openid"], "session_key": key}
    return answer | ({"unionid": found["unionid"]} if found["unionid"] else {})


@call("GET", "token", rights=OPEN, bare=True)
def token(ask: Ask) -> dict[str, Any]:
    prove(ask, ask.query.get("appid"), ask.query.get("secret"))
    return given(ask)


@call("POST", "stable_token", rights=OPEN, bare=True)
def stable_token(ask: Ask) -> dict[str, Any]:
    prove(ask, ask.optional_text("appid"), ask.optional_text("secret"))
    return given(ask)


@call("POST", "wxa/business/getuserphonenumber", rights=OPEN)
def getuserphonenumber(ask: Ask) -> dict[str, Any]:
    if app_of(ask.corp, ask.query.get("access_token", "")) != MINIPROGRAM:
        raise Refusal(40001)
    found = taken(ask, "mini_phone", ask.text("code", 40029))
    return {
        "phone_info": {
            "phoneNumber": found["phone"],
            "purePhoneNumber": found["phone"],
            "countryCode": "86",
            "watermark": {
                "timestamp": ask.corp.now(),
                "appid": ask.corp.credentials.miniprogram_app_id,
            },
        }
    }


def prove(ask: Ask, app_id: str | None, secret: str | None) -> None:
    """Is it the mini-program of this corp?"""
    if not app_id:
        raise Refusal(41002)
    if not secret:
        raise Refusal(41004)
    if app_id != ask.corp.credentials.miniprogram_app_id:
        raise Refusal(40013)
    if secret != ask.corp.credentials.miniprogram_secret:
        raise Refusal(40125)


def given(ask: Ask) -> dict[str, Any]:
    return {
        "access_token": token_for(ask.corp, MINIPROGRAM),
        "expires_in": ask.corp.knobs.token_seconds,
    }


def taken(ask: Ask, table: str, code: str) -> Any:
    """What the code stands for; from now on it stands for nothing."""
    with ask.corp.changing():
        found = ask.corp.row(f"SELECT * FROM {table} WHERE code = ?", code)
        if found is None or ask.corp.clock() > found["issued_at"] + SECONDS:
            raise Refusal(40029)
        ask.corp.run(f"DELETE FROM {table} WHERE code = ?", code)
    return found
