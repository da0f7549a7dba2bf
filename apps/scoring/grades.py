"""The matrix A1 … D4: how well somebody fits, and how much they do.

A letter is for the fit, a number for the engagement. Who has come up to a threshold
stays there until they are below it by the margin: nobody goes to and fro every day.
"""

from collections.abc import Sequence

LETTERS, NUMBERS = "DCBA", "4321"  # from the least to the best
GRADES = tuple(f"{a}{n}" for a in reversed(LETTERS) for n in reversed(NUMBERS))
LOWEST = "D4"


def level(value: int, thresholds: Sequence[int]) -> int:
    """How many of the thresholds are reached."""
    return sum(value >= each for each in thresholds)


def held(value: int, thresholds: Sequence[int], *, margin: int, was: int | None) -> int:
    """The level of somebody who had that one."""
    up = level(value, thresholds)
    if was is None:
        return up
    down = level(value + margin, thresholds)
    return max(up, min(was, down))


def held_in_sql(value: str, thresholds: Sequence[int], *, margin: int, was: str) -> str:
    """The same, for a statement; `was` is NULL for somebody who is new."""
    up = " + ".join(f"({value} >= {int(each)})::int" for each in thresholds)
    down = " + ".join(
        f"({value} + {int(margin)} >= {int(each)})::int" for each in thresholds
    )
    return f"greatest({up}, least({was}, {down}))"


def is_better(grade: str, was: str) -> bool:
    """By both axes together; of two that are as good, the one that does more."""

    def rank(cell: str) -> tuple[int, int]:
        fit, does = LETTERS.index(cell[0]), NUMBERS.index(cell[1])
        return fit + does, does

    return not was or rank(grade) > rank(was)
