"""The design of a poster in audit rows: what of it was changed, part by part."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.audit.telling import PARTS

TITLES = {
    "avatar": _("Avatar"),
    "name": _("Name"),
    "code": _("QR code"),
    "text": _("Text"),
}


def in_words(design: Mapping[str, Any], _needs: Any) -> dict[Any, str]:
    """Parts in their order; of several texts each by its number."""
    if not design:
        return {}
    told: dict[Any, str] = {gettext("Background"): str(design.get("colour") or "")}
    texts = 0
    for part in design.get("parts") or ():
        title = str(TITLES.get(part.get("kind"), part.get("kind")))
        if part.get("kind") == "text":
            texts += 1
            title = f"{title} {texts}"
        told[title] = "，".join(filter(None, words_of(part)))
    return told


def words_of(part: Mapping[str, Any]) -> list[str]:
    place = gettext("at %(x)s, %(y)s, %(width)s wide") % {
        "x": part.get("x"),
        "y": part.get("y"),
        "width": part.get("width"),
    }
    if part.get("kind") in ("avatar", "code"):
        return [place]
    size = gettext("letters of %(size)s") % {"size": part.get("size")}
    text = f"「{part['text']}」" if part.get("text") else ""
    return [text, place, size, str(part.get("colour") or "")]


PARTS["campaigns.campaign", "poster"] = in_words, dict
