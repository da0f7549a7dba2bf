"""What must hold afterwards, told from three logs: the sender's, WeCom's and ours.

Each checker answers with sentences, one for each thing that does not hold.
"""

import json
from collections import Counter, defaultdict

from tests.chaos.house import House, wait_until

LEFT = "SELECT count(*) FROM {} WHERE status IN ('waiting', 'calling')"
JOBS = ("wecom_callback", "wecom_command", "events_delivery")
TOLD = ("Event", "ChangeType", "UserID", "ExternalUserID", "ChatId", "Id", "CreateTime")
STARTED = """
    SELECT employee.wecom_id, identity.value, count(*)
    FROM events_eventrecord event
    JOIN contacts_follow follow ON follow.id = (event.facts ->> 'follow_id')::bigint
    JOIN staff_employee employee ON employee.id = follow.employee_id
    JOIN contacts_identity identity ON identity.id = follow.identity_id
    WHERE event.kind = 'FollowStarted' AND event.source <> 'first_pull'
    GROUP BY 1, 2
"""
TWICE = """
    SELECT kind, contact_id, facts, at, count(*) FROM events_eventrecord
    WHERE source <> 'first_pull'
      AND kind IN ('FollowStarted', 'FollowEnded', 'GroupJoined', 'GroupLeft')
    GROUP BY 1, 2, 3, 4 HAVING count(*) > 1
"""


def come_to_rest(house: House, *, seconds: float, patience: float = 1) -> list[str]:
    """Wait until no callback is on its way and no job is left.

    A long storm leaves a long backlog: as long as it grows less, the wait begins anew,
    `patience` times at most.
    """

    def left() -> int:
        house.revive()
        on_their_way = house.corp("health")["pending"]
        return on_their_way + sum(
            house.query(LEFT.format(table))[0][0] for table in JOBS
        )

    before = left()
    for _turn in range(max(1, round(patience))):
        if wait_until(lambda: not left(), seconds=seconds, every=0.5):
            return []
        if (now := left()) >= before:
            break
        before = now
    return [f"{left()} jobs are never finished"]


def accepted(house: House) -> dict[int, dict]:
    """What the sender was thanked for, by the number of the event."""
    log = house.corp("log?kind=callbacks")["entries"]
    return {one["event"]: one["message"] for one in log if one["outcome"] == "http 200"}


def key(message: dict) -> tuple:
    return tuple(str(message.get(name, "")).lower() for name in TOLD)


def every_thanks_has_a_row(house: House) -> list[str]:
    """I2, and the half of I1 that nothing accepted is lost."""
    thanked = {key(message) for message in accepted(house).values()}
    rows = house.query("SELECT message FROM wecom_callback")
    kept = Counter(key(message) for (message,) in rows)
    lost = thanked - set(kept)
    return [f"accepted and not kept: {one}" for one in sorted(lost)[:5]]


def nothing_is_kept_twice(house: House) -> list[str]:
    """WeCom says the same thing up to three times; it is one callback."""
    rows = house.query(
        "SELECT receiver, message::text, count(*) FROM wecom_callback"
        " GROUP BY 1, 2 HAVING count(*) > 1 LIMIT 5"
    )
    return [f"kept {many} times: {told}" for _receiver, told, many in rows]


def every_callback_is_done(house: House) -> list[str]:
    """I4: in = applied + dead + pending; and here nothing is to be dead."""
    rows = house.query(
        "SELECT status, last_error, count(*) FROM wecom_callback"
        " WHERE status NOT IN ('done', 'ignored') GROUP BY 1, 2"
    )
    rows += house.query(
        "SELECT status, last_error, count(*) FROM events_delivery"
        " WHERE status <> 'done' GROUP BY 1, 2"
    )
    rows += house.query(
        "SELECT status, last_error, count(*) FROM wecom_command"
        " WHERE status = 'failed' GROUP BY 1, 2"
    )
    return [f"{many} jobs are {status}: {why}" for status, why, many in rows]


def nothing_happened_twice(house: House) -> list[str]:
    """The other half of I1: one line in the timeline for one thing that happened."""
    rows = house.query(TWICE)
    return [f"{kind} {many} times: {facts} {at}" for kind, _c, facts, at, many in rows]


def each_beginning_is_counted_once(
    house: House, connected: dict[tuple[str, str], str]
) -> list[str]:
    """As many beginnings in the timeline as there were, pair by pair; whoever heard of
    it first, a callback or the sweep after an absence."""
    expected: Counter[tuple[str, str]] = Counter()
    state = dict(connected)
    odd = set()  # handed over, or not plainly connected before: told elsewhere
    for _number, message in sorted(accepted(house).items()):
        if message.get("Event") != "change_external_contact":
            continue
        pair = message["UserID"].lower(), message["ExternalUserID"]
        change = message["ChangeType"]
        if change == "transfer_fail" or message.get("Source") == "DELETE_BY_TRANSFER":
            odd.add(pair[1])
        if change in ("add_external_contact", "add_half_external_contact"):
            if state.get(pair, "") not in ("mutual", "half"):
                expected[pair] += 1
            state[pair] = "mutual"
        elif change in ("del_external_contact", "del_follow_user"):
            state[pair] = "over"
    counted = {(who.lower(), whom): n for who, whom, n in house.query(STARTED)}
    plain = {pair for pair, was in connected.items() if was not in ("mutual", "half")}
    return [
        f"{pair} began {many} times, {counted.get(pair, 0)} are counted"
        for pair, many in expected.items()
        if counted.get(pair, 0) != many and pair not in plain and pair[1] not in odd
    ][:5]


def nothing_differs(house: House) -> list[str]:
    """I3 and I5: our records are WeCom's."""
    said = (
        house.manage("reconcile", "--check", "--json", seconds=900).strip().splitlines()
    )
    found = json.loads(said[-1])["differences"]
    return [f"differs: {found}", *said[:8]] if found else []


def no_code_is_used_twice(house: House) -> list[str]:
    """What is not safe to repeat was called at most once."""
    calls = Counter(
        json.dumps(one.get("body"), sort_keys=True)
        for one in house.corp("log?kind=calls")["entries"]
        if "send_welcome_msg" in one.get("api", "")
    )
    return [f"called {many} times: {what}" for what, many in calls.items() if many > 1]


def one_customer_one_row(house: House) -> list[str]:
    rows = house.query(
        "SELECT kind, system, value, count(*) FROM contacts_identity"
        " WHERE kind = 'external' GROUP BY 1, 2, 3 HAVING count(*) > 1"
    )
    return [f"{value} is {many} rows" for _kind, _system, value, many in rows]


def connections(house: House) -> dict[tuple[str, str], str]:
    """Who is connected with whom, and how, as the sandbox has it now."""
    found: dict[tuple[str, str], str] = defaultdict(str)
    for person in house.corp("state?parts=customers")["customers"]:
        for follow in person["follows"]:
            pair = follow["userid"].lower(), person["external_userid"]
            found[pair] = follow["relation"]
    return dict(found)
