"""A background is brought: looked into, and drawn anew at the width of a poster.

PNG and JPEG, by what is in the file and not by its name. What we keep is a JPEG that we
made, under a name that nobody can guess: nothing else that lay in the file is kept.
"""

import hashlib
import io
import secrets
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext
from PIL import Image

from apps.audit.note import note
from apps.campaigns.models import Campaign
from apps.common.errors import RefusedBecause
from apps.common.pictures import NoPicture, TooManyPixels, picture_in
from apps.posters.design import HIGHEST, LOWEST, WIDTH
from apps.posters.models import Background
from apps.staff.models import User

MB = 2**20
LARGEST = 5 * MB
NARROWEST = 375  # pixels; smaller ones are a blur on a poster
FORMATS = ("PNG", "JPEG")
QUALITY = 90


class NotABackground(RefusedBecause):
    """This picture is no background for a poster."""

    code = "not_a_background"


@transaction.atomic
def bring(*, campaign: Campaign, data: bytes, by: User, at: datetime) -> Background:
    """The same picture is kept once."""
    jpeg, height = drawn_anew(data)
    background, is_new = Background.objects.get_or_create(
        campaign=campaign,
        digest=hashlib.sha256(jpeg).digest(),
        defaults={
            "token": secrets.token_urlsafe(18),
            "jpeg": jpeg,
            "height": height,
            "brought_by": by,
            "brought_at": at,
        },
    )
    if is_new:
        note(by=by, at=at, deed="brought_background", about=campaign)
    return background


def drawn_anew(data: bytes) -> tuple[bytes, int]:
    """The JPEG, and how high it is."""
    if len(data) > LARGEST:
        words = gettext("The picture has %(size)s MB; at most 5 MB are taken.")
        raise NotABackground(words % {"size": f"{len(data) / MB:.1f}"})
    try:
        picture = picture_in(data, formats=FORMATS)
    except TooManyPixels:
        raise NotABackground(
            gettext("The picture has too many pixels: 750 by 1334 are enough.")
        ) from None
    except NoPicture:
        raise NotABackground(
            gettext("This file is no picture in PNG or JPG, whatever it is called.")
        ) from None
    if picture.width < NARROWEST:
        words = gettext(
            "The picture is %(width)s pixels wide; at least 375 are needed."
        )
        raise NotABackground(words % {"width": picture.width})
    height = round(picture.height * WIDTH / picture.width)
    if not LOWEST <= height <= HIGHEST:
        raise NotABackground(
            gettext("A poster is upright: about twice as high as it is wide.")
        )
    written = io.BytesIO()
    sized = picture.resize((WIDTH, height), Image.Resampling.LANCZOS)
    sized.save(written, "JPEG", quality=QUALITY)
    return written.getvalue(), height
