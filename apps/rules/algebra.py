"""What a rule is made of when it is worked out: atoms, and how they go together.

An atom is a set of contacts, defined by one SQL statement. NULL has one meaning
everywhere: of whom nothing is known, nothing is true. What is denied is therefore the
complement among all contacts, and those of whom nothing is known are in it.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pyroaring import BitMap

from apps.rules.in_memory import packed

WHO = "/*who*/"  # where a statement is narrowed to some contacts

type Expr = AllOf | AnyOf | Not | Atom


@dataclass(frozen=True)
class AllOf:
    parts: tuple[Any, ...]


@dataclass(frozen=True)
class AnyOf:
    parts: tuple[Any, ...]


@dataclass(frozen=True)
class Not:
    part: Any


@dataclass(frozen=True, kw_only=True)
class Shortcut:
    """A faster way to an atom's set, as long as a condition `holds`; see facts.py and
    sheets.py. Its SQL tells packed contacts, and others who are not in the set after
    all; what is told is read by `reads`."""

    sql: str
    parameters: Mapping[str, Any]
    holds: str = "TRUE"
    reads: Callable[[bytes], BitMap] = packed


def written(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


IN_WORDS = json.JSONEncoder(default=written)


@dataclass(frozen=True, eq=False)
class Atom:
    """A set of contact ids. Atoms of one name are the same set.

    `topic` and `key` say which changes can touch it (see touching.py). What they do not
    tell wholly is never kept.
    """

    name: str
    sql: str
    parameters: tuple[tuple[str, Any], ...]
    contact: str  # the expression of the contact's id in it
    topic: str = ""
    key: str = ""
    is_kept: bool = True
    shortcut: Shortcut | None = None

    @classmethod
    def of(
        cls,
        sql: str,
        parameters: Mapping[str, Any],
        *,
        contact: str,
        topic: str = "",
        key: str = "",
        is_kept: bool = True,
        shortcut: Shortcut | None = None,
    ) -> "Atom":
        told = IN_WORDS.encode([sql, sorted(parameters.items())])
        name = hashlib.blake2s(told.encode(), digest_size=16).hexdigest()
        held = tuple(sorted(parameters.items()))
        return cls(
            name, sql, held, contact, topic, key, is_kept and bool(topic), shortcut
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Atom) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def statement(self, prefix: str, *, who: str = "") -> tuple[str, dict[str, Any]]:
        """Its SQL with parameters that begin with `prefix`. `who` is a condition such
        as "= ANY(%(who)s)" on the contact."""
        narrowed = f"AND {self.contact} {who}" if who else ""
        sql = prefixed(self.sql, prefix).replace(WHO, narrowed)
        return sql, named(self.parameters, prefix)


def packs(number: str) -> str:
    """SQL for these numbers of all rows, as in_memory.packed reads them."""
    return f"string_agg(int4send(({number})::int), ''::bytea)"


PACKED = packs("contact_id")


def prefixed(sql: str, prefix: str) -> str:
    return sql.replace("%(", f"%({prefix}")


def named(parameters: Iterable[tuple[str, Any]], prefix: str) -> dict[str, Any]:
    return {f"{prefix}{name}": value for name, value in parameters}


def atoms(expr: Expr) -> Iterator[Atom]:
    match expr:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from atoms(part)
        case Not(part):
            yield from atoms(part)
        case _:
            yield expr
