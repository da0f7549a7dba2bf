"""Rows in every model that points at a contact, found from the models; and a dump.

A model that is new is filled by itself: every field gets a value that fits its type,
and no two rows are alike. Where constraints allow none of the tries, the test says so.
"""

import json
import random
import string
import uuid
from datetime import date, timedelta
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import IntegrityError, connection, models, transaction

from apps.contacts.models import Contact, Follow, Identity
from apps.contacts.pointers import Pointer, pointers
from apps.events.models import EventRecord
from tests import make
from tests.conftest import day

TRIES = 40
# Columns of which a value that merely fits would not be a possible one.
POSSIBLE: dict[str, Any] = {
    "contacts.Identity.kind": lambda chance: chance.choice(["external", "open"]),
    "contacts.Identity.digest": lambda chance: b"",
    "contacts.Identity.tail_digest": lambda chance: b"",
    "followups.Stage.probability": lambda chance: chance.randint(0, 100),
    # an open lead has its contact's owner, whom `settle` says
    "followups.Lead.owner": lambda chance: None,
    "followups.Lead.folded": lambda chance: False,
    "followups.Lead.lost_reason": lambda chance: "",
    # no more than there was, and than there may be
    "campaigns.Reward.left": lambda chance: 0,
    "campaigns.Campaign.joined": lambda chance: 0,
    # a value is of one type; here of text
    **{
        f"contacts.AttributeValue.{column}": lambda chance: None
        for column in ("number", "day", "choice", "choices", "yes", "fen")
    },
}
SKIPPED = {
    # the journals of merging, which say that there was one
    *("contacts.Merge", "contacts.Moved", "contacts.Proposal", "contacts.Uncompared"),
    "events.Delivery",
    "loyalty.Membership",  # sums of the ledger, which the database keeps
    # the audit, which is written on and never back
    *("audit.AuditRow", "audit.ContactKey"),
    # whom to look at again, which is said of what is undone, too
    *("rules.Touched", "rules.Spoilt"),
}


def has_one(pointer: Pointer) -> bool:
    """A contact has no more than one row of it."""
    constraints = pointer.model._meta.total_unique_constraints
    alone = [pointer.field.name]
    return pointer.field.unique or any(list(c.fields) == alone for c in constraints)


class Everything:
    """Makes rows, each different from all before it."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.number = 0

    def about(self, contact: Contact, *, rows: int = 3) -> None:
        """Some rows of every model, and a follow with all that hangs on it."""
        make.follow(contact, employee=make.employee())
        for pointer in pointers():
            if pointer.model is Contact:
                continue
            for _row in range(1 if has_one(pointer) else rows):
                self.row(pointer, contact)

    def row(self, pointer: Pointer, contact: Contact) -> models.Model:
        trouble = ""
        for _try in range(TRIES):
            made = pointer.model(**self.values(pointer.model))
            setattr(made, pointer.field.name, contact)
            try:
                with transaction.atomic():
                    made.save(force_insert=True)
            except IntegrityError as error:
                trouble = str(error)
            else:
                return made
        raise AssertionError(f"no row of {pointer} can be made: {trouble}")

    def values(self, model: type[models.Model]) -> dict[str, Any]:
        return {
            field.name: self.value(field)
            for field in model._meta.concrete_fields
            if not field.primary_key and not field.generated
        }

    def value(self, field: Any) -> Any:
        self.number += 1
        chance = self.chance
        if possible := POSSIBLE.get(f"{field.model._meta.label}.{field.name}"):
            return possible(chance)
        if isinstance(field, models.ForeignKey):
            return self.other(field)
        if field.choices:
            return chance.choice([value for value, _words in field.flatchoices])
        if field.null and chance.random() < 0.3:
            return None
        match field:
            case models.BooleanField():
                return chance.random() < 0.5
            case models.DateTimeField():
                return day(self.number / 1000)
            case models.DateField():
                return date(2026, 1, 1) + timedelta(days=self.number % 300)
            case models.DurationField():
                return timedelta(seconds=self.number)
            case models.PositiveSmallIntegerField() | models.SmallIntegerField():
                return self.number % 32_000
            case models.IntegerField():
                return self.number
            case models.DecimalField():
                return self.number % 10
            case models.FloatField():
                return self.number / 7
            case models.UUIDField():
                return uuid.UUID(int=chance.getrandbits(128))
            case models.JSONField():
                return {"number": self.number}
            case models.BinaryField():
                return f"{self.number:016d}".encode()
            case ArrayField():
                return [self.value(of(field.base_field, field))]
            case models.CharField() | models.TextField():
                word = "".join(chance.choices(string.ascii_lowercase, k=4))
                return f"{word}{self.number}"[-(field.max_length or 40) :]
        raise AssertionError(f"no value is known for {field}")

    def other(self, field: models.ForeignKey) -> Any:
        """Whom else a row names: somebody of ours, a stranger, or anything."""
        model: Any = field.related_model
        if field.null and self.chance.random() < 0.3:
            return None
        if model is Contact:
            return make.contact(f"别人{self.number}")
        label = model._meta.label
        if label == "staff.Employee":
            return make.employee(f"员工{self.number}")
        if label == "staff.User":
            return make.user()
        if model is Follow:
            return make.follow(make.contact(f"别人{self.number}"))
        if model is Identity:
            return make.follow(make.contact(f"别人{self.number}")).identity
        for _try in range(TRIES):
            try:
                with transaction.atomic():
                    return model._base_manager.create(**self.values(model))
            except IntegrityError:
                continue
        raise AssertionError(f"nothing can be made for {field}")


def of(base: Any, field: Any) -> Any:
    base.model = field.model
    base.name = f"{field.name}[]"
    return base


def dump() -> dict[str, dict[str, Any]]:
    """Every row of every table of ours, by table and number; but for the journals."""
    found: dict[str, dict[str, Any]] = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            options = model._meta
            ours = model.__module__.startswith("apps.")
            if not ours or options.label in SKIPPED or not options.managed:
                continue
            key = connection.ops.quote_name(str(options.pk.column))
            cursor.execute(
                f"SELECT {key}::text, to_jsonb(t)::text"
                f' FROM "{options.db_table}" AS t ORDER BY 1'
            )
            found[options.label] = {
                pk: json.loads(row) for pk, row in cursor.fetchall()
            }
    return found


def difference(
    before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]
) -> list[str]:
    """Rows that are gone, that are new, or that say something else."""
    found = []
    for label in sorted(before.keys() | after.keys()):
        old, new = before.get(label, {}), after.get(label, {})
        found += [f"{label} {pk} is gone" for pk in old.keys() - new.keys()]
        found += [f"{label} {pk} is new" for pk in new.keys() - old.keys()]
        for pk in old.keys() & new.keys():
            for name in old[pk]:
                if old[pk][name] != new[pk][name]:
                    found.append(
                        f"{label} {pk}.{name}: {old[pk][name]} is {new[pk][name]}"
                    )
    return sorted(found)


def news_aside(found: list[str], *kinds: str) -> list[str]:
    """Without the events that tell of the merge and of its end."""
    told = EventRecord.objects.filter(
        kind__in=kinds or ("ContactsMerged", "MergeUndone")
    )
    told_of = {
        f"events.EventRecord {pk} is new" for pk in told.values_list("pk", flat=True)
    }
    return [line for line in found if line not in told_of]
