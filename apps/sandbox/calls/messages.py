"""message/send: what the app says to employees (wecom-api.md 3.13).

The same words to the same people within the interval are answered, and not sent again.
"""

import json
from typing import Any

from apps.sandbox.calls.media import refuse_bad_media
from apps.sandbox.calls.registry import ADDRESS_BOOK, Ask, call
from apps.sandbox.errors import Refusal

LONGEST = 2_048  # bytes
MOST_PEOPLE = 1_000
MOST_ARTICLES = 8
FILES = ("image", "voice", "video", "file")
LONGEST_INTERVAL = 4 * 3_600


@call("POST", "message/send", rights=ADDRESS_BOOK)
def message_send(ask: Ask) -> dict[str, Any]:
    agent = ask.number("agentid")
    if agent is None:
        raise Refusal(41011)
    if str(agent) != ask.corp.credentials.agent_id:
        raise Refusal(301002)
    kind = ask.text("msgtype")
    if kind not in ("text", "news", *FILES):
        raise Refusal(40008)
    content = content_of(ask) if kind == "text" else other_content(ask, kind)
    asked = [one for one in ask.text("touser", 82001).split("|") if one]
    if len(asked) > MOST_PEOPLE:
        raise Refusal(40032)
    found = {
        userid: ask.corp.value(
            "SELECT userid FROM employee WHERE userid = ? AND resigned_at IS NULL",
            userid,
        )
        for userid in asked
    }
    reached = sorted(
        {one for one in found.values() if one is not None and ask.corp.in_range(one)}
    )
    if not reached:
        raise Refusal(81013)
    missed = [userid.lower() for userid, one in found.items() if one not in reached]
    return {
        "invaliduser": "|".join(missed),
        "invalidparty": "",
        "invalidtag": "",
        "msgid": send(ask, reached, content),
    }


def content_of(ask: Ask) -> str:
    text = ask.body.get("text")
    content = text.get("content") if isinstance(text, dict) else None
    if not isinstance(content, str) or not content:
        raise Refusal(40063)
    if len(content.encode()) > LONGEST:
        raise Refusal(45002)
    return content


def other_content(ask: Ask, kind: str) -> str:
    """Articles, or a file that WeCom has."""
    told = ask.body.get(kind)
    if not isinstance(told, dict):
        raise Refusal(40058)
    if kind == "news":
        articles = told.get("articles")
        if not isinstance(articles, list) or not articles:
            raise Refusal(44003)
        if len(articles) > MOST_ARTICLES:
            raise Refusal(45008)
    else:
        refuse_bad_media(ask.corp, told.get("media_id"), kinds=(kind,))
    return json.dumps({kind: told}, ensure_ascii=False)


def send(ask: Ask, people: list[str], content: str) -> str:
    interval = min(ask.number("duplicate_check_interval") or 1_800, LONGEST_INTERVAL)
    to = json.dumps(people)
    with ask.corp.changing():
        now = ask.corp.now()
        if ask.number("enable_duplicate_check"):
            same = ask.corp.value(
                "SELECT msgid FROM message WHERE users = ? AND content = ?"
                " AND sent_at > ? ORDER BY row DESC",
                to,
                content,
                now - interval,
            )
            if same is not None:
                return str(same)
        msgid = ask.corp.identifier("", 32)
        ask.corp.run(
            "INSERT INTO message (msgid, users, content, sent_at) VALUES (?, ?, ?, ?)",
            msgid,
            to,
            content,
            now,
        )
    return msgid
