"""WeChat tells who is behind a code of a mini-program, and which phone they gave.

Both codes are good once, for five minutes. The key of the session, which comes with the
first, is dropped at once: nothing of ours needs it. Nothing here raises or logs an
exception of requests': those hold the address, and the address holds the secret.
"""

import json
import logging
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import requests
from django.conf import settings
from urllib3.exceptions import HTTPError

from apps.common.errors import Refused, TryLater

logger = logging.getLogger(__name__)

LIMITS = (3.0, 5.0)  # seconds to connect, and without a byte
LARGEST = 64 * 1024  # bytes of an answer
LONGEST_CODE = 512
USED_OR_UNKNOWN = {40029, 40163}
TOKEN_IS_OVER = {40001, 40014, 42001}
OF_OUR_SETTINGS = {40013, 40125, 41002, 41004}
AT_RISK = 40226


class NoMiniprogram(Refused):
    """No mini-program is set up here, or its AppSecret is wrong."""

    code = "no_miniprogram"


class BadCode(Refused):
    """WeChat does not know this code: it is used up, or older than five minutes."""

    code = "bad_code"


class AtRisk(Refused):
    """WeChat has blocked this account."""

    code = "blocked_by_wechat"


class NoWeChat(TryLater):
    """WeChat did not answer."""

    code = "wechat_unreachable"


@dataclass(frozen=True)
class Came:
    """Who opened the mini-program, as WeChat says."""

    openid: str
    unionid: str


def who_came(code: str) -> Came:
    answer = asked(
        "GET",
        "sns/jscode2session",
        {
            "appid": settings.MINIPROGRAM_APP_ID,
            "secret": settings.MINIPROGRAM_SECRET,
            "js_code": checked(code),
            "grant_type": "authorization_code",
        },
    )
    [openid, unionid] = texts_in(answer, ("openid", "unionid"))
    if not openid:
        raise NoWeChat(detail="openid")
    return Came(openid, unionid)


def phone_of(code: str) -> str:
    """With its country where that is not China's."""
    body = {"code": checked(code)}
    answer: dict[str, Any] = {}
    for rejected in (False, True):
        token = TOKENS.current(rejected=rejected)
        try:
            answer = asked(
                "POST", "wxa/business/getuserphonenumber", {"access_token": token}, body
            )
            break
        except TokenIsOver:
            if rejected:
                raise NoWeChat(detail="token") from None
    told = answer.get("phone_info")
    told = told if isinstance(told, dict) else {}
    mark = told.get("watermark")
    if not isinstance(mark, dict) or mark.get("appid") != settings.MINIPROGRAM_APP_ID:
        raise BadCode
    [number, country] = texts_in(told, ("purePhoneNumber", "countryCode"))
    if not number:
        raise BadCode
    return number if country in ("", "86") else f"+{country}{number}"


def checked(code: str) -> str:
    if not settings.MINIPROGRAM_APP_ID or not settings.MINIPROGRAM_SECRET:
        raise NoMiniprogram
    if not 0 < len(code) <= LONGEST_CODE:
        raise BadCode
    return code


def texts_in(told: dict[str, Any], names: Iterable[str]) -> list[str]:
    """Numbers are texts as well: of the country WeChat's example shows one."""
    values = [told.get(name) for name in names]
    return [str(v) if isinstance(v, str | int) else "" for v in values]


# --- the mini-program's own token -----------------------------------------------------


class TokenIsOver(Exception):
    """WeChat does not take it any more."""


@dataclass
class Tokens:
    """Kept by each process for itself: WeChat gives all that ask the same, so nobody
    spoils anybody else's."""

    value: str = field(default="", repr=False)
    of: tuple[str, str] = ("", "")
    until: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def current(self, *, rejected: bool) -> str:
        ours = (settings.WEIXIN_API_URL, settings.MINIPROGRAM_APP_ID)
        with self.lock:
            if rejected or self.of != ours or time.monotonic() >= self.until:
                answer = self.fetched()
                [self.value, seconds] = texts_in(answer, ("access_token", "expires_in"))
                if not self.value:
                    raise NoWeChat(detail="access_token")
                # a tenth less than WeChat says: it must not expire on its way
                lasts = float(seconds) if seconds.isdecimal() else 7200.0
                self.of, self.until = ours, time.monotonic() + lasts * 0.9
            return self.value

    def fetched(self) -> dict[str, Any]:
        body = {
            "grant_type": "client_credential",
            "appid": settings.MINIPROGRAM_APP_ID,
            "secret": settings.MINIPROGRAM_SECRET,
        }
        return asked("POST", "cgi-bin/stable_token", {}, body)


TOKENS = Tokens()


# --- the wire -------------------------------------------------------------------------


def asked(
    method: str,
    path: str,
    params: dict[str, str],
    body: dict[str, str] | None = None,
) -> dict[str, Any]:
    """The answer, or why there is none."""
    answer = exchanged(method, path, params, body)
    errcode = answer.get("errcode") or 0
    if errcode == 0:
        return answer
    if errcode in USED_OR_UNKNOWN:
        raise BadCode
    if errcode in TOKEN_IS_OVER:
        raise TokenIsOver
    if errcode == AT_RISK:
        raise AtRisk
    logger.warning("WeChat refused", extra={"call": path, "errcode": errcode})
    if errcode in OF_OUR_SETTINGS:
        raise NoMiniprogram
    raise NoWeChat(detail=str(errcode)[:10])


def exchanged(
    method: str, path: str, params: dict[str, str], body: dict[str, str] | None
) -> dict[str, Any]:
    address = f"{settings.WEIXIN_API_URL.rstrip('/')}/{path}"
    why = ""
    try:
        with requests.request(
            method,
            address,
            params=params,
            json=body,
            timeout=LIMITS,
            allow_redirects=False,
            stream=True,
        ) as answer:
            text = answer.raw.read(LARGEST + 1, decode_content=True)
            told = json.loads(text)
            if answer.status_code == 200 and isinstance(told, dict):
                return told
            why = str(answer.status_code)
    except (requests.RequestException, HTTPError, OSError, ValueError) as trouble:
        why = type(trouble).__name__
    logger.warning("WeChat did not answer", extra={"call": path, "why": why})
    raise NoWeChat(detail=why)
