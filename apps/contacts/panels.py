"""The places on the contact page and in the contact list; each app brings what belongs.

An app's contact_panels.py registers panels and columns with CONTACT_PAGE, filters of
the list, addresses below a contact's, and how its events look in the timeline.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.common.panels import Places

SIDE = "side"  # a narrow column: what is always to be seen
MAIN = "main"  # on the other side: what is worked with
FACT = "fact"  # one of the facts in the head of the page; `title` is its name
NEXT = "next"  # `lines`, each a Next; it has no template

CONTACT_PAGE = Places()


@dataclass(frozen=True)
class Next:
    """What is to be done next, and where; `icon` is a symbol of Material Symbols."""

    words: str
    icon: str
    address: str = ""


@dataclass(frozen=True)
class Look:
    """A symbol of Material Symbols, and a tone: "good", "bad", "late" or none."""

    icon: str
    tone: str = ""


@dataclass(frozen=True, kw_only=True)
class Theme:
    """Events that are filtered for together. `looks` has their kinds, and variants
    such as "FollowEnded:contact" (see events/telling.py)."""

    name: str
    title: Any
    looks: Mapping[str, Look]

    @property
    def kinds(self) -> list[str]:
        return sorted({kind.partition(":")[0] for kind in self.looks})


THEMES: dict[str, Theme] = {}
LOOKS: dict[str, Look] = {}
UNKNOWN = Look("circle")


def theme(name: str, *, title: Any, looks: Mapping[str, Look]) -> None:
    """Let the timeline know these events."""
    THEMES[name] = Theme(name=name, title=title, looks=looks)
    LOOKS.update(looks)
