"""I8 over HTTP: whoever comes at once, whoever dies, a prize is given once and while
stock lasts; what there was is what is left and what was won."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from apps.campaigns.join import join
from apps.campaigns.keep import Prize
from apps.campaigns.models import Grant
from apps.miniprogram.tokens import open_session
from scrm.household import answers, free_port
from tests import make, processes
from tests.campaigns.given import a_campaign, conserved
from tests.conftest import day

PATIENCE = 60  # seconds in which every client gets its answer


def gifts(stock: int):
    now = timezone.now()
    return a_campaign(
        Prize(name="茶杯", initial=stock),
        kind="coupon",
        award="claimed",
        starts_at=now - (day(2) - day(1)),
        ends_at=now + (day(2) - day(1)),
        at=now,
    )


def visitors(campaign, many: int) -> list[str]:
    """What each of them shows."""
    shown = []
    for n in range(many):
        contact = make.contact(f"访客{n}")
        join(campaign=campaign, contact=contact, at=timezone.now())
        shown.append(open_session(contact, at=timezone.now()).access)
    return shown


class Claimer:
    """A phone that wants the prize, and tries again under its key when it must."""

    def __init__(self, port: int, campaign: Any) -> None:
        self.port = port
        prize = campaign.rewards.get().pk
        self.path = f"/api/v1/mini/campaigns/{campaign.slug}/prizes/{prize}/claim"

    def once(self, shown: str) -> tuple[int, dict]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {
            "Host": "localhost",
            "Authorization": f"Bearer {shown}",
            "Idempotency-Key": "my-claim",
            "Content-Type": "application/json",
        }
        with contextlib.closing(line):
            line.request("POST", self.path, "{}", headers)
            answer = line.getresponse()
            return answer.status, json.loads(answer.read())

    def at_last(self, shown: str) -> tuple[int, dict]:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                status, told = self.once(shown)
                if status < 500 and told.get("code") != "in_flight":
                    return status, told
            time.sleep(0.05)
        raise AssertionError("nobody answers")


def claim_at_once(claimer: Claimer, shown: list[str]) -> list[tuple[int, dict]]:
    gate = threading.Barrier(len(shown))

    def one(mine: str) -> tuple[int, dict]:
        gate.wait()
        return claimer.at_last(mine)

    with ThreadPoolExecutor(len(shown)) as pool:
        return list(pool.map(one, shown))


def assert_given_once(campaign, answered, *, stock: int) -> None:
    won = [told["id"] for status, told in answered if status == 201]
    assert {status for status, _told in answered} <= {201, 409}
    assert len(won) == len(set(won)) == stock
    live = Grant.objects.live()
    assert {str(pk) for pk in live.values_list("pk", flat=True)} == set(won)
    assert live.values("contact").distinct().count() == stock
    assert conserved(campaign.rewards.get())


@pytest.mark.django_db(transaction=True)
def test_of_fifty_clients_at_once_as_many_win_as_there_are_prizes(live_server):
    campaign = gifts(20)
    shown = visitors(campaign, 50)
    port = int(live_server.url.rpartition(":")[2])

    answered = claim_at_once(Claimer(port, campaign), shown)

    assert_given_once(campaign, answered, stock=20)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_five_hundred_and_a_server_that_is_killed_meanwhile(sandbox):
    """Whoever heard nothing asks again, and has won at most once."""
    campaign = gifts(100)
    shown = visitors(campaign, 500)
    connections.close_all()
    port = free_port()
    web = serve(port)
    try:
        dies = threading.Timer(1.5, lambda: end(web))
        dies.start()
        with ThreadPoolExecutor(1) as other:
            told = other.submit(claim_at_once, Claimer(port, campaign), shown)
            dies.join()
            web = serve(port)
            answered = told.result()
    finally:
        end(web)

    assert_given_once(campaign, answered, stock=100)


def serve(port: int) -> subprocess.Popen:
    web = subprocess.Popen(
        [sys.executable, "manage.py", "web", "--port", str(port)],
        cwd=processes.ROOT,
        env=processes.environment() | {"WEB_PROCESSES": "2"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    until = time.monotonic() + 120
    while not answers("127.0.0.1", port):
        assert time.monotonic() < until and web.poll() is None
        time.sleep(0.1)
    return web


def end(web: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(web.pid, signal.SIGKILL)
    web.wait()
