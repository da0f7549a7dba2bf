"""What is done to a house, and what must hold afterwards; one story a promise."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos import checkers
from tests.chaos.house import ROOT, House, opened
from tests.chaos.nemesis import DEEDS, WITH_CLOCKS, Deeds, Nemesis
from tests.chaos.traffic import Life

EVIDENCE = Path("var/chaos")


@dataclass
class Outcome:
    """What became of a run. Nothing is wrong if `wrong` is empty."""

    seed: int
    happened: int = 0
    told: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"seed {self.seed}: {self.happened} things happened"]
        return "\n".join([*lines, *self.told, *(f"WRONG {w}" for w in self.wrong)])


def chaos(
    *,
    seed: int,
    seconds: float = 30,
    per_second: float = 15,
    every: float = 3.0,
    root: Path = ROOT,
    rest: float = 150,
    clocks: bool = False,
) -> Outcome:
    """I1, I2 and I3: everything dies at random while the corp lives on."""
    with (
        tempfile.TemporaryDirectory(prefix="chaos-") as folder,
        opened(House(Path(folder), seed=seed, root=root, clocks=clocks)) as house,
    ):
        return storm(
            house,
            seconds=seconds,
            per_second=per_second,
            every=every,
            rest=rest,
            deeds=WITH_CLOCKS if clocks else DEEDS,
        )


def storm(
    house: House,
    *,
    seconds: float = 30,
    per_second: float = 15,
    every: float = 3.0,
    rest: float = 150,
    deeds: Deeds | None = None,
) -> Outcome:
    """The same for a house that is open."""
    outcome = Outcome(house.seed)
    say("the doors are open")
    before = checkers.connections(house)
    nemesis = Nemesis(house, seed=house.seed, every=every, deeds=deeds or DEEDS)
    life = Life(house, seed=house.seed, seconds=seconds, per_second=per_second)
    life.start()
    nemesis.rage(until=lambda: not life.is_alive())
    outcome.told, outcome.happened = nemesis.told, life.done
    say(f"{outcome.happened} things have happened")
    outcome.wrong += checkers.come_to_rest(house, seconds=rest, patience=seconds / rest)
    say("the house is at rest")
    outcome.wrong += after_the_storm(house, before)
    if outcome.wrong:
        house.leave_evidence(EVIDENCE / str(house.seed))
        outcome.told.append(f"evidence is in {EVIDENCE / str(house.seed)}")
    return outcome


def say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)


def after_the_storm(house: House, before: dict) -> list[str]:
    checks: list[Callable[[House], list[str]]] = [
        checkers.every_thanks_has_a_row,
        checkers.nothing_is_kept_twice,
        checkers.every_callback_is_done,
        checkers.nothing_happened_twice,
        checkers.one_customer_one_row,
        checkers.no_code_is_used_twice,
        checkers.nothing_differs,
    ]
    wrong = [sentence for check in checks for sentence in check(house)]
    return wrong + checkers.each_beginning_is_counted_once(house, before)
