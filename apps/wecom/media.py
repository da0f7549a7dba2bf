"""Files that messages carry, and WeCom's copy of each.

WeCom forgets what was uploaded after three days. What is in use is uploaded again when
two have passed, by the clock; so there is always a copy to send, and a day to mend it.
What nobody uses is deleted after a day.
"""

import hashlib
import io
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext
from PIL import Image

from apps.common.errors import Refused
from apps.wecom.errors import described
from apps.wecom.models import Media
from apps.wecom.outbox import Answer, ask

LIVES = timedelta(days=3)
RENEWED = timedelta(days=2)
SPARE = timedelta(minutes=10)  # before the end of its life it is not trusted
UNUSED = timedelta(days=1)
MB = 1024 * 1024
MOST = {Media.Kind.IMAGE: 10 * MB, Media.Kind.VIDEO: 10 * MB, Media.Kind.FILE: 20 * MB}
LEAST = 6  # bytes
PICTURES = {"PNG": "image/png", "JPEG": "image/jpeg"}


class MediaRefused(Refused):
    """WeCom does not take this file."""

    code = "media_refused"

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why

    def __str__(self) -> str:
        return self.why


@transaction.atomic
def bring(*, kind: str, name: str, content: bytes, at: datetime) -> Media:
    """Our copy of a file; the same file is kept once. It is uploaded at once."""
    kind = Media.Kind(kind)
    content_type = checked(kind, content)
    media, _is_new = Media.objects.get_or_create(
        kind=kind,
        digest=hashlib.sha256(content).digest(),
        name=" ".join(name.replace("\x00", "").split())[-120:] or str(kind),
        defaults={
            "content": content,
            "content_type": content_type,
            "size": len(content),
            "brought_at": at,
        },
    )
    if not is_ready(media, at=at + UNUSED):
        upload(media)
    return media


def checked(kind: Media.Kind, content: bytes) -> str:
    """What kind of content it is; refused if WeCom would refuse it."""
    size, most = len(content), MOST[kind]
    if size < LEAST:
        raise MediaRefused(gettext("The file is empty."))
    if size > most:
        words = gettext(
            "The file has %(size)s MB; WeCom takes at most %(most)s MB of this kind. "
            "Make it smaller, or send a link to it."
        )
        raise MediaRefused(
            words % {"size": f"{size / MB:.1f}", "most": f"{most // MB}"}
        )
    if kind == Media.Kind.IMAGE:
        try:
            with Image.open(io.BytesIO(content)) as picture:
                found = PICTURES.get(picture.format or "")
        except Exception:  # noqa: BLE001 - whatever it is, it is no picture
            found = None
        if found is None:
            raise MediaRefused(gettext("WeCom takes pictures as PNG or JPG only."))
        return found
    if kind == Media.Kind.VIDEO:
        if content[4:8] != b"ftyp":
            raise MediaRefused(gettext("WeCom takes videos as MP4 only."))
        return "video/mp4"
    return "application/octet-stream"


def is_ready(media: Media, *, at: datetime) -> bool:
    """Does WeCom have a copy that will live a little longer?"""
    if not media.media_id or media.uploaded_at is None:
        return False
    return at < media.uploaded_at + LIVES - SPARE


def upload(media: Media) -> None:
    ask(
        "media.upload",
        arguments={"media": media.pk},
        answer="wecom.media_uploaded",
        about={"media": media.pk},
        once=f"media:{media.pk}",
    )


@transaction.atomic
def keep_only(numbers: set[int]) -> None:
    """These are in use, and the others are not."""
    Media.objects.filter(is_used=True).exclude(pk__in=numbers).update(is_used=False)
    Media.objects.filter(is_used=False, pk__in=numbers).update(is_used=True)


def renew(*, at: datetime) -> int:
    """Upload anew what is in use and has not long to live; forget what is unused."""
    used = Media.objects.filter(is_used=True).defer("content")
    old = [
        media
        for media in used.order_by("pk")
        if media.uploaded_at is None or media.uploaded_at <= at - RENEWED
    ]
    for media in old:
        upload(media)
    unused = Media.objects.filter(is_used=False, brought_at__lt=at - UNUSED)
    unused.delete()
    return len(old)


def uploaded(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> None:
    """Its life is counted from before the call: never longer than WeCom counts it."""
    Media.objects.filter(pk=about["media"]).update(
        media_id=str(result.get("media_id", ""))[:512], uploaded_at=called_at, errcode=0
    )


def not_uploaded(*, errcode: int, about: dict[str, Any], called_at: datetime) -> None:
    Media.objects.filter(pk=about["media"]).update(errcode=errcode)


def trouble_of(media: Media, *, at: datetime) -> str:
    """Why it cannot be sent now, if it cannot."""
    if is_ready(media, at=at):
        return ""
    if media.errcode:
        return described(media.errcode)
    return gettext("It is being uploaded to WeCom.")


ANSWERS = {"wecom.media_uploaded": Answer(uploaded, not_uploaded)}
