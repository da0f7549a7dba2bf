"""Events as sentences.

An event holds ids, never names. The names are looked up when it is told, for a page of
events at once; whoever has been forgotten is told without a name. The sentences are
filled in from above, by apps that know what their events mean.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.utils.translation import gettext

from apps.common.wording import spaced
from apps.events.event import KINDS
from apps.events.models import EventRecord

# "employee": the model whose row a fact called "employee_id" is the number of.
NAMED: dict[str, type[Model]] = {}

# "FollowEnded", or "FollowEnded:contact" for one whose `ended_by` says "contact"; with
# places such as %(employee)s.
SENTENCES: dict[str, Any] = {}
VARIANTS = ("ended_by", "left_by", "reason", "ends")


def tell(records: Iterable[EventRecord]) -> dict[int, str]:
    """The sentence of each event, by its number."""
    records = list(records)
    names = names_in(records)
    return {record.pk: spaced(sentence(record, names)) for record in records}


def names_in(records: Iterable[EventRecord]) -> dict[tuple[str, int], str]:
    """What the facts point at, by kind and number; one query for each kind."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for record in records:
        for kind in NAMED:
            wanted[kind].update(numbers_of(record, kind))
    return {
        (kind, number): str(row)
        for kind, numbers in wanted.items()
        if numbers
        for number, row in NAMED[kind]._default_manager.in_bulk(numbers).items()
    }


def sentence(record: EventRecord, names: dict[tuple[str, int], str]) -> str:
    variants = [f"{record.kind}:{record.facts.get(name)}" for name in VARIANTS]
    known = [*(v for v in variants if v in SENTENCES), record.kind]
    words = SENTENCES.get(known[0])
    if words is None:
        kind = KINDS.get(record.kind)
        return str(kind.title) if kind else record.kind
    nobody = gettext("(deleted)")
    places = {
        kind: "、".join(
            names.get((kind, number), nobody) for number in numbers_of(record, kind)
        )
        or nobody
        for kind in NAMED
    }
    return str(words) % places


def numbers_of(record: EventRecord, kind: str) -> list[int]:
    """Whom a fact points at: "employee_id" at one, "attribute_ids" at several."""
    one, several = record.facts.get(f"{kind}_id"), record.facts.get(f"{kind}_ids")
    numbers = several if isinstance(several, list) else [one]
    return [number for number in numbers if isinstance(number, int)]


def hearer(subscriber: str) -> str:
    """The part of the product that hears of it, by the path of its function."""
    app = apps.get_containing_app_config(subscriber)
    return str(app.verbose_name) if app else subscriber
