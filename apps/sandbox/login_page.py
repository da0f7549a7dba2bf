"""What somebody sees who is sent to WeCom to sign in: the employees, to be one of them.

WeCom itself shows a code to scan, or inside its own browser nothing at all.
"""

from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit

from apps.sandbox.corp import Corp
from apps.sandbox.records import CannotDo

ADDRESSES = ("/connect/oauth2/authorize", "/wwlogin/sso/login")
CHOSEN = "/sandbox/sign-in"
MOST = 50
PAGE = """<!DOCTYPE html><html lang="zh"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>企业微信 · 模拟登录</title>
<body style="font:16px/2 sans-serif;max-width:26em;margin:2em auto;padding:0 1em">
<h1 style="font-size:20px">你是哪位员工？</h1>{links}</body></html>"""

Answer = tuple[int, dict[str, str], bytes]


def answers(path: str) -> bool:
    return path in ADDRESSES or path == CHOSEN


def answer(corp: Corp, path: str, query: dict[str, str]) -> Answer:
    """The page, or the way back with a code."""
    back, state = query.get("redirect_uri", ""), query.get("state", "")
    if urlsplit(back).scheme not in ("http", "https") or not state.isalnum():
        return 400, {"Content-Type": "text/plain"}, b"redirect_uri, state"
    if path == CHOSEN:
        try:
            done = corp.do("sign_in", userid=query.get("userid", ""))
        except CannotDo as reason:
            return 409, {"Content-Type": "text/plain"}, str(reason).encode()
        asked = urlencode({"code": done["code"], "state": state})
        return 302, {"Location": f"{back}?{asked}"}, b""
    if query.get("appid") != corp.credentials.corp_id:
        return 400, {"Content-Type": "text/plain"}, b"appid"
    return 200, {"Content-Type": "text/html; charset=UTF-8"}, page(corp, back, state)


def page(corp: Corp, back: str, state: str) -> bytes:
    people: list[Any] = corp.rows(
        "SELECT userid, name FROM employee WHERE resigned_at IS NULL"
        f" ORDER BY userid LIMIT {MOST}"
    )
    links = []
    for who in people:
        asked = {"userid": who["userid"], "redirect_uri": back, "state": state}
        way = escape(f"{CHOSEN}?{urlencode(asked)}")
        links.append(f'<p><a href="{way}">{escape(who["name"])}</a></p>')
    return PAGE.format(links="".join(links)).encode()
