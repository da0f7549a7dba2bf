"""What goes wrong on purpose: error codes, silence, broken answers.

A rule names the calls it is for, what happens, and how often. `do` is one of

    an error code           the call is refused with it and has no effect
    "timeout"               no effect and no answer: the connection is held, then shut
    "timeout_after_effect"  the same, but the call has had its effect
    "http500"               no effect; an HTML page with status 500
    "half_closed"           the effect, and half of the answer
    "slow"                  the effect and the answer, late
"""

import random
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

KINDS = {"timeout", "timeout_after_effect", "http500", "half_closed", "slow"}


class BadRule(ValueError):
    """The rule cannot be understood."""


@dataclass(kw_only=True)
class Rule:
    """`api` is a path or a pattern with `*`. Without `times` it holds for ever."""

    api: str
    do: int | str
    times: int | None = None
    probability: float = 1.0
    seconds: float = 5.0
    hit: int = 0

    def __post_init__(self) -> None:
        known = type(self.do) is int and self.do != 0 or self.do in KINDS
        if not known or not isinstance(self.api, str):
            raise BadRule(f"do is an error code or one of {sorted(KINDS)}.")
        if self.times is not None and type(self.times) is not int:
            raise BadRule("times is a whole number.")
        for number in (self.probability, self.seconds):
            if type(number) not in (int, float) or number < 0:
                raise BadRule("probability and seconds are not negative.")


class Faults:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.chance = random.Random()
        self.rules: list[Rule] = []

    def replace(self, rules: Iterable[dict[str, Any]]) -> None:
        """These rules and no others; the first that fits a call counts."""
        try:
            made = [Rule(**rule) for rule in rules]
        except TypeError as error:
            raise BadRule(str(error)) from error
        with self.lock:
            self.rules = made

    def add(self, **rule: Any) -> None:
        with self.lock:
            self.rules.append(Rule(**rule))

    def strike(self, api: str) -> Rule | None:
        """The fault that this call meets, if any."""
        with self.lock:
            for rule in self.rules:
                spent = rule.times is not None and rule.hit >= rule.times
                if spent or not fnmatchcase(api, rule.api):
                    continue
                if self.chance.random() < rule.probability:
                    rule.hit += 1
                    return rule
        return None

    def listed(self) -> list[dict[str, Any]]:
        with self.lock:
            return [asdict(rule) for rule in self.rules]
