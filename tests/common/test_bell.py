"""The bell is rung once for all who ask meanwhile, and after the last of them."""

import subprocess
import sys
import threading
import time
from contextvars import ContextVar
from datetime import timedelta

import pytest

from apps.common.bell import GATHER, Bell

on_behalf_of: ContextVar[str] = ContextVar("on_behalf_of", default="")

FORKS = """
import os, sys, time
from apps.common.bell import Bell
bell = Bell(lambda lane: print(lane, "child" if child else "parent", flush=True))
child = False
bell.ask("news")
time.sleep(0.3)
pid = os.fork()
child = not pid
bell.ask("callback")
time.sleep(0.3)
if child:
    os._exit(0)
os.waitpid(pid, 0)
"""
ENDS = """
from apps.common.bell import Bell
bell = Bell(lambda lane: print(lane, flush=True))
for lane in ("news", "news", "callback", "callback"):
    bell.ask(lane)
"""


class Tower:
    """Remembers what was rung and when; sending takes its time."""

    def __init__(self, *, takes: float = 0.0) -> None:
        self.takes = takes
        self.began = threading.Event()
        self.rung: list[tuple[str, float]] = []

    def send(self, lane: str) -> None:
        self.rung.append((lane, time.monotonic()))
        self.began.set()
        time.sleep(self.takes)

    def lanes(self) -> list[str]:
        return [lane for lane, _at in self.rung]


def settled() -> None:
    time.sleep(GATHER.total_seconds() * 6)


def test_a_hundred_who_ask_at_once_share_a_bell_or_two():
    tower = Tower()
    bell = Bell(tower.send)

    for _ in range(100):
        bell.ask("callback")
    settled()

    assert 1 <= len(tower.rung) <= 2


def test_every_lane_has_its_own():
    tower = Tower()
    bell = Bell(tower.send)

    for lane in ("callback", "news", "callback", "news"):
        bell.ask(lane)
    settled()

    assert set(tower.lanes()) == {"callback", "news"}


def test_who_asks_while_one_is_sent_is_not_content_with_that():
    tower = Tower(takes=0.1)
    bell = Bell(tower.send)
    bell.ask("callback")
    tower.began.wait(2)

    asked_at = time.monotonic()
    bell.ask("callback")
    settled()

    assert len(tower.rung) == 2
    assert tower.rung[-1][1] >= asked_at


def test_each_of_many_who_ask_hears_one_that_is_younger():
    tower = Tower(takes=0.003)
    bell = Bell(tower.send)
    asked_at: list[float] = []

    def ask() -> None:
        for _ in range(200):
            asked_at.append(time.monotonic())
            bell.ask("callback")
            time.sleep(0.001)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    settled()

    assert tower.rung[-1][1] >= max(asked_at)
    assert len(tower.rung) < 100


def test_nobody_waits_for_the_broker():
    tower = Tower(takes=0.5)
    bell = Bell(tower.send)

    began = time.monotonic()
    for _ in range(10):
        bell.ask("callback")

    assert time.monotonic() - began < 0.2


@pytest.mark.parametrize(
    ("silence", "expected"),
    [
        (timedelta(0), 2),
        # a broker that hangs takes long to fail: not at every bell
        (timedelta(seconds=60), 1),
    ],
)
def test_after_a_failure_none_is_sent_for_a_while(monkeypatch, silence, expected):
    heard: list[str] = []
    monkeypatch.setattr("apps.common.bell.SILENCE", silence)

    def send(lane: str) -> None:
        heard.append(lane)
        raise ZeroDivisionError

    bell = Bell(send)
    for _ in range(2):
        bell.ask("callback")
        settled()

    assert len(heard) == expected


def test_it_rings_on_behalf_of_the_first_who_asked():
    heard: list[str] = []
    bell = Bell(lambda lane: heard.append(on_behalf_of.get()))

    token = on_behalf_of.set("request-1")
    bell.ask("callback")
    on_behalf_of.reset(token)
    settled()

    assert heard == ["request-1"]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (FORKS, ["callback child", "callback parent", "news parent"]),
        (ENDS, ["callback", "news"]),
    ],
    ids=["is forked", "ends"],
)
def test_no_bell_is_lost_when_the_process(script, expected):
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30
    )

    assert ran.returncode == 0, ran.stderr
    assert set(ran.stdout.splitlines()) == set(expected)


def test_a_thread_that_has_died_is_replaced():
    tower = Tower()
    bell = Bell(tower.send)
    bell.thread = threading.Thread(target=lambda: None)
    bell.thread.start()
    bell.thread.join()

    bell.ask("news")
    settled()

    assert tower.lanes() == ["news"]
