"""send_welcome_msg: once, within 20 seconds, the first app wins (wecom-api.md 3.7)."""

import json
from typing import Any

from apps.sandbox.calls.media import refuse_bad_media
from apps.sandbox.calls.registry import CUSTOMERS, Ask, call
from apps.sandbox.errors import Refusal

KINDS = ("image", "link", "miniprogram", "video", "file")
MOST_ATTACHMENTS = 9
LONGEST_TEXT = 4000  # bytes
SENT = "sent"
LONGEST: dict[str, dict[str, int]] = {  # bytes
    "image": {},
    "video": {},
    "file": {},
    "link": {"title": 128, "desc": 512, "url": 2048, "picurl": 2048},
    "miniprogram": {"title": 64},
}
NEEDED = {
    "image": (),
    "video": (),
    "file": (),
    "link": ("title", "url"),
    "miniprogram": ("title", "appid", "page"),
}
FILES = {
    "image": ("image",),
    "miniprogram": ("image",),
    "video": ("video",),
    "file": ("file", "image", "video"),
    "link": (),
}


@call("POST", "externalcontact/send_welcome_msg", rights=CUSTOMERS)
def send_welcome_msg(ask: Ask) -> dict[str, Any]:
    code = ask.text("welcome_code", 41049)
    message = good_message(ask)
    with ask.corp.changing():
        now = ask.corp.clock()
        welcome = ask.corp.row("SELECT * FROM welcome WHERE code = ?", code)
        if welcome is None:
            raise Refusal(41050)
        if welcome["busy_until"] > now:
            raise Refusal(41096)
        if welcome["outcome"]:
            raise Refusal(41051)
        if now > welcome["issued_at"] + ask.corp.knobs.welcome_seconds:
            raise Refusal(41050)
        ask.corp.run(
            "UPDATE welcome SET outcome = ?, sent_at = ?, message = ? WHERE code = ?",
            SENT,
            now,
            json.dumps(message, ensure_ascii=False),
            code,
        )
    return {}


def good_message(ask: Ask) -> dict[str, Any]:
    """A text, attachments, or both."""
    text = ask.body.get("text") or {}
    attachments = ask.body.get("attachments") or []
    if not isinstance(text, dict) or not isinstance(attachments, list):
        raise Refusal(40058)
    content = text.get("content") or ""
    if not isinstance(content, str) or len(content.encode()) > LONGEST_TEXT:
        raise Refusal(40058)
    if not content and not attachments:
        raise Refusal(40063)
    if len(attachments) > MOST_ATTACHMENTS:
        raise Refusal(41064)
    for one in attachments:
        kind = one.get("msgtype") if isinstance(one, dict) else None
        if kind not in KINDS:
            raise Refusal(41065)
        if not isinstance(one.get(kind), dict):
            raise Refusal(40058)
        refuse_bad_attachment(ask, kind, one[kind])
    return {"text": text, "attachments": attachments}


def refuse_bad_attachment(ask: Ask, kind: str, told: dict[str, Any]) -> None:
    """Too long, or of a file that WeCom has not, or no longer."""
    for name, most in LONGEST[kind].items():
        value = told.get(name) or ""
        if not isinstance(value, str) or len(value.encode()) > most:
            raise Refusal(40058)
    for name in NEEDED[kind]:
        if not told.get(name):
            raise Refusal(40063)
    file = told.get("pic_media_id" if kind == "miniprogram" else "media_id")
    if file:
        refuse_bad_media(ask.corp, file, kinds=FILES[kind])
    elif kind != "link" and not (kind == "image" and told.get("pic_url")):
        raise Refusal(41006)
