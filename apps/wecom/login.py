"""Employees sign in by WeCom: inside it at once, in a browser by scanning a code.

WeCom sends them back with a code that says who they are. What they are sent away with,
the state, is theirs alone and good for one way there and back.
"""

from urllib.parse import urlencode

from django.conf import settings

from apps.wecom.calls import call
from apps.wecom.errcodes import Kind
from apps.wecom.errors import WeComRefused

REAL = "https://qyapi.weixin.qq.com"
INSIDE = "https://open.weixin.qq.com", "/connect/oauth2/authorize"
OUTSIDE = "https://login.work.weixin.qq.com", "/wwlogin/sso/login"
LONGEST_CODE = 512


def is_set_up() -> bool:
    return bool(
        settings.WECOM_CORP_ID and settings.WECOM_AGENT_ID and settings.WECOM_APP_SECRET
    )


def address(*, back: str, state: str, inside: bool) -> str:
    """Where to send somebody; `inside` WeCom's own browser nothing is asked there."""
    asked = {
        "appid": settings.WECOM_CORP_ID,
        "agentid": settings.WECOM_AGENT_ID,
        "redirect_uri": back,
        "state": state,
    }
    if inside:
        asked |= {"response_type": "code", "scope": "snsapi_base"}
        return f"{place(INSIDE)}?{urlencode(asked)}#wechat_redirect"
    asked |= {"login_type": "CorpApp", "lang": "zh"}
    return f"{place(OUTSIDE)}?{urlencode(asked)}"


def place(known: tuple[str, str]) -> str:
    """A WeCom of our own answers everything at its one address."""
    host, path = known
    api = settings.WECOM_API_URL.rstrip("/")
    return f"{host if api == REAL else api}{path}"


def who_came(code: str) -> str:
    """The account of the employee behind a code; empty if there is none behind it."""
    if not 0 < len(code) <= LONGEST_CODE:
        return ""
    try:
        return str(call("auth.getuserinfo", code=code).get("userid") or "")
    except WeComRefused as refusal:
        if not refusal.is_of_the_call or refusal.kind is Kind.SCOPE:
            raise
        return ""
