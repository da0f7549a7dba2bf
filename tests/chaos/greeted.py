"""I6: whoever greets is killed again and again, and nobody is greeted twice."""

import time
from collections import Counter
from pathlib import Path

from tests.chaos.directed import act, house_of
from tests.chaos.house import ROOT, House, wait_until
from tests.chaos.stories import say

SEND = "externalcontact/send_welcome_msg"
ALIVE = 20.0  # seconds that a welcome code lives
KILLS = """
out.after_intent_commit kill 0.15
out.after_api_before_commit kill 0.25
w.after_apply_before_commit kill 0.05
"""
BUSY = [{"api": SEND, "do": 41096, "probability": 0.1}]
WRITE = (
    "from apps.welcomes.keep import keep; from django.utils import timezone; "
    "keep(name='您好', told={'text': '{nickname}您好'}, is_default=True, by=None, "
    "at=timezone.now())"
)
UNTOLD = """
    SELECT count(*) FROM contacts_follow AS follow
    WHERE start_known AND started_at >= to_timestamp(%s) AND NOT EXISTS (
        SELECT FROM welcomes_greeting WHERE follow_id = follow.id
        AND outcome <> 'waiting' AND (outcome = 'sent' OR reason <> ''))
"""


def a_friend_is_greeted_once(*, seed: int, root: Path = ROOT, many: int = 30):
    """At most one call after which WeCom had it, none after the twenty seconds, and a
    reason for everybody who was not greeted."""
    with house_of(seed, root) as house:
        house.manage("shell", "-c", WRITE)
        house.corp("faults", BUSY)
        house.faults.write_text(KILLS)
        began = int(time.time())
        for _one in range(many):
            act(house, "add", 1)
            time.sleep(0.2)
        wait_until(lambda: len(sent(house)) >= many // 2, seconds=60)
        house.faults.write_text("\n")
        wait_until(lambda: not house.query(UNTOLD, began)[0][0], seconds=120)
        outcomes = dict(
            house.query("SELECT outcome, count(*) FROM welcomes_greeting GROUP BY 1")
        )
        say(f"of {many} new friends: {outcomes}")
        wrong = [] if outcomes.get("sent") else ["nobody at all was greeted"]
        return wrong + twice(house) + late(house) + told_wrong(house)


def sent(house: House) -> list[dict]:
    found = house.corp("log?kind=calls")["entries"]
    return [one for one in found if one.get("api") == SEND]


def twice(house: House) -> list[str]:
    """Another call for a code of which WeCom had already sent the welcome."""
    had: Counter[str] = Counter()
    wrong = []
    for one in sent(house):
        code = one["body"]["welcome_code"]
        if had[code]:
            wrong.append("a second try, after it was sent")
        had[code] += one["errcode"] == 0
    return wrong


def late(house: House) -> list[str]:
    issued = {
        one["code"]: one["issued_at"]
        for one in house.corp("state?parts=welcomes")["welcomes"]
    }
    took = [one["at"] - issued[one["body"]["welcome_code"]] for one in sent(house)]
    return [f"called after {seconds:.1f} s" for seconds in took if seconds > ALIVE]


def told_wrong(house: House) -> list[str]:
    """What our page calls greeted is what WeCom has sent, or does not know."""
    truly = sum(
        one["outcome"] == "sent"
        for one in house.corp("state?parts=welcomes")["welcomes"]
    )
    [[ours, unknown]] = house.query(
        "SELECT count(*) FILTER (WHERE outcome = 'sent'),"
        " count(*) FILTER (WHERE outcome = 'unknown') FROM welcomes_greeting"
    )
    if ours <= truly <= ours + unknown:
        return []
    return [f"WeCom has sent {truly}; we say {ours} and {unknown} perhaps"]
