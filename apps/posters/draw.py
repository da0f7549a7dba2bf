"""The poster of one person: background, avatar, name and QR code, as it was designed.

It is drawn when somebody asks for it and kept for a week, under what it was drawn from:
whoever changes the design, the name or the avatar has another one. Whoever has no
avatar has the first letter of their name in a circle.
"""

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

from apps.channels.draw import painted, squares_of
from apps.posters import lettering
from apps.posters.design import LINES, NAME, WIDTH, Design, Part

EDITION = 1  # of this module: what an older one drew is not the same
QUALITY = 88
LONGEST_NAME = 40
FINER = 4  # shapes are cut out so much larger, for smooth edges
HUES = ("#2563eb", "#0d9488", "#c2410c", "#7c3aed", "#be185d", "#4d7c0f")
NOBODY = "?"
LEAST = 2  # pixels of a module


@dataclass(frozen=True, kw_only=True)
class Sitter:
    """For whom it is drawn. `avatar` is a JPEG; `code` what their QR code says."""

    name: str
    code: str
    avatar: bytes = b""

    @property
    def shown_name(self) -> str:
        return lettering.clean(self.name, most=LONGEST_NAME)


def fingerprint(design: Design, sitter: Sitter, *, background: bytes) -> bytes:
    """What it is drawn from: equal ones look alike. `background` is its digest."""
    made_of = [
        EDITION,
        design.as_json(),
        background.hex(),
        sitter.shown_name,
        sitter.code,
        hashlib.sha256(sitter.avatar).hexdigest(),
    ]
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).digest()


def draw(design: Design, sitter: Sitter, *, background: bytes = b"") -> bytes:
    """A JPEG. `background` is one too, 750 wide, or nothing."""
    if background:
        picture = opened(background).copy()
    else:
        picture = Image.new("RGB", (WIDTH, design.height), design.colour)
    for part in design.parts:
        PAINTERS[part.kind](picture, part, sitter)
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=QUALITY)
    return written.getvalue()


@lru_cache(maxsize=8)
def opened(jpeg: bytes) -> Image.Image:
    """Many are drawn on one background."""
    return Image.open(io.BytesIO(jpeg)).convert("RGB")


# --- the parts ------------------------------------------------------------------------


def paint_avatar(picture: Image.Image, part: Part, sitter: Sitter) -> None:
    side = part.width
    if sitter.avatar:
        face = Image.open(io.BytesIO(sitter.avatar)).convert("RGB")
        face = face.resize((side, side), Image.Resampling.LANCZOS)
    else:
        face = initial(sitter.shown_name, side)
    picture.paste(face, (part.x, part.y), cut_out(part.shape, side))


def initial(name: str, side: int) -> Image.Image:
    """The first letter on a colour that goes with the name."""
    digest = hashlib.blake2s(name.encode(), digest_size=2).digest()
    hue = HUES[int.from_bytes(digest) % len(HUES)]
    face = Image.new("RGB", (side, side), hue)
    size = side // 2
    known = (each for each in lettering.letters(name) if is_drawn(each))
    lettering.write(
        ImageDraw.Draw(face),
        next(known, NOBODY).upper(),
        at=(0, round((side - size * lettering.LINE) / 2)),
        width=side,
        size=size,
        weight=lettering.BOLD,
        colour="#ffffff",
        align="center",
    )
    return face


def is_drawn(letter: str) -> bool:
    return not letter.isspace() and lettering.who_draws(letter[0]) is not None


@lru_cache(maxsize=64)
def cut_out(shape: str, side: int) -> Image.Image:
    fine = Image.new("L", (side * FINER, side * FINER), 0)
    pen = ImageDraw.Draw(fine)
    whole = (0, 0, fine.width - 1, fine.height - 1)
    if shape == "circle":
        pen.ellipse(whole, fill=255)
    elif shape == "rounded":
        pen.rounded_rectangle(whole, fine.width // 6, fill=255)
    else:
        pen.rectangle(whole, fill=255)
    return fine.resize((side, side), Image.Resampling.LANCZOS)


def paint_code(picture: Image.Image, part: Part, sitter: Sitter) -> None:
    """On white, with its quiet zone; modules are whole pixels, or it is not read."""
    squares = squares_of(sitter.code)
    each = max(part.width // len(squares), LEAST)
    code = painted(squares, each=each)
    side = max(part.width, code.width)
    ground = Image.new("RGB", (side, side), "#ffffff")
    inset = (side - code.width) // 2
    ground.paste(code, (inset, inset))
    picture.paste(ground, (part.x, part.y))


def paint_name(picture: Image.Image, part: Part, sitter: Sitter) -> None:
    shown = lettering.shortened(
        sitter.shown_name or NOBODY,
        size=part.size,
        weight=weight_of(part),
        width=part.width,
    )
    paint_line(picture, part, shown, line=0)


def paint_text(picture: Image.Image, part: Part, sitter: Sitter) -> None:
    told = part.text.replace(NAME, sitter.shown_name)
    broken = lettering.lines(
        told, size=part.size, weight=weight_of(part), width=part.width, most=LINES
    )
    for number, line in enumerate(broken):
        paint_line(picture, part, line, line=number)


def paint_line(picture: Image.Image, part: Part, text: str, *, line: int) -> None:
    lettering.write(
        ImageDraw.Draw(picture),
        text,
        at=(part.x, part.y + round(line * part.size * lettering.LINE)),
        width=part.width,
        size=part.size,
        weight=weight_of(part),
        colour=part.colour,
        align=part.align,
    )


def weight_of(part: Part) -> int:
    return lettering.BOLD if part.bold else lettering.REGULAR


PAINTERS: dict[str, Callable[[Image.Image, Part, Sitter], None]] = {
    "avatar": paint_avatar,
    "name": paint_name,
    "code": paint_code,
    "text": paint_text,
}
