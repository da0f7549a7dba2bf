"""What the filters of an address mean today, and which of them exist no longer.

A filter says itself which words of the address are its own. Nothing else of an address
is ever kept, nor does it reach the database.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict

from apps.common.filters import Filter

LONGEST = 2_000  # characters of an address


@dataclass(frozen=True, kw_only=True)
class Understood:
    """`filters` is the part of the address that is understood; `titles` has the name of
    each filter in it by its words, `strange` the words that belong to none."""

    filters: str
    titles: dict[str, str] = field(default_factory=dict)
    strange: list[str] = field(default_factory=list)


def understand(door: Any, request: HttpRequest, query: str) -> Understood:
    """Read an address as the list behind `door` does."""
    asked = QueryDict(query[:LONGEST])
    there: Any = copy(request)
    there.GET = asked
    left = dict(asked.lists())
    titles: dict[str, str] = {}
    for spec in door.get_list_filter(there):
        found: Filter = spec(there, left, door.model, door)
        titles |= dict.fromkeys(found.names, str(found.title))
    kept = {}
    for name in asked:
        value = asked[name].replace("\x00", "")[:200]
        if name in titles and value:
            kept[name] = value
    return Understood(
        filters=in_one_form(kept),
        titles={name: titles[name] for name in kept},
        strange=[name for name in left if name not in titles],
    )


def in_one_form(filters: Mapping[str, str]) -> str:
    """The same filters are the same text, in whatever order they were chosen."""
    return urlencode(sorted(filters.items()))
