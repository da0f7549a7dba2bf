"""How moments, spans and big numbers are written on screen.

The forms are those of Ant Design's data format page: 2026-03-08 14:08; just now, five
minutes ago, three hours ago, then the date; 1.2 万 on cards; -- where there is nothing.
"""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from apps.common.jobs import Job

NOTHING = "--"

# How the status of a job is coloured.
STATUS_COLOURS = {
    Job.Status.WAITING: "info",
    Job.Status.CALLING: "info",
    Job.Status.UNKNOWN: "warning",
    Job.Status.DONE: "success",
    Job.Status.IGNORED: "default",
    Job.Status.FAILED: "danger",
}

TEN_THOUSAND = 10_000
HUNDRED_MILLION = 100_000_000


BETWEEN_SCRIPTS = re.compile(
    r"(?<=[\u4e00-\u9fff])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[\u4e00-\u9fff])"
)


def spaced(text: str) -> str:
    """A space between Chinese and Latin: 与Lily成为好友 becomes 与 Lily 成为好友."""
    return BETWEEN_SCRIPTS.sub(" ", text)


def moment(at: datetime | None) -> str:
    """2026-03-08 14:08, in the zone of the house."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else NOTHING


def moment_with_seconds(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}" if at else NOTHING


def ago(at: datetime | None, *, now: datetime) -> str:
    """Just now, 5 minutes ago, 3 hours ago, 03-08 14:08; with the year in another."""
    if at is None:
        return NOTHING
    passed = now - at
    if timedelta(minutes=-1) < passed < timedelta(minutes=1):
        return gettext("just now")
    if timedelta() < passed < timedelta(hours=1):
        minutes = int(passed.total_seconds() // 60)
        return gettext("%(minutes)d minutes ago") % {"minutes": minutes}
    if timedelta() < passed < timedelta(days=1):
        hours = int(passed.total_seconds() // 3600)
        return gettext("%(hours)d hours ago") % {"hours": hours}
    local = timezone.localtime(at)
    if local.year == timezone.localtime(now).year:
        return f"{local:%m-%d %H:%M}"
    return f"{local:%Y-%m-%d %H:%M}"


def span(length: timedelta | None) -> str:
    """The two largest units of a length of time: 3 min 20 s, 2 h 5 min, 4 days."""
    if length is None:
        return NOTHING
    seconds = max(0, round(length.total_seconds()))
    if seconds < 60:
        return gettext("%(seconds)d s") % {"seconds": seconds}
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        numbers = {"minutes": minutes, "seconds": seconds}
        return gettext("%(minutes)d min %(seconds)d s") % numbers
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return gettext("%(hours)d h %(minutes)d min") % {
            "hours": hours,
            "minutes": minutes,
        }
    return gettext("%(days)d days") % {"days": hours // 24}


def big_number(number: int | None) -> str:
    """9,999 as it is, then in units of 万 and 亿 with one digit after the point."""
    if number is None:
        return NOTHING
    if abs(number) < TEN_THOUSAND:
        return f"{number:,}"
    if abs(number) < HUNDRED_MILLION:
        return gettext("%(number)s × 10⁴") % {"number": tenths(number, TEN_THOUSAND)}
    return gettext("%(number)s × 10⁸") % {"number": tenths(number, HUNDRED_MILLION)}


def due(at: datetime | None, *, now: datetime) -> str:
    """Until when: today 14:08, tomorrow 10:00, 03-12 10:00."""
    if at is None:
        return NOTHING
    then = timezone.localtime(at)
    days = (then.date() - timezone.localtime(now).date()).days
    names = {-1: gettext("yesterday"), 0: gettext("today"), 1: gettext("tomorrow")}
    if days in names:
        return f"{names[days]} {then:%H:%M}"
    same = then.year == timezone.localtime(now).year
    return f"{then:%m-%d %H:%M}" if same else f"{then:%Y-%m-%d %H:%M}"


def money(fen: float | None) -> str:
    """¥1,234.00 from a number of fen."""
    if fen is None:
        return NOTHING
    sign = "-" if fen < 0 else ""
    # a whole number to the fen, however large
    exact: Any = Decimal(fen) if isinstance(fen, int) else fen
    return f"{sign}¥{abs(exact) / 100:,.2f}"


def tenths(number: int, unit: int) -> str:
    """Cut, not rounded: 99,999,999 is not yet a hundred million."""
    whole, rest = divmod(abs(number), unit)
    sign = "-" if number < 0 else ""
    tenth = rest * 10 // unit
    return f"{sign}{whole:,}.{tenth}" if tenth else f"{sign}{whole:,}"
