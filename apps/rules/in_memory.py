"""Bitmaps that a process has read lately: it asks only whether they are still the same.

A set is known by its name and version; what is held is never changed.
"""

import sys
from array import array
from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Any

from pyroaring import BitMap

HELD_BYTES = 64 * 1024 * 1024

held: OrderedDict[str, tuple[int, BitMap, int]] = OrderedDict()
holding = Lock()
held_bytes = 0


def hold(name: str, version: int, members: BitMap, size: int) -> None:
    global held_bytes
    with holding:
        before = held.pop(name, None)
        held_bytes += size - (before[2] if before else 0)
        held[name] = (version, members, size)
        while held_bytes > HELD_BYTES and len(held) > 1:
            _name, (_version, _members, freed) = held.popitem(last=False)
            held_bytes -= freed


def packed(told: Any) -> BitMap:
    """Contacts as PostgreSQL packs them: four bytes each, the highest first."""
    numbers = array("I")
    numbers.frombytes(bytes(told or b""))
    if sys.byteorder == "little":
        numbers.byteswap()
    return BitMap(numbers)


def known_among(names: Iterable[str]) -> dict[str, tuple[int, BitMap, int]]:
    with holding:
        return {name: held[name] for name in names if name in held}
