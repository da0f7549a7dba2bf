"""What is wrong with what somebody filled in, each at its field of the form."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """What is wrong, and where: "times.2.text"."""

    field: str
    why: str


def by_field(problems: Iterable[Problem]) -> dict[str, str]:
    """All that is wrong with each, once."""
    found: dict[str, dict[str, None]] = {}
    for problem in problems:
        found.setdefault(problem.field, {})[problem.why] = None
    return {field: " ".join(whys) for field, whys in found.items()}
