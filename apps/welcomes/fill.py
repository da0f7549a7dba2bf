"""Placeholders in a text: {nickname|您} is the name, or 您 as long as nobody knows it.

Only listed ones are replaced, each once: what comes in with a name is text. WeCom tells
a stranger's name only when it is read, which takes longer than a welcome may.
"""

import re
from collections.abc import Mapping
from datetime import datetime

from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

PLACEHOLDERS = {
    "nickname": _("the customer's name, if we know it already"),
    "employee": _("the employee's name"),
    "position": _("the employee's position"),
    "greeting": _("good morning, good afternoon or good evening"),
    "date": _("today's month and day"),
    "weekday": _("the day of the week"),
}
FALLBACKS = {"nickname": "您"}
FOUND = re.compile(r"\{([^{}|\n]{0,40})(?:\|([^{}\n]{0,40}))?\}")
LONGEST = 4000  # bytes
MORNING, AFTERNOON, EVENING = 5, 12, 18  # hours


def unknown_in(text: str) -> list[str]:
    """Placeholders that nobody knows, and braces that belong to none."""
    found = [
        match[0].strip("{}")
        for match in FOUND.finditer(text)
        if match[1].strip() not in PLACEHOLDERS
    ]
    rest = FOUND.sub("", text)
    return found + [brace for brace in "{}" if brace in rest]


def fill(text: str, values: Mapping[str, str]) -> str:
    def value(match: re.Match) -> str:
        name = match[1].strip()
        if name not in PLACEHOLDERS:
            return match[0]
        fallback = FALLBACKS.get(name, "") if match[2] is None else match[2]
        return values.get(name) or fallback

    return cut(FOUND.sub(value, text), LONGEST)


def cut(text: str, most: int) -> str:
    """As many bytes as WeCom takes, and no half of a character."""
    return text.encode()[:most].decode(errors="ignore")


def values_at(
    at: datetime, *, nickname: str, employee: str, position: str
) -> dict[str, str]:
    """Customers read Chinese, whatever the language of whoever tries it out."""
    local = timezone.localtime(at)
    with override("zh-hans"):
        return {
            "nickname": nickname,
            "employee": employee,
            "position": position,
            "greeting": greeting_at(local.hour),
            "date": f"{local.month}月{local.day}日",
            "weekday": str(WEEKDAYS[local.weekday()]),
        }


def greeting_at(hour: int) -> str:
    if MORNING <= hour < AFTERNOON:
        return gettext("Good morning")
    if AFTERNOON <= hour < EVENING:
        return gettext("Good afternoon")
    return gettext("Good evening")
