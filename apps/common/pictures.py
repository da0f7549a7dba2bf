"""A picture that somebody brought, known by its content, whatever it is called."""

import io
import warnings
from collections.abc import Collection

from PIL import Image, ImageOps, UnidentifiedImageError

MOST_PIXELS = 50_000_000


class NoPicture(Exception):
    """It cannot be read as a picture of one of these formats."""


class TooManyPixels(Exception):
    """A small file that would fill the memory."""


def picture_in(data: bytes, *, formats: Collection[str]) -> Image.Image:
    """Upright, in plain colours; what shines through lies on white."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=list(formats)) as found:
                if found.width * found.height > MOST_PIXELS:
                    raise TooManyPixels
                return on_white(ImageOps.exif_transpose(found))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooManyPixels from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise NoPicture from None


def on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    shown = picture.convert("RGBA")
    ground = Image.new("RGBA", shown.size, "#ffffff")
    return Image.alpha_composite(ground, shown).convert("RGB")
