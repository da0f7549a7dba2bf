"""The avatar of a contact: asked for from where WeCom says it lies, and kept small.

Only by https, and only from the hosts on which WeChat and WeCom keep avatars (in the
demo, from the corp that is played); no redirect is followed. Nobody waits for it: until
it has come a poster shows the first letter of the name.
"""

import base64
import binascii
import io
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from PIL import Image, ImageOps

from apps.common.pictures import NoPicture, TooManyPixels, picture_in
from apps.contacts.models import Contact
from apps.posters.models import Avatar
from apps.wecom.outbox import Answer, ask

HOSTS = ("qlogo.cn", "qpic.cn")  # and what lies below them
SIDE = 400  # pixels; what a poster shows at most
FORMATS = ("JPEG", "PNG", "WEBP")
ASKED_AGAIN = timedelta(days=7)


def address_of(told: str) -> str:
    """Where it may be fetched, or nothing. What WeCom tells begins with http."""
    try:
        parts = urlsplit(told)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    played_by = urlsplit(settings.WECOM_API_URL)
    if parts.netloc == played_by.netloc and parts.scheme == played_by.scheme:
        return told
    is_known = any(host == known or host.endswith(f".{known}") for known in HOSTS)
    if not is_known or port is not None or parts.username is not None:
        return ""
    if parts.scheme not in ("http", "https") or not told.isascii():
        return ""
    return parts._replace(scheme="https", netloc=host, fragment="").geturl()


def avatar_of(contact: Contact, *, at: datetime) -> bytes:
    """As we have it; fetched meanwhile if it is new or a week old."""
    address = address_of(contact.avatar)
    if not address:
        return b""
    kept = Avatar.objects.filter(contact=contact).first()
    is_same = kept is not None and kept.address == address
    if kept is None or not is_same or kept.read_at < at - ASKED_AGAIN:
        fetch(contact, address, at=at)
    return bytes(kept.jpeg) if kept is not None and is_same else b""


@transaction.atomic
def fetch(contact: Contact, address: str, *, at: datetime) -> None:
    """Once for each address and week: who has no picture there is not asked all day."""
    if not Avatar.objects.filter(contact=contact, address=address).update(read_at=at):
        fresh = {"address": address, "read_at": at, "jpeg": b""}
        Avatar.objects.update_or_create(contact=contact, defaults=fresh)
    ask(
        "contact_way.picture",
        arguments={"address": address},
        answer="posters.avatar_read",
        about={"contact": contact.pk, "address": address},
        once=f"avatar:{contact.pk}",
    )


def avatar_read(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> None:
    jpeg = small(result["picture"])
    kept = Avatar.objects.filter(contact=about["contact"], address=about["address"])
    if jpeg:
        kept.update(jpeg=jpeg, read_at=called_at)


def small(picture: str) -> bytes:
    try:
        found = picture_in(base64.b64decode(picture), formats=FORMATS)
    except (NoPicture, TooManyPixels, binascii.Error):
        return b""
    written = io.BytesIO()
    fitted = ImageOps.fit(found, (SIDE, SIDE), Image.Resampling.LANCZOS)
    fitted.save(written, "JPEG", quality=88)
    return written.getvalue()


ANSWERS = {"posters.avatar_read": Answer(avatar_read)}
