"""Text as pictures have it: in fonts that come with the product.

Chinese is drawn by Noto Sans CJK, emoji and other scripts by other fonts of Noto: each
run of characters by the first that knows them. What none knows, and what would only
steer the text (direction, control), is left out. What people call themselves may be
long: it is shortened with an ellipsis, never in the middle of an emoji.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from PIL import ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont

SIMPLIFIED = 2  # of the faces in the collection
FONTS = (
    ("manimgx_fonts_cjk", "NotoSansCJK-VF.otf.ttc"),
    ("manimgx_fonts", "NotoEmoji[wght].ttf"),
    ("manimgx_fonts", "NotoSans[wght].ttf"),
    ("manimgx_fonts", "NotoSansSymbols[wght].ttf"),
    ("manimgx_fonts", "NotoSansThai[wght].ttf"),
    ("manimgx_fonts", "NotoSansArabic[wght].ttf"),
)
REGULAR, BOLD = 400, 700
LIGHTEST_EMOJI = 700  # that font knows 300 to 700
PROBE = 24  # pixels, large enough to tell glyphs apart
WIDEST = 3 * PROBE
NOBODY_KNOWS = "\U000effff"
JOINER, PICTURE, TEXT = "\u200d", "\ufe0f", "\ufe0e"
SKINS = range(0x1F3FB, 0x1F400)
FLAGS = range(0x1F1E6, 0x1F200)
MOST_MARKS = 4  # on one letter
ELLIPSIS = "…"
NEVER_FIRST = set("，。！？；：、）》」』】”’…,.!?;:)")  # of a line
LINE = 1.35  # a line is so much higher than its letters


@lru_cache(maxsize=256)
def font(number: int, size: int, weight: int) -> Font:
    package, file = FONTS[number]
    found = find_spec(package)
    assert found is not None and found.submodule_search_locations is not None
    path = Path(found.submodule_search_locations[0]) / file
    opened = ImageFont.truetype(
        str(path),
        size,
        index=SIMPLIFIED if number == 0 else 0,
        layout_engine=ImageFont.Layout.RAQM,
    )
    others = opened.get_variation_axes()[1:]
    opened.set_variation_by_axes([weight, *(axis["default"] or 0 for axis in others)])
    return opened


@lru_cache(maxsize=len(FONTS))
def drawn_by_nobody(number: int) -> bytes:
    return bytes(font(number, PROBE, REGULAR).getmask(NOBODY_KNOWS))


@lru_cache(maxsize=20_000)
def who_draws(character: str) -> int | None:
    """The first font that knows it. Whole sentences in one character are nobody's."""
    for number in range(len(FONTS)):
        drawn = font(number, PROBE, REGULAR).getmask(character)
        if bytes(drawn) != drawn_by_nobody(number):
            return number if drawn.size[0] <= WIDEST else None
    return None


def clean(text: str, *, most: int) -> str:
    """On one line, without what steers; no longer than `most`."""
    kept = []
    marks = 0
    for character in " ".join(text.split())[: 4 * most]:
        kind = unicodedata.category(character)
        if kind in ("Mn", "Me") and character not in (PICTURE, TEXT):
            marks += 1
            if marks > MOST_MARKS:
                continue
        else:
            marks = 0
        if kind[0] != "C" or character == JOINER:
            kept.append(character)
    return "".join(kept).strip()[:most]


def letters(text: str) -> Iterator[str]:
    """What is one letter to a reader: an emoji with all that is joined to it."""
    letter = ""
    for character in text:
        point = ord(character)
        joins = bool(letter) and (
            character in (JOINER, PICTURE, TEXT)
            or letter[-1] == JOINER
            or point in SKINS
            or unicodedata.combining(character) > 0
            or (point in FLAGS and len(letter) == 1 and ord(letter) in FLAGS)
        )
        if letter and not joins:
            yield letter
            letter = ""
        letter += character
    if letter:
        yield letter


@dataclass(frozen=True)
class Run:
    """Letters that one font draws."""

    text: str
    font: Font


def runs(text: str, *, size: int, weight: int) -> list[Run]:
    found: list[tuple[int, str]] = []
    for letter in letters(text):
        number = who_draws(letter[0])
        if number is None:
            continue
        shown = letter.replace(TEXT, "").replace(PICTURE, "")
        if number != 1:
            shown = shown.replace(JOINER, "")
        if found and found[-1][0] == number:
            found[-1] = number, found[-1][1] + shown
        else:
            found.append((number, shown))
    return [
        Run(shown, font(number, size, min(weight, LIGHTEST_EMOJI)))
        for number, shown in found
    ]


def width_of(drawn: Iterable[Run]) -> float:
    return sum(run.font.getlength(run.text) for run in drawn)


def fits(text: str, *, size: int, weight: int, width: int) -> bool:
    return width_of(runs(text, size=size, weight=weight)) <= width


def shortened(text: str, *, size: int, weight: int, width: int) -> str:
    """As much of it as there is room for."""
    if fits(text, size=size, weight=weight, width=width):
        return text
    parts = list(letters(text))
    few, many = 0, len(parts)
    while few < many:
        middle = (few + many + 1) // 2
        tried = "".join(parts[:middle]).rstrip() + ELLIPSIS
        if fits(tried, size=size, weight=weight, width=width):
            few = middle
        else:
            many = middle - 1
    return "".join(parts[:few]).rstrip() + ELLIPSIS


def lines(text: str, *, size: int, weight: int, width: int, most: int) -> list[str]:
    """Broken where there is no more room; what does not fit into `most` is cut."""
    found: list[str] = []
    rest = list(letters(text))
    while rest and len(found) < most:
        if len(found) == most - 1:
            found.append(
                shortened("".join(rest), size=size, weight=weight, width=width)
            )
            break
        taken = room_for(rest, size=size, weight=weight, width=width)
        found.append("".join(rest[:taken]).strip())
        rest = rest[taken:]
    return found


def room_for(parts: list[str], *, size: int, weight: int, width: int) -> int:
    """How many letters fit; Latin words stay whole where they can."""
    taken = 0.0
    for number, letter in enumerate(parts):
        taken += width_of(runs(letter, size=size, weight=weight))
        if taken <= width:
            continue
        while number > 1 and parts[number] in NEVER_FIRST:
            number -= 1
        back = number
        while back and is_latin(parts[back]) and is_latin(parts[back - 1]):
            back -= 1
        return back or max(number, 1)
    return len(parts)


def is_latin(letter: str) -> bool:
    return letter.isascii() and letter.isalnum()


def write(
    canvas: ImageDraw.ImageDraw,
    text: str,
    *,
    at: tuple[int, int],
    width: int,
    size: int,
    weight: int,
    colour: str,
    align: str = "left",
) -> None:
    """One line into a box whose upper left corner is `at`."""
    drawn = runs(text, size=size, weight=weight)
    room = width - width_of(drawn)
    x = at[0] + {"left": 0.0, "center": room / 2, "right": room}[align]
    y = at[1] + size * LINE / 2
    for run in drawn:
        place = x, y + lift(run)
        with suppress(OSError):  # an outline that FreeType cannot fill
            canvas.text(place, run.text, font=run.font, fill=colour, anchor="ls")
        x += run.font.getlength(run.text)


def lift(run: Run) -> float:
    """From the middle of the line down to where the letters stand."""
    return run.font.size * 0.36
