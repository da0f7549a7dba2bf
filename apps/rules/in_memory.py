"""Bitmaps that a process has read lately: it asks only whether they are still the same.

A set is known by its name and version; what is held is never changed.
"""

from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

import numpy as np
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


def packed(told: bytes | None) -> BitMap:
    """Contacts as PostgreSQL packs them: four bytes each, the highest first."""
    return of_numbers(np.sort(numbers_in(told)))


def at_least(times: int) -> Callable[[bytes], BitMap]:
    """Of contacts who may be told repeatedly, those who are so often."""

    def read(told: bytes) -> BitMap:
        who, often = np.unique(numbers_in(told), return_counts=True)
        return of_numbers(who[often >= times])

    return read if times > 1 else packed


def numbers_in(told: bytes | None) -> Any:
    return np.frombuffer(told or b"", ">u4").astype("u4")


def of_numbers(numbers: Any) -> BitMap:
    return BitMap(array("I", numbers.tobytes()))


def joined(parts: Iterable[Any]) -> bytes:
    return b"".join(bytes(part) for part in parts if part)


def known_among(names: Iterable[str]) -> dict[str, tuple[int, BitMap, int]]:
    with holding:
        return {name: held[name] for name in names if name in held}
