"""Stories with one thing going wrong: the database away, poison, a token that ends."""

import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError

from apps.sandbox.credentials import SANDBOX
from apps.sandbox.seal import seal
from tests.chaos import checkers
from tests.chaos.house import ROOT, House, opened, wait_until
from tests.chaos.stories import say
from tests.chaos.traffic import Life

LONGEST = 4.0  # seconds that an answer may take while the database is away
GRACE = 25.0  # seconds that a part may take to finish what it has begun
LAG = 10.0  # seconds that another customer's news may take beside poisoned ones
POISONED, ROUNDS = 4, 16
HANGS = ["raise", "sleep:60"]
# Genuine in form, and wrong in every other way.
MALFORMED = [
    {"Event": "change_external_contact", "ChangeType": "add_external_contact"},
    {"Event": "no_such_event", "ChangeType": "nor_such_change"},
    {
        "Event": "change_external_contact",
        "ChangeType": "add_external_contact",
        "UserID": "u" * 300,
        "ExternalUserID": "wm" + "x" * 300,
    },
    {"Event": "change_contact", "ChangeType": "update_party", "Id": "no number"},
    {"Event": "change_external_chat", "ChatId": "", "ChangeType": "update"},
]


@contextmanager
def house_of(seed: int, root: Path, **size: int) -> Iterator[House]:
    with (
        tempfile.TemporaryDirectory(prefix="chaos-") as folder,
        opened(House(Path(folder), seed=seed, root=root, **size)) as house,
    ):
        yield house


def no_thanks_without_a_row(*, seed: int, root: Path = ROOT) -> list[str]:
    """I2: the web is killed at every step, and the database goes away."""
    with house_of(seed, root) as house:
        house.corp("knobs", attempts=1)
        house.faults.write_text("cb.*  kill 0.1\ncb.after_insert raise 0.1\n")
        act(house, "add", 40)
        house.faults.write_text("\n")
        wait_until(lambda: not house.corp("health")["pending"], seconds=60)
        wait_until(lambda: house.answers(f"{house.url}/healthz"), seconds=60)
        house.crash_database()
        last = house.corp("health")["logged"]
        act(house, "edit_remark", 6)
        wait_until(lambda: not house.corp("health")["pending"], seconds=60)
        log = house.corp(f"log?kind=callbacks&after={last}")["entries"]
        house.raise_database()
        wrong = [
            f"without a database: {one['outcome']} after {one['ms']} ms"
            for one in log
            if one["outcome"] == "http 200" or one["ms"] > LONGEST * 1000
        ]
        if not log:
            wrong.append("nothing was told while the database was away")
        house.corp("knobs", attempts=60, retry_gap_seconds=1.0)
        act(house, "add", 10)
        wrong += checkers.come_to_rest(house, seconds=90)
        return wrong + checkers.every_thanks_has_a_row(house)


def poison_harms_only_itself(*, seed: int, root: Path = ROOT) -> list[str]:
    """I4: some customers' news always fail or hang, and some are nonsense."""
    with house_of(seed, root) as house:
        pairs = sorted(
            p for p, r in checkers.connections(house).items() if r == "mutual"
        )
        poisoned = [pair[1] for pair in pairs[:: len(pairs) // POISONED][:POISONED]]
        house.faults.write_text(
            "".join(
                f"w.apply:contact:{whom}  {HANGS[n % len(HANGS)]}  1\n"
                for n, whom in enumerate(poisoned)
            )
        )
        for number, message in enumerate(MALFORMED):
            send(house, message, number=number)
        healthy = [pair for pair in pairs if pair[1] not in poisoned]
        for round_ in range(ROUNDS):  # two in a hundred are poison
            for pair in healthy[round_ * 10 : round_ * 10 + 10]:
                edit(house, *pair)
            if round_ % (ROUNDS // POISONED) == 0:
                whom = poisoned[round_ * POISONED // ROUNDS]
                edit(house, next(who for who, known in pairs if known == whom), whom)
        return after_the_poison(house, poisoned)


def after_the_poison(house: House, poisoned: list[str]) -> list[str]:
    wrong = []
    subjects = [f"contact:{whom}" for whom in poisoned]
    others = (
        "lane = 'callback' AND NOT subject = ANY(%s) AND subject LIKE 'contact:wm%%'"
    )
    waiting = f"SELECT count(*) FROM wecom_callback WHERE done_at IS NULL AND {others}"
    wait_until(lambda: not house.query(waiting, subjects)[0][0], seconds=30)
    lag = house.query(
        "SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM"
        f" coalesce(done_at, now()) - received_at)) FROM wecom_callback WHERE {others}",
        subjects,
    )[0][0]
    say(f"the other customers waited {lag:.1f} s (99 of 100)")
    if lag > LAG:
        wrong.append(f"99 of 100 others waited up to {lag:.1f} s")
    dead = "SELECT count(*) FROM wecom_callback WHERE status = 'failed' AND {}"
    poison = dead.format("subject = ANY(%s) AND last_error <> ''")
    distinct = "SELECT count(*) FROM wecom_callback WHERE subject = ANY(%s)"
    told = house.query(distinct, subjects)[0][0]
    wait_until(lambda: house.query(poison, subjects)[0][0] == told, seconds=120)
    if (failed := house.query(poison, subjects)[0][0]) != told:
        wrong.append(f"of {told} poisoned callbacks {failed} are dead letters")
    kept, accounted = house.query(
        "SELECT count(*), count(*) FILTER (WHERE status IN"
        " ('done', 'ignored', 'failed', 'waiting')) FROM wecom_callback"
    )[0]
    if kept != accounted:
        wrong.append(f"{kept - accounted} callbacks are neither done, dead nor waiting")
    house.faults.write_text("\n")
    house.manage("shell", "-v0", "-c", REPLAY)
    wrong += checkers.come_to_rest(house, seconds=90)
    left = house.query(poison, subjects)[0][0]
    if left:
        wrong.append(f"{left} are still dead after the cure")
    return wrong + checkers.nothing_differs(house)


REPLAY = """
from django.utils import timezone
from apps.common.jobs import every_kind_of_job
from apps.common.replay import replay
for kind in every_kind_of_job():
    replay(kind.objects.filter(last_error__contains="Fault"), at=timezone.now())
    replay(kind.objects.filter(last_error__contains="TookTooLong"), at=timezone.now())
"""


def one_fetches_the_token(*, seed: int, root: Path = ROOT) -> list[str]:
    """I13: fifty callers in five processes learn at once that the token has ended."""
    with (
        tempfile.TemporaryDirectory(prefix="chaos-") as folder,
        House(Path(folder), seed=seed, root=root, contacts=20, groups=1) as house,
    ):
        moment = time.time() + 15
        callers = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.callers", "10", str(moment)],
                cwd=root,
                env=house.environment | {"SCRM_ROLE": "worker"},
                stdout=subprocess.PIPE,
                text=True,
            )
            for _process in range(5)
        ]
        time.sleep(max(0.0, moment - 1 - time.time()))
        house.corp("faults", [{"api": "gettoken", "do": "slow", "seconds": 1.5}])
        house.corp("do", act="expire_tokens")
        before = house.corp("health")["logged"]
        done = sum(int(caller.communicate(timeout=90)[0] or 0) for caller in callers)
        calls = house.corp(f"log?kind=calls&after={before}")["entries"]
        fetched = sum("gettoken" in one["api"] for one in calls)
        say(f"{done} of 50 succeeded, the token was fetched {fetched} times")
        wrong = [f"only {done} of 50 succeeded"] if done != 50 else []
        return wrong + ([f"fetched {fetched} times"] if fetched != 1 else [])


def the_welcome_waits_for_nobody(*, seed: int, root: Path = ROOT) -> list[str]:
    """L4's lane: thousands of ordinary callbacks wait, and new customers are heard."""
    with house_of(seed, root) as house:
        act(house, "edit_remark", 1)
        checkers.come_to_rest(house, seconds=60)
        house.query(BACKLOG, time.time())
        act(house, "add", 20)
        wait_until(lambda: not house.query(UNHEARD)[0][0], seconds=30)
        waiting = house.query(WAITING)[0][0]
        longest = float(house.query(LONGEST_WAIT)[0][0] or 99)
        say(f"{waiting} waited, new customers were heard after {longest:.1f} s at most")
        wrong = [f"a new customer waited {longest:.1f} s"] if longest > WELCOME else []
        return wrong + ([] if waiting else ["nothing waited any more: prove it again"])


def a_restart_in_turn_loses_nothing(*, seed: int, root: Path = ROOT) -> list[str]:
    """A new version is rolled out: each part ends in order and is started anew, while
    the corp lives on and WeCom tries as often as it does, and no more."""
    with house_of(seed, root) as house:
        life = Life(house, seed=seed, seconds=600, per_second=15)
        house.corp("knobs", duplicates=1, attempts=3)
        life.start()
        wrong = []
        for part in house.parts.values():
            began = time.monotonic()
            code = part.stop(seconds=GRACE)
            say(f"{part.name} ended after {time.monotonic() - began:.1f} s with {code}")
            wrong += [f"{part.name} ended with {code}"] if code else []
            part.start()
            if part.name.startswith("web"):
                ready = f"http://{house.web_host}:{part.command[-1]}/readyz"
                wait_until(lambda a=ready: house.answers(a), seconds=60)
        life.seconds = 0
        life.join()
        say(f"{life.done} things have happened")
        wrong += checkers.come_to_rest(house, seconds=90)
        log = house.corp("log?kind=callbacks")["entries"]
        broken = [one["outcome"] for one in log if one["outcome"] != "http 200"]
        say(f"of {len(log)} requests {len(broken)} were broken off")
        return [
            *(wrong + [f"answered with {one}" for one in broken if "http" in one]),
            *checkers.every_thanks_has_a_row(house),
            *checkers.every_callback_is_done(house),
            *checkers.nothing_differs(house),
        ]


WELCOME = 3.0  # seconds
BACKLOG = """
    INSERT INTO wecom_callback (receiver, event, change_type, subject, message, told_at,
        received_at, lane, status, due_at, attempts, bugs, last_error, created_at)
    SELECT receiver, event, change_type, subject, message, told_at,
        received_at, 'callback', 'waiting', now(), 0, 0, '', to_timestamp(%s)
    FROM wecom_callback, generate_series(1, 20000)
    WHERE change_type = 'edit_external_contact' RETURNING 1
"""
UNHEARD = """
    SELECT count(*) FROM wecom_callback WHERE lane = 'welcome' AND status = 'waiting'
"""
WAITING = """
    SELECT count(*) FROM wecom_callback WHERE lane = 'callback' AND status = 'waiting'
"""
LONGEST_WAIT = """
    SELECT extract(epoch FROM max(coalesce(done_at, now()) - received_at))
    FROM wecom_callback WHERE lane = 'welcome'
"""


def act(house: House, what: str, times: int) -> None:
    for _time in range(times):
        try:
            house.corp("do", act=what)
        except HTTPError:  # it does not fit just now
            continue


def edit(house: House, who: str, whom: str) -> None:
    remark = f"remark {time.monotonic_ns()}"
    try:
        house.corp(
            "do", act="edit_remark", userid=who, external_userid=whom, remark=remark
        )
    except HTTPError:  # they are not connected any more
        return


def send(house: House, message: dict[str, str], *, number: int) -> None:
    """A genuine callback, sealed as WeCom seals it."""
    told = {
        "ToUserName": SANDBOX.corp_id,
        "FromUserName": "sys",
        "CreateTime": str(int(time.time())),
        "MsgType": "event",
        **message,
    }
    query, body = seal(told, receiver=SANDBOX.app_receiver, nonce=str(10**9 + number))
    address = f"{house.url}/wecom/callback/?{urllib.parse.urlencode(query)}"
    request = urllib.request.Request(address, data=body)
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200
