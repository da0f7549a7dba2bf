"""What a welcome says, and in which hours it says something else.

A form writes JSON; `read` makes messages of it, or refuses it with a sentence at each
field. A special date is asked before the hours of a week, and of several that fit the
first one counts. Hours are half-open, in the corp's zone; those that end at or before
their beginning go on after midnight.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext

from apps.common.errors import Refused
from apps.common.problems import Problem
from apps.welcomes.fill import unknown_in

DAY = 24 * 60  # minutes
LONGEST_TEXT = 4000  # bytes, as WeCom counts
MOST_ATTACHMENTS = 9
MOST_PARTS = 50
FILES = ("image", "video", "file")
KINDS = (*FILES, "link", "miniprogram")


class NotAWelcome(Refused):
    """The welcome cannot be used like this."""

    code = "not_a_welcome"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__()
        self.problems = problems

    def __str__(self) -> str:
        return " ".join(problem.why for problem in self.problems)


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """`media` is the number of our copy of a file; of a mini-program, its picture."""

    kind: str
    media: int | None = None
    title: str = ""
    description: str = ""
    url: str = ""
    picture: str = ""
    appid: str = ""
    page: str = ""


@dataclass(frozen=True, kw_only=True)
class Message:
    text: str = ""
    attachments: tuple[Attachment, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.text.strip() and not self.attachments


@dataclass(frozen=True, kw_only=True)
class Part:
    """Another message, on some days of the week or between two dates."""

    message: Message
    days: frozenset[int] = frozenset()  # 1 is Monday
    first: date | None = None
    last: date | None = None
    start: int = 0
    until: int = DAY

    @property
    def is_special(self) -> bool:
        return self.first is not None

    def is_of(self, day: date) -> bool:
        if self.first is not None:
            return self.first <= day <= (self.last or self.first)
        return day.isoweekday() in self.days

    def holds(self, at: datetime) -> bool:
        """Half-open; what is left after midnight belongs to the day before."""
        local = timezone.localtime(at)
        minute = local.hour * 60 + local.minute
        today, before = local.date(), local.date() - timedelta(days=1)
        if self.until > self.start:
            return self.is_of(today) and self.start <= minute < self.until
        if minute >= self.start:
            return self.is_of(today)
        return minute < self.until and self.is_of(before)

    @property
    def title(self) -> str:
        if self.first is not None:
            last = "" if self.last in (None, self.first) else f"～{self.last:%m-%d}"
            days = f"{self.first:%Y-%m-%d}{last}"
        else:
            days = "、".join(str(WEEKDAYS_ABBR[day - 1]) for day in sorted(self.days))
        hours = "" if (self.start, self.until) == (0, DAY) else f" {self.hours}"
        return f"{days}{hours}"[:80]

    @property
    def hours(self) -> str:
        return f"{clock(self.start)}–{clock(self.until)}"


@dataclass(frozen=True, kw_only=True)
class Content:
    message: Message
    parts: tuple[Part, ...] = ()

    def at(self, moment: datetime) -> tuple[Message, Part | None]:
        """What is said at a moment, and for which hours it was written."""
        fitting = [part for part in self.parts if part.holds(moment)]
        for part in sorted(fitting, key=lambda part: not part.is_special):
            return part.message, part
        return self.message, None

    @property
    def messages(self) -> list[Message]:
        return [self.message, *(part.message for part in self.parts)]

    @property
    def media(self) -> set[int]:
        return {
            one.media
            for message in self.messages
            for one in message.attachments
            if one.media is not None
        }


def read(told: Any) -> Content:
    """Raises NotAWelcome with everything that is wrong."""
    reader = Reader()
    content = reader.content(told if isinstance(told, dict) else {})
    if reader.problems:
        raise NotAWelcome(reader.problems)
    return content


class Reader:
    """Reads field by field, and remembers what made no sense."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, field: str, why: str) -> None:
        self.problems.append(Problem(field, why))

    def content(self, told: dict[str, Any]) -> Content:
        rows = rows_in(told, "times")
        if len(rows) > MOST_PARTS:
            self.wrong("times", gettext("These are too many rows."))
            rows = []
        return Content(
            message=self.message(told, ""),
            parts=tuple(
                part
                for number, row in enumerate(rows)
                for part in self.part(row, f"times.{number}")
            ),
        )

    def message(self, told: dict[str, Any], place: str) -> Message:
        field = f"{place}.text" if place else "text"
        text = text_in(told, "text", most=10_000)
        if len(text.encode()) > LONGEST_TEXT:
            words = gettext(
                "The text has %(many)s bytes; WeCom takes 4,000, which are some 1,300 "
                "Chinese characters."
            )
            self.wrong(field, words % {"many": f"{len(text.encode()):,}"})
        for name in unknown_in(text):
            words = gettext("{%(name)s} is not known; choose one of those below.")
            self.wrong(field, words % {"name": name})
        rows = rows_in(told, "attachments")
        if len(rows) > MOST_ATTACHMENTS:
            words = gettext("WeCom takes at most 9 attachments, and these are %s.")
            self.wrong(field, words % len(rows))
            rows = []
        found = Message(
            text=text,
            attachments=tuple(
                self.attachment(row, f"{place}.{n}" if place else f"attachments.{n}")
                for n, row in enumerate(rows)
            ),
        )
        if found.is_empty:
            self.wrong(field, gettext("Write something, or attach something."))
        return found

    def part(self, row: dict[str, Any], place: str) -> Iterator[Part]:
        start, until = (self.minute(row, name, place) for name in ("from", "until"))
        message = self.message(row, place)
        hours: dict[str, Any] = {
            "start": start,
            "until": until or DAY,
            "message": message,
        }
        if start and start == until:
            words = gettext("These hours begin and end at the same minute.")
            self.wrong(place, words)
        elif row.get("first") or row.get("last") or row.get("kind") == "dates":
            first, last = day_in(row.get("first")), day_in(row.get("last"))
            if first is None or (last and last < first):
                self.wrong(
                    place, gettext("A special date needs a first day, then a last.")
                )
            else:
                yield Part(first=first, last=last, **hours)
        else:
            days = row.get("days")
            told = days if isinstance(days, list) else []
            known = [day for day in told if type(day) is int and 1 <= day <= 7]
            if not known:
                self.wrong(place, gettext("Choose the days of these hours."))
            else:
                yield Part(days=frozenset(known), **hours)

    def attachment(self, row: dict[str, Any], place: str) -> Attachment:
        kind = row.get("kind")
        if kind not in KINDS:
            self.wrong(place, gettext("Choose what is attached."))
            return Attachment(kind="link")
        media = row.get("media")
        found = Attachment(
            kind=kind,
            media=media if type(media) is int and 0 < media < 2**62 else None,
            title=text_in(row, "title", most=300).strip(),
            description=text_in(row, "description", most=1000).strip(),
            url=text_in(row, "url", most=3000).strip(),
            picture=text_in(row, "picture", most=3000).strip(),
            appid=text_in(row, "appid", most=64).strip(),
            page=text_in(row, "page", most=1024).strip(),
        )
        for why in wrongs_of(found):
            self.wrong(place, why)
        return found

    def minute(self, row: dict[str, Any], name: str, place: str) -> int:
        told = str(row.get(name) or "")
        if not told:
            return 0
        hour, _colon, minute = told.partition(":")
        is_time = hour.isdecimal() and minute.isdecimal() and len(told) == 5
        if not is_time or int(hour) > 24 or int(minute) > 59:
            self.wrong(place, gettext("Write a time like 09:30."))
            return 0
        return (int(hour) * 60 + int(minute)) % DAY


def wrongs_of(one: Attachment) -> Iterator[str]:
    if one.kind in FILES and one.media is None:
        yield gettext("Choose a file.")
    if one.kind == "link":
        if not one.title:
            yield gettext("A link needs a title.")
        if not is_address(one.url):
            yield gettext("A link needs an address that begins with https://.")
        if one.picture and not is_address(one.picture):
            yield gettext("The picture's address begins with https://.")
        yield from too_long(one.title, 128, gettext("title"))
        yield from too_long(one.description, 512, gettext("description"))
        yield from too_long(one.url, 2048, gettext("address"))
        yield from too_long(one.picture, 2048, gettext("address"))
    if one.kind == "miniprogram":
        if not one.title:
            yield gettext("A mini-program needs a title.")
        if not one.appid.startswith("wx"):
            yield gettext("A mini-program needs its AppID, which begins with wx.")
        if not one.page:
            yield gettext("A mini-program needs the page that opens.")
        if one.media is None:
            yield gettext("A mini-program needs a picture.")
        yield from too_long(one.title, 64, gettext("title"))


def too_long(text: str, most: int, what: str) -> Iterator[str]:
    if len(text.encode()) > most:
        words = gettext("The %(what)s is too long: WeCom takes %(most)s bytes.")
        yield words % {"what": what, "most": most}


def is_address(text: str) -> bool:
    return text.startswith(("https://", "http://")) and not set(text) & set(" <>\"'")


def rows_in(told: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = told.get(name)
    found = rows if isinstance(rows, list) else []
    return [row for row in found if isinstance(row, dict)]


def text_in(told: dict[str, Any], name: str, *, most: int) -> str:
    value = told.get(name)
    return value.replace("\x00", "")[:most] if isinstance(value, str) else ""


def day_in(told: Any) -> date | None:
    try:
        found = date.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None
    return found if found and 2000 <= found.year <= 2100 else None


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def files_named(told: dict[str, Any]) -> set[int]:
    """Numbers of files in what a form sent, whether it makes sense or not."""
    rows = rows_in(told, "attachments")
    for part in rows_in(told, "times"):
        rows += rows_in(part, "attachments")
    found = {row.get("media") for row in rows}
    return {n for n in found if type(n) is int and 0 < n < 2**62}
