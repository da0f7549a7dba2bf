"""Pictures of a note: looked into, drawn anew, and kept sealed.

What is kept is a JPEG that we made: whatever else lay in the file, where it was taken
too, is gone. What is no picture is refused by its content, whatever it is called.
"""

import base64
import io
from dataclasses import dataclass

from apps.common.errors import Refused
from apps.common.pictures import NoPicture, TooManyPixels, picture_in
from apps.common.sealing import seal, unseal
from apps.followups.models import Note, NotePicture

MOST = 6
LARGEST = 8 * 2**20  # bytes
SIDE = 1_600  # pixels of the longer side
FORMATS = ("JPEG", "PNG", "WEBP")


class TooManyPictures(Refused):
    """A note has at most 6 pictures."""

    code = "too_many_pictures"


class PictureTooLarge(Refused):
    """A picture has at most 8 MB."""

    code = "picture_too_large"


class NotAPicture(Refused):
    """This file is no picture that we can show: JPEG, PNG or WebP."""

    code = "not_a_picture"


@dataclass(frozen=True)
class Drawn:
    jpeg: bytes
    width: int
    height: int


def drawn(data: bytes) -> Drawn:
    if len(data) > LARGEST:
        raise PictureTooLarge
    try:
        picture = picture_in(data, formats=FORMATS)
    except TooManyPixels:
        raise PictureTooLarge from None
    except NoPicture:
        raise NotAPicture from None
    picture.thumbnail((SIDE, SIDE))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return Drawn(out.getvalue(), picture.width, picture.height)


def hang_up(note: Note, pictures: list[Drawn]) -> None:
    if len(pictures) > MOST:
        raise TooManyPictures
    NotePicture.objects.bulk_create(
        NotePicture(
            note=note,
            sealed=seal(base64.b64encode(each.jpeg).decode()),
            width=each.width,
            height=each.height,
        )
        for each in pictures
    )


def jpeg_of(picture: NotePicture) -> bytes:
    return base64.b64decode(unseal(picture.sealed))
