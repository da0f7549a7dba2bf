"""Who breaks things: kills, pauses, crashes, floods, and faults inside our own code.

What it does is chosen by the seed and told, so that a failing run can be looked at
again. It stops by leaving everything whole.
"""

import random
import threading
import time
from collections.abc import Callable

from tests.chaos.house import House

# Inside our own code, each passage: rarely enough that work goes on.
FAULTS = """
cb.after_verify                kill   0.0007
cb.after_insert                kill   0.0007
cb.after_insert                raise  0.01
cb.after_commit_before_reply   kill   0.0007
w.after_claim                  kill   0.002
w.after_apply_before_commit    kill   0.001
w.after_apply_before_commit    raise  0.003
w.after_commit_before_ack      kill   0.001
out.after_intent_commit        kill   0.0007
out.after_api_before_commit    kill   0.004
out.after_api_before_commit    raise  0.01
recon.mid_page                 kill   0.01
"""
STEP = 600  # seconds, of a clock
# What WeCom itself does wrong.
REFUSALS = [
    {"api": "*", "do": -1, "probability": 0.02},
    {"api": "externalcontact/*", "do": 45033, "probability": 0.02},
    {"api": "externalcontact/get", "do": "timeout_after_effect", "probability": 0.003},
    {"api": "*", "do": 42001, "probability": 0.01},
    {"api": "gettoken", "do": 42001, "probability": 0.3},
    {"api": "externalcontact/*", "do": "http500", "probability": 0.01},
]


class Nemesis:
    """Does one thing after another, in the main thread: what a thread has started
    dies with it."""

    def __init__(
        self, house: House, *, seed: int, every: float, deeds: "Deeds"
    ) -> None:
        self.house, self.every, self.deeds = house, every, deeds
        self.chance = random.Random(seed)
        self.told: list[str] = []

    def rage(self, *, until: Callable[[], bool]) -> None:
        """As long as the world turns; then everything is made whole."""
        self.house.faults.write_text(FAULTS)
        self.house.corp("faults", REFUSALS)
        began = time.monotonic()
        while not until():
            time.sleep(self.every * self.chance.uniform(0.5, 1.5))
            what = self.chance.choices(list(self.deeds), list(self.deeds.values()))[0]
            self.told.append(f"{time.monotonic() - began:5.1f} s  {what.__name__}")
            what(self)
        self.house.faults.write_text("\n")
        self.house.corp("faults", [])
        for clock in self.house.folder.glob("*.clock"):
            clock.write_text("+0\n")

    def one_of(self, kind: str) -> None:
        names = [name for name in self.house.parts if name.startswith(kind)]
        part = self.house.parts[self.chance.choice(names)]
        self.told[-1] += f" {part.name}"
        part.kill()
        part.start()


def kill_a_web(nemesis: Nemesis) -> None:
    nemesis.one_of("web")


def kill_a_worker(nemesis: Nemesis) -> None:
    nemesis.one_of(nemesis.chance.choice(["inbox", "inbox", "outbox", "bulk"]))


def kill_a_timetable(nemesis: Nemesis) -> None:
    nemesis.one_of("timetable")


def crash_the_database(nemesis: Nemesis) -> None:
    nemesis.house.crash_database()
    time.sleep(nemesis.chance.uniform(0.2, 2))
    nemesis.house.raise_database()


def flush_the_broker(nemesis: Nemesis) -> None:
    nemesis.house.flush_broker()


def a_worker_sleeps_past_its_lease(nemesis: Nemesis) -> None:
    names = [name for name in nemesis.house.parts if name.startswith("inbox")]
    part = nemesis.house.parts[nemesis.chance.choice(names)]
    nemesis.told[-1] += f" {part.name}"
    threading.Thread(target=part.pause, args=(15,), daemon=True).start()


def step_a_clock(nemesis: Nemesis) -> None:
    """Of one part, ten minutes forward or back, while it works."""
    name = nemesis.chance.choice(list(nemesis.house.parts))
    to = nemesis.chance.choice([f"+{STEP}", f"-{STEP}"])
    nemesis.told[-1] += f" {name} {to}"
    (nemesis.house.folder / f"{name}.clock").write_text(f"{to}\n")


def nobody_dies(nemesis: Nemesis) -> None:
    """But whoever killed himself is raised."""
    nemesis.house.revive()


Deeds = dict[Callable[[Nemesis], None], int]

DEEDS: Deeds = {
    kill_a_worker: 6,
    kill_a_web: 4,
    kill_a_timetable: 2,
    crash_the_database: 2,
    flush_the_broker: 2,
    a_worker_sleeps_past_its_lease: 1,
    nobody_dies: 3,
}
WITH_CLOCKS: Deeds = DEEDS | {step_a_clock: 20}
