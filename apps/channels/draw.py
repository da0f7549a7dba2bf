"""The picture of a code, to print: drawn anew from what it leads to.

WeCom draws a small picture. What it says is read from that once, so that it can be
drawn at any size: as PNG at 300 dots to the inch, as SVG, or on a poster of A4.
"""

import base64
import binascii
import io
from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any, Protocol

import zxingcpp
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from PIL import Image, UnidentifiedImageError

from apps.channels.codes import held
from apps.common.errors import Refused
from apps.wecom.outbox import Answer

SIZES = {"3": 3, "8": 8, "15": 15, "30": 30}  # centimetres
DOTS = 300 / 2.54  # to a centimetre
QUIET = 4  # modules of white around it, without which it is not read
POSTER = """<svg xmlns="http://www.w3.org/2000/svg" width="210mm" height="297mm"
 viewBox="0 0 2100 2970" font-family="'Noto Sans CJK SC','PingFang SC',
 'Microsoft YaHei',sans-serif" text-anchor="middle">
<rect width="2100" height="2970" fill="#fff"/>
<rect width="2100" height="620" fill="#1f6feb"/>
<text x="1050" y="300" font-size="150" font-weight="700" fill="#fff">{title}</text>
<text x="1050" y="470" font-size="78" fill="#fff">{line}</text>
<g transform="translate(350 880) scale({scale})">{code}</g>
<text x="1050" y="2540" font-size="78" fill="#333">{hint}</text>
</svg>"""


class Drawn(Protocol):
    """A code of any kind, whose picture can be drawn."""

    name: str
    folder: str
    qr_text: str


class NotDrawnYet(Refused):
    """WeCom is still making the code. Try again in a moment."""

    code = "channel_not_drawn_yet"


def picture_read(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> None:
    channel = held(about["channel"])
    if channel.qr_code != about["address"]:
        return  # made anew meanwhile
    channel.qr_text = text_in(result["picture"])[:500]
    channel.save(update_fields=["qr_text"])


def text_in(picture: str) -> str:
    try:
        image = Image.open(io.BytesIO(base64.b64decode(picture)))
        image.load()
    except (UnidentifiedImageError, OSError, binascii.Error):
        return ""
    found = zxingcpp.read_barcode(image.convert("L"))
    return found.text if found else ""


def modules_of(code: Drawn) -> list[list[bool]]:
    if not code.qr_text:
        raise NotDrawnYet
    return squares_of(code.qr_text)


def squares_of(text: str) -> list[list[bool]]:
    """The code that says it as squares, dark or not, with the white around it."""
    drawn = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image = Image.fromarray(drawn.to_image(scale=1))
    pixels = image.convert("L").load()
    assert pixels is not None
    width, height = image.size
    dark = [[int(pixels[x, y]) < 128 for x in range(width)] for y in range(height)]  # type: ignore[arg-type]
    rows = [number for number, row in enumerate(dark) if any(row)]
    columns = [x for x in range(width) if any(row[x] for row in dark)]
    inner = [row[columns[0] : columns[-1] + 1] for row in dark[rows[0] : rows[-1] + 1]]
    side = [False] * QUIET
    empty = [[False] * (len(inner) + 2 * QUIET)] * QUIET
    return [*empty, *([*side, *row, *side] for row in inner), *empty]


def png(code: Drawn, *, centimetres: int) -> bytes:
    squares = modules_of(code)
    each = max(round(centimetres * DOTS / len(squares)), 1)
    written = io.BytesIO()
    painted(squares, each=each).save(written, "PNG", dpi=(300, 300))
    return written.getvalue()


def painted(squares: list[list[bool]], *, each: int) -> Image.Image:
    """Whole dots for every square: nothing in between, which would be read badly."""
    image = Image.new("1", (len(squares), len(squares)), 1)
    for y, row in enumerate(squares):
        for x, is_dark in enumerate(row):
            if is_dark:
                image.putpixel((x, y), 0)
    side = each * len(squares)
    return image.resize((side, side), Image.Resampling.NEAREST)


def path_of(squares: list[list[bool]]) -> str:
    runs = [
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(squares)
        for x, is_dark in enumerate(row)
        if is_dark
    ]
    return f'<path fill="#000" shape-rendering="crispEdges" d="{"".join(runs)}"/>'


def svg(code: Drawn) -> str:
    return svg_of(modules_of(code))


def svg_of(squares: list[list[bool]]) -> str:
    side = len(squares)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}"'
        f' width="80mm" height="80mm"><rect width="{side}" height="{side}"'
        f' fill="#fff"/>{path_of(squares)}</svg>'
    )


def poster(code: Drawn, *, line: str, hint: str) -> str:
    squares = modules_of(code)
    return POSTER.format(
        title=escape(code.name),
        line=escape(line),
        hint=escape(hint),
        scale=round(1400 / len(squares), 4),
        code=path_of(squares),
    )


def picture_of(
    code: Drawn, asked: Mapping[str, str], *, hint: str = ""
) -> HttpResponse:
    """A file to download, called like the code."""
    form = asked.get("form", "png")
    if form == "svg":
        kind, name, body = "image/svg+xml", "code.svg", svg(code).encode()
    elif form == "poster":
        hint = hint or gettext("Scan to add us on WeChat")
        drawn = poster(code, line=code.folder, hint=hint)
        kind, name, body = "image/svg+xml", "poster.svg", drawn.encode()
    else:
        size = SIZES.get(asked.get("cm", ""), 8)
        kind, name = "image/png", f"code-{size}cm.png"
        body = png(code, centimetres=size)
    answer = HttpResponse(body, content_type=kind)
    answer["Content-Disposition"] = content_disposition_header(
        True, f"{code.name}-{name}"
    )
    return answer


ANSWERS = {"channels.picture_read": Answer(picture_read)}
