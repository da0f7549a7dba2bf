"""Event, the base of every event; from row back to object.

An event carries ids and facts, never names or phone numbers, so that a person can
be forgotten without rewriting history. Its name never changes once it is recorded.
"""

from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from apps.events.models import EventRecord

KINDS: dict[str, type["Event"]] = {}

# What stands in columns of its own; everything else is a fact.
COLUMNS = ("at", "source", "contact_id", "actor_id")


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something happened. Subclasses add their facts; values must fit into JSON."""

    title: ClassVar[Any] = _("something happened")

    at: datetime
    source: EventRecord.Source
    contact_id: int | None = None
    actor_id: int | None = None
    record_id: int | None = field(default=None, compare=False)  # once it has a row

    def __init_subclass__(cls, **kwargs) -> None:
        super().__init_subclass__(**kwargs)
        KINDS[cls.__name__] = cls

    @property
    def kind(self) -> str:
        return type(self).__name__

    def facts(self) -> dict[str, Any]:
        """What is told beyond the columns; values as they are, not copied."""
        return {name: getattr(self, name) for name in names_of_facts(self.kind)}


@cache
def names_of_facts(kind: str) -> tuple[str, ...]:
    own = (*COLUMNS, "record_id")
    return tuple(f.name for f in fields(KINDS[kind]) if f.name not in own)


def event_of(record: EventRecord) -> Event:
    """The object the row was made from; facts that it no longer knows fall away."""
    kind = KINDS[record.kind]
    known = names_of_facts(record.kind)
    facts = {name: value for name, value in record.facts.items() if name in known}
    columns = {name: getattr(record, name) for name in COLUMNS}
    return kind(record_id=record.pk, **columns, **facts)
