"""What stands where on a poster: JSON in, a frozen design out, nonsense refused.

A poster is 750 wide, whatever was brought as its background; places and sizes are in
that measure, from the upper left corner. It has one QR code, at most one avatar and one
name, and some texts, in which {name} stands for the name of whoever it is drawn for.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext

from apps.common.errors import Refused
from apps.common.problems import Problem
from apps.posters.lettering import clean

WIDTH = 750
HEIGHT = 1334  # of a poster without a background
LOWEST, HIGHEST = 400, 2000
MOST_TEXTS = 8
LONGEST_TEXT = 80
SHAPES = ("circle", "rounded", "square")
ALIGNED = ("left", "center", "right")
COLOUR = re.compile(r"#[0-9a-f]{6}")
NAME = "{name}"
# of each kind, the smallest and the largest width
WIDTHS = {"avatar": (40, 400), "code": (150, 600), "name": (60, 750), "text": (60, 750)}
SIZES = (16, 120)  # of letters
LINES = 4  # of one text
ONCE = ("avatar", "name", "code")


class NotADesign(Refused):
    """The poster cannot be drawn like this."""

    code = "not_a_design"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__()
        self.problems = problems

    def __str__(self) -> str:
        return " ".join(dict.fromkeys(problem.why for problem in self.problems))


@dataclass(frozen=True, kw_only=True)
class Part:
    """`kind` is avatar, name, code or text; what a kind has no use for is as it is."""

    kind: str
    x: int
    y: int
    width: int
    shape: str = "circle"
    size: int = 36
    colour: str = "#1f2937"
    align: str = "center"
    bold: bool = False
    text: str = ""

    @property
    def is_square(self) -> bool:
        return self.kind in ("avatar", "code")


@dataclass(frozen=True, kw_only=True)
class Design:
    colour: str = "#0b8a5f"
    height: int = HEIGHT
    parts: tuple[Part, ...] = field(default_factory=tuple)

    def as_json(self) -> dict[str, Any]:
        return {
            "colour": self.colour,
            "height": self.height,
            "parts": [asdict(part) for part in self.parts],
        }

    @property
    def has_avatar(self) -> bool:
        return any(part.kind == "avatar" for part in self.parts)


def first_design(*, title: str) -> Design:
    """What a campaign's poster looks like before anybody has moved anything."""
    white, soft = "#ffffff", "#d9f5e8"
    title = clean(title, most=LONGEST_TEXT)
    calls, hint = gettext("invites you to take part"), gettext("Hold to scan the code")
    wide: dict[str, Any] = {"kind": "text", "x": 75, "width": 600}
    return Design(
        parts=(
            Part(**wide, y=120, size=64, colour=white, bold=True, text=title),
            Part(kind="avatar", x=305, y=340, width=140),
            Part(kind="name", x=75, y=500, width=600, size=42, colour=white, bold=True),
            Part(**wide, y=570, size=32, colour=soft, text=calls),
            Part(kind="code", x=165, y=670, width=420),
            Part(**wide, y=1130, size=32, colour=white, text=hint),
        )
    )


def stored(told: Mapping[str, Any]) -> Design:
    """What we have kept ourselves."""
    parts = tuple(Part(**part) for part in told["parts"])
    return Design(colour=told["colour"], height=told["height"], parts=parts)


def design_in(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def read(told: Any, *, height: int = HEIGHT) -> Design:
    """Raises NotADesign with everything that is wrong. `height` is that of the
    background."""
    reader = Reader(height)
    told = told if isinstance(told, dict) else {}
    listed = told.get("parts")
    listed = listed if isinstance(listed, list) else []
    if len(listed) > MOST_TEXTS + len(ONCE):
        reader.wrong("parts", gettext("A poster has at most 8 texts."))
        listed = []
    parts = tuple(
        reader.part(part, f"parts.{number}") for number, part in enumerate(listed)
    )
    reader.counted(parts)
    colour = reader.colour(told.get("colour"), "colour")
    if reader.problems:
        raise NotADesign(reader.problems)
    return Design(colour=colour, height=height, parts=parts)


class Reader:
    def __init__(self, height: int) -> None:
        self.height = height
        self.problems: list[Problem] = []

    def wrong(self, where: str, why: str) -> None:
        self.problems.append(Problem(where, why))

    def counted(self, parts: tuple[Part, ...]) -> None:
        kinds = [part.kind for part in parts]
        if "code" not in kinds:
            self.wrong("parts", gettext("A poster needs its QR code."))
        if any(kinds.count(kind) > 1 for kind in ONCE):
            why = gettext("There is one avatar, one name and one QR code at most.")
            self.wrong("parts", why)
        if kinds.count("text") > MOST_TEXTS:
            self.wrong("parts", gettext("A poster has at most 8 texts."))

    def part(self, told: Any, where: str) -> Part:
        told = told if isinstance(told, dict) else {}
        kind = told.get("kind")
        if kind not in WIDTHS:
            self.wrong(where, gettext("This is no part of a poster."))
            kind = "text"
        width = self.whole(told.get("width"), where, *WIDTHS[kind])
        size = self.whole(told.get("size", 36), where, *SIZES)
        part = Part(
            kind=kind,
            x=self.whole(told.get("x"), where, 0, WIDTH),
            y=self.whole(told.get("y"), where, 0, HIGHEST),
            width=width,
            shape=self.one_of(told.get("shape", "circle"), where, SHAPES),
            size=size,
            colour=self.colour(told.get("colour", "#1f2937"), where),
            align=self.one_of(told.get("align", "center"), where, ALIGNED),
            bold=told.get("bold") is True,
            text=self.text(told.get("text", ""), where) if kind == "text" else "",
        )
        below = part.y + (width if part.is_square else size)
        if part.x + width > WIDTH or below > self.height:
            self.wrong(where, gettext("Part of it lies beside the poster."))
        return part

    def whole(self, told: Any, where: str, least: int, most: int) -> int:
        if type(told) is int and least <= told <= most:
            return told
        words = gettext("Places and sizes are whole numbers, here from %(a)s to %(b)s.")
        self.wrong(where, words % {"a": least, "b": most})
        return least

    def one_of(self, told: Any, where: str, among: tuple[str, ...]) -> str:
        if isinstance(told, str) and told in among:
            return told
        self.wrong(where, gettext("This is no part of a poster."))
        return among[0]

    def colour(self, told: Any, where: str) -> str:
        if isinstance(told, str) and COLOUR.fullmatch(told.lower()):
            return told.lower()
        self.wrong(where, gettext("A colour is written like #1f2937."))
        return "#000000"

    def text(self, told: Any, where: str) -> str:
        text = clean(told, most=LONGEST_TEXT + 1) if isinstance(told, str) else ""
        if not text or len(text) > LONGEST_TEXT:
            self.wrong(where, gettext("A text has 1 to 80 characters."))
        return text
