"""What WeCom would tell: of a life that a sandbox corp leads, or of nothing much."""

import json
import random
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

from apps.sandbox.corp import Corp
from apps.sandbox.credentials import SANDBOX
from apps.sandbox.life import WEIGHTS
from apps.sandbox.records import CannotDo
from apps.sandbox.seal import seal
from tests.bench.load import request

ADDRESSES = {"app": "/wecom/callback/", "contacts": "/wecom/callback/contacts/"}
RECEIVERS = {"app": SANDBOX.app_receiver, "contacts": SANDBOX.contacts_receiver}

News = Iterator[tuple[str, dict[str, Any]]]  # to which receiver, and the message


def told_by(corp: Corp) -> News:
    """What people do in the corp, as WeCom tells of it; no news is told twice."""
    chance = random.Random(1)
    seen: set[str] = set()
    at = int(time.time()) - 3600
    while True:
        what = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        at += 1
        try:
            done = corp.do(what, at=min(at, int(time.time())))
        except CannotDo:
            continue
        for each in done["news"]:
            text = json.dumps(each, sort_keys=True)
            if text not in seen:
                seen.add(text)
                yield each["receiver"], each["message"]


def requests_of(news: News, many: int) -> list[bytes]:
    return [
        request(ADDRESSES[receiver], *seal(message, receiver=RECEIVERS[receiver]))
        for receiver, message in islice(news, many)
    ]


def edits(number: int, many: int) -> News:
    """News that differ in nothing but whom they are about."""
    for one in range(number, number + many):
        yield (
            "app",
            {
                "ToUserName": SANDBOX.corp_id,
                "FromUserName": "sys",
                "CreateTime": int(time.time()),
                "MsgType": "event",
                "Event": "change_external_contact",
                "ChangeType": "edit_external_contact",
                "UserID": f"employee-{one % 50}",
                "ExternalUserID": f"wm{one:030}",
            },
        )
