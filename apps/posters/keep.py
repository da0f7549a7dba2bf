"""A poster is designed and kept; the poster of one person, drawn once for each design.

Drawn posters are kept for a week, and no more than some thousands of them: whoever asks
later has theirs drawn again, in some hundredths of a second.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.audit.note import note
from apps.campaigns.models import Campaign
from apps.common.errors import Refused
from apps.common.forget import forget_some
from apps.contacts.models import Contact
from apps.posters.avatars import avatar_of
from apps.posters.design import HEIGHT, Design, first_design, read, stored
from apps.posters.draw import Sitter, draw, fingerprint
from apps.posters.models import Background, DrawnPoster, Poster
from apps.staff.models import User

KEPT = timedelta(days=7)
MOST_KEPT = 5_000
AT_ONCE = 500


class ColleagueWasFaster(Refused):
    """A colleague has changed the poster meanwhile: load the page again."""

    code = "colleague_was_faster"


class NoSuchBackground(Refused):
    """This background is gone: bring it once more."""

    code = "no_such_background"


@transaction.atomic
def keep_poster(
    *,
    campaign: Campaign,
    told: Any,
    background: str,
    version: int,
    by: User,
    at: datetime,
) -> Poster:
    """`background` is the token of one; `version` the one that was on the screen, 0
    for none. Backgrounds that are used no more go."""
    Campaign.objects.select_for_update().get(pk=campaign.pk)
    poster = Poster.objects.filter(campaign=campaign).first()
    if (poster.version if poster else 0) != version:
        raise ColleagueWasFaster
    ground = background_called(campaign, background)
    design = read(told, height=ground.height if ground else HEIGHT)
    before = poster.design if poster else {}
    if poster is None:
        poster = Poster(campaign=campaign, version=0)
    poster.design, poster.background = design.as_json(), ground
    poster.version += 1
    poster.changed_at = at
    poster.save()
    unused = Background.objects.filter(campaign=campaign)
    unused.exclude(pk=ground.pk if ground else 0).delete()
    note(
        by=by,
        at=at,
        deed="designed_poster",
        about=campaign,
        before={"poster": before},
        after={"poster": poster.design},
    )
    return poster


def background_called(campaign: Campaign, token: str) -> Background | None:
    if not token:
        return None
    found = Background.objects.filter(campaign=campaign, token=token).first()
    if found is None:
        raise NoSuchBackground
    return found


def poster_for(campaign: Campaign) -> Poster:
    """As it is kept; of a campaign without one, how it would look."""
    kept = Poster.objects.select_related("background").filter(campaign=campaign).first()
    if kept is not None:
        return kept
    design = first_design(title=campaign.name).as_json()
    return Poster(campaign=campaign, design=design, version=0)


def poster_of(
    *, campaign: Campaign, contact: Contact, code: str, at: datetime
) -> bytes:
    """A JPEG: the poster of one person, whose QR code says `code`."""
    poster = poster_for(campaign)
    design = stored(poster.design)
    sitter = Sitter(
        name=contact.name,
        code=code,
        avatar=avatar_of(contact, at=at) if design.has_avatar else b"",
    )
    ground = poster.background
    digest = bytes(ground.digest) if ground else b""
    mark = fingerprint(design, sitter, background=digest)
    kept = DrawnPoster.objects.filter(fingerprint=mark, contact=contact)
    found = kept.values_list("jpeg", flat=True).first()
    if found is not None:
        return bytes(found)
    jpeg = draw(design, sitter, background=jpeg_of(ground))
    DrawnPoster.objects.bulk_create(
        [DrawnPoster(contact=contact, fingerprint=mark, jpeg=jpeg, drawn_at=at)],
        ignore_conflicts=True,
    )
    return jpeg


def preview(*, design: Design, background: Background | None, sitter: Sitter) -> bytes:
    """Drawn and not kept: for whoever designs."""
    return draw(design, sitter, background=jpeg_of(background))


def jpeg_of(background: Background | None) -> bytes:
    return bytes(background.jpeg) if background else b""


def forget_drawn(*, at: datetime, most: int = MOST_KEPT) -> None:
    """Those of a week ago, and the oldest beyond what is kept; a part at a time."""
    newest = DrawnPoster.objects.order_by("-drawn_at").values_list(
        "drawn_at", flat=True
    )
    too_many = list(newest[most : most + 1])
    until = max([at - KEPT, *too_many])
    old = DrawnPoster.objects.filter(drawn_at__lte=until).order_by("drawn_at")
    forget_some(old, at_once=AT_ONCE)
