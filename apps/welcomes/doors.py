"""Doors that bring a welcome of their own: whoever keeps doors says so here.

A registry that is filled from above: welcomes know no channel codes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

NONE = 0  # instead of a welcome: nobody is greeted who comes by this door


@dataclass(frozen=True, kw_only=True)
class Door:
    """`welcome` is a number, NONE, or None: as if they had come by no door."""

    name: str
    welcome: int | None = None


@dataclass(frozen=True, kw_only=True)
class Doors:
    """One sort of door. `picks` is the name of the address that finds one by typing;
    `saying` answers which of them say a welcome, as names with addresses."""

    by_state: Callable[[str], Door | None]
    by_number: Callable[[int], Door | None]
    saying: Callable[[int], list[tuple[str, str]]]
    picks: str


@dataclass
class Registry:
    sorts: list[Doors] = field(default_factory=list)

    def add(self, doors: Doors) -> None:
        self.sorts.append(doors)

    def of_state(self, state: str) -> Door | None:
        found = (doors.by_state(state) for doors in self.sorts if state)
        return next((door for door in found if door is not None), None)

    def of_number(self, number: int) -> Door | None:
        found = (doors.by_number(number) for doors in self.sorts)
        return next((door for door in found if door is not None), None)

    def saying(self, welcome: int) -> list[tuple[str, str]]:
        return [one for doors in self.sorts for one in doors.saying(welcome)]


DOORS = Registry()
