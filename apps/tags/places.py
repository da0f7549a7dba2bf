"""In which order tags stand: numbers, the larger the earlier, as WeCom has them.

Where something is moved, as little as possible gets another number: the one that moves,
if there is room between its neighbours, or else all that may be changed around it.
What may not be changed keeps its number.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apps.common.errors import Refused

LARGEST = 2**32 - 1  # that WeCom takes; the smallest is 0
STEP = 10


class NoRoom(Refused):
    """There is no room here: tags on both sides were made elsewhere and cannot move."""

    code = "no_room_between_tags"


@dataclass(frozen=True, slots=True)
class Place:
    """One in a row: `held` keeps its number."""

    number: int
    order: int
    held: bool = False


def standing_in_row(places: Iterable[Place]) -> list[Place]:
    """As they will stand when WeCom has heard all that waits."""
    return sorted(places, key=lambda place: (-place.order, place.number))


def moved(
    row: Sequence[Place],
    number: int,
    *,
    before: int | None,
    after: int | None = None,
) -> list[Place]:
    """The row as it is wanted: that one before another, behind one, or at the end."""
    one = next(place for place in row if place.number == number)
    rest = [place for place in row if place.number != number]
    behind = [i + 1 for i, place in enumerate(rest) if place.number == after]
    ahead = [i for i, place in enumerate(rest) if place.number == before]
    at = [*ahead, *behind, len(rest)][0]
    return [*rest[:at], one, *rest[at:]]


def new_orders(row: Sequence[Place], number: int) -> dict[int, int]:
    """Which get which other number, so that the row stands as it is given here."""
    at = next(i for i, place in enumerate(row) if place.number == number)
    alone = between(row[at - 1].order if at else None, order_at(row, at + 1), many=1)
    if alone:
        return changed(row[at : at + 1], alone)
    first, last = at, at + 1
    while first > 0 and not row[first - 1].held:
        first -= 1
    while last < len(row) and not row[last].held:
        last += 1
    above = row[first - 1].order if first else None
    spread = between(above, order_at(row, last), many=last - first)
    if not spread:
        raise NoRoom
    return changed(row[first:last], spread)


def order_at(row: Sequence[Place], index: int) -> int | None:
    return row[index].order if index < len(row) else None


def between(above: int | None, below: int | None, *, many: int) -> list[int]:
    """So many numbers, falling, between these two; none if there is no room."""
    floor = -1 if below is None else below
    if above is None and floor + STEP * many <= LARGEST:
        return [floor + STEP * place for place in range(many, 0, -1)]
    ceiling = LARGEST + 1 if above is None else above
    step = (ceiling - floor) // (many + 1)
    return [ceiling - step * place for place in range(1, many + 1)] if step > 0 else []


def changed(row: Sequence[Place], orders: Sequence[int]) -> dict[int, int]:
    pairs = zip(row, orders, strict=True)
    return {place.number: order for place, order in pairs if place.order != order}
