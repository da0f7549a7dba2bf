"""What happened with a contact, latest first: sentences, folded, a page at a time.

A page begins after a cursor, the moment and number of the last event of the page
before; so nothing is shown twice or missed while new events come in. Events that say
the same in a row are told once, with how often.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Max, Model, Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from apps.contacts.models import Contact
from apps.contacts.panels import LOOKS, THEMES, UNKNOWN, Look, Theme
from apps.events.event import KINDS
from apps.events.models import EventRecord
from apps.events.telling import NAMED, SENTENCES, VARIANTS, numbers_of, sentence
from apps.staff.models import User

PAGE = 20  # lines
READ = 200  # events that one page may fold into its lines
CURSOR = re.compile(r"(\d{1,17})-(\d{1,18})", re.ASCII)
Names = Mapping[tuple[str, int], str]  # what a fact points at, by kind and number
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Cursor:
    """The place after one event. As text: microseconds since 1970, and its number."""

    at: datetime
    pk: int

    @classmethod
    def of(cls, text: str) -> "Cursor | None":
        """What stands in an address; None for the beginning, or for nonsense."""
        parts = CURSOR.fullmatch(text)
        if parts is None:
            return None
        at, pk = (int(part) for part in parts.groups())
        return cls(at=EPOCH + timedelta(microseconds=at), pk=pk)

    def __str__(self) -> str:
        return f"{(self.at - EPOCH) // timedelta(microseconds=1)}-{self.pk}"

    @property
    def day(self) -> date:
        return timezone.localtime(self.at).date()

    def before(self) -> Q:
        return Q(at__lt=self.at) | Q(at=self.at, pk__lt=self.pk)

    def at_it(self) -> "Cursor":
        """The place before it: what follows begins with the event itself."""
        return Cursor(at=self.at, pk=self.pk + 1)


@dataclass(kw_only=True)
class Line:
    """One sentence; `new_day` when it is the first of its day. `since` is the moment
    of the first of `times` equal events, `record` the last of them."""

    record: EventRecord
    look: Look
    times: int = 1
    since: datetime
    sentence: str = ""
    new_day: bool = False

    @property
    def at(self) -> datetime:
        return self.record.at

    @property
    def day(self) -> date:
        return timezone.localtime(self.at).date()

    @property
    def place(self) -> Cursor:
        return Cursor(at=self.record.at, pk=self.record.pk)


@dataclass(frozen=True, kw_only=True)
class Page:
    """Lines, and the cursor of the next page; None at the end."""

    lines: list[Line]
    next: Cursor | None


def page_of(
    contact: Contact,
    *,
    theme: Theme | None,
    after: Cursor | None,
    user: User,
    place: Cursor | None = None,
) -> Page:
    """After a cursor, or from a place on that is being looked at, or from the latest.

    One query for the events, one more for each kind of name in them.
    """
    start = after or (place.at_it() if place else None)
    records = list(events_of(contact, theme=theme, after=start)[: READ + 1])
    names = links_in(records[:READ], user=user)
    lines, told = folded(records[:READ], names)
    day = after.day if after else None
    for line in lines:
        line.sentence = in_words(line.record, names)
        line.new_day, day = line.day != day, line.day
    last = records[told - 1] if told < len(records) else None
    return Page(lines=lines, next=Cursor(at=last.at, pk=last.pk) if last else None)


def events_of(
    contact: Contact, *, theme: Theme | None = None, after: Cursor | None = None
) -> QuerySet[EventRecord]:
    events = EventRecord.objects.filter(contact=contact).select_related("actor")
    if theme is not None:
        events = events.filter(kind__in=theme.kinds)
    if after is not None:
        # The first condition says nothing new, but an index can begin there.
        events = events.filter(after.before(), at__lte=after.at)
    return events.order_by("-at", "-pk")


def latest_event(contact: Contact) -> int:
    """The number of the last that was recorded: a later one is news."""
    found = EventRecord.objects.filter(contact=contact)
    return found.aggregate(latest=Max("pk"))["latest"] or 0


def themes_of(contact: Contact) -> list[Theme]:
    """The themes that this contact has any event of."""
    return themes_and_latest(contact)[0]


def themes_and_latest(contact: Contact) -> tuple[list[Theme], int]:
    """In one question, the themes and the number of the last event."""
    rows = EventRecord.objects.filter(contact=contact).order_by().values("kind")
    last = dict(rows.values_list("kind", Max("pk")))
    themes = [
        theme for theme in THEMES.values() if not last.keys().isdisjoint(theme.kinds)
    ]
    return themes, max(last.values(), default=0)


# --- folding --------------------------------------------------------------------------


def folded(records: Iterable[EventRecord], names: Names) -> tuple[list[Line], int]:
    """A page of lines, and how many events they tell of."""
    lines: list[Line] = []
    told = 0
    said = None
    for record in records:
        says = gist(record, names)
        if says == said:
            lines[-1].times += 1
            lines[-1].since = record.at
        elif len(lines) == PAGE:
            break
        else:
            lines.append(Line(record=record, look=look_of(record), since=record.at))
        said = says
        told += 1
    return lines, told


def gist(record: EventRecord, names: Names) -> tuple:
    """What a sentence is made of: events that share it say the same."""
    about = tuple(
        tuple(names.get((kind, number)) for number in numbers_of(record, kind))
        for kind in NAMED
    )
    variant = tuple(record.facts.get(name) for name in VARIANTS)
    day = timezone.localtime(record.at).date()
    return record.kind, record.actor_id, about, variant, day


def look_of(record: EventRecord) -> Look:
    variants = (f"{record.kind}:{record.facts.get(name)}" for name in VARIANTS)
    for key in (*variants, record.kind):
        if key in LOOKS:
            return LOOKS[key]
    return UNKNOWN


# --- sentences ------------------------------------------------------------------------


def links_in(records: Iterable[EventRecord], *, user: User) -> Names:
    """What the facts point at, as links for those who may follow them."""
    wanted: dict[str, set[int]] = {}
    for record in records:
        for kind in NAMED:
            if pointed_at := numbers_of(record, kind):
                wanted.setdefault(kind, set()).update(pointed_at)
    found = {}
    for kind, numbers in wanted.items():
        rows = NAMED[kind]._default_manager.filter(pk__in=numbers)
        seen = seen_by(user, rows)
        for row in rows:
            found[kind, row.pk] = link_to(row, user=user, follows=row.pk in seen)
    return found


def seen_by(user: User, rows: QuerySet) -> set[int]:
    """Numbers of those that have a page for this user."""
    if not hasattr(rows, "visible_to") or user.sees_everybody:
        return {row.pk for row in rows}
    return set(rows.visible_to(user).values_list("pk", flat=True))


def link_to(row: Model, *, user: User, follows: bool) -> str:
    app, model = row._meta.app_label, row._meta.model_name
    if follows and user.has_perm(f"{app}.view_{model}"):
        try:
            address = reverse(f"admin:{app}_{model}_change", args=[row.pk])
        except NoReverseMatch:
            return format_html("<b>{}</b>", row)
        return format_html('<a class="link" href="{}">{}</a>', address, row)
    return format_html("<b>{}</b>", row)


def in_words(record: EventRecord, names: Names) -> Any:
    """Names are escaped where they become links; the words between are our own."""
    if record.kind not in KINDS and record.kind not in SENTENCES:
        return record.kind
    return mark_safe(sentence(record, dict(names)))
