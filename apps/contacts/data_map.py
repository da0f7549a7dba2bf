"""The data map as the product reads it: what is held of a person, and where.

The map itself stands in scrm/data_map.py. A field that may hold something of a person
and is neither in the map nor declared to hold nothing is missing from it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

MAY_BE_PERSONAL = (
    models.CharField,
    models.TextField,
    models.JSONField,
    models.BinaryField,
    models.GenericIPAddressField,
    models.UUIDField,
    models.FileField,
    ArrayField,
)
EVERYTHING = "*"
TELLING = ("fields", "sought", "others", "named")

LEVELS: dict[str, Any] = {"high": _("high"), "medium": _("medium"), "low": _("low")}
WHEN_ERASED: dict[str, Any] = {
    "goes": _("is deleted"),
    "left_without": _("stays, and names nobody any more"),
    "sought": _("is sought by the person's ids and deleted"),
    "cut_out": _("what is about the person is cut out"),
    "key_goes": _("its key is destroyed: nobody can read it any more"),
    "stays": _("is not about customers"),
}

# What a model calls itself tells nobody anything.
TITLES: dict[str, Any] = {
    "orders.Order": _("orders"),
    "contacts.Moved": _("rows of a merge"),
    "axes.AccessFailureLog": _("wrong passwords"),
    "axes.AccessAttempt": _("attempts to sign in"),
    "axes.AccessLog": _("sign-ins"),
}


@dataclass(frozen=True, kw_only=True)
class Store:
    """What one model holds of people. `sought` and `others` are fields that may name
    anybody: rows of the first go with the person, of the second ids are cut out; of
    `named` names as well."""

    model: type[models.Model]
    purpose: Any
    kept: Any
    erased: str
    person: str = ""
    by: str = ""
    until: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    sought: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return self.model._meta.label

    @property
    def title(self) -> Any:
        return TITLES.get(self.label, self.model._meta.verbose_name)

    @property
    def levels(self) -> dict[str, str]:
        return {**self.fields, **self.sought, **self.others, **self.named}

    @property
    def level(self) -> str:
        """Of its most delicate field."""
        return min(self.levels.values(), key=list(LEVELS).index, default="low")


def stores() -> list[Store]:
    """In the order of the map: rows are deleted from the bottom up."""
    return [
        Store(model=apps.get_model(label), **facts)
        for label, facts in settings.DATA_MAP.items()
    ]


def missing() -> list[str]:
    """Fields that may be personal, and of which nobody has said whether they are."""
    return [
        f"{model._meta.label}.{each.name}"
        for model in every_model()
        for each in model._meta.concrete_fields
        if isinstance(each, MAY_BE_PERSONAL) and not is_told(model, each.name)
    ]


def every_model() -> Iterator[type[models.Model]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            yield model


def is_told(model: type[models.Model], name: str) -> bool:
    declared = settings.NOT_PERSONAL.get(model._meta.label, ())
    if EVERYTHING in declared or name in declared:
        return True
    facts = settings.DATA_MAP.get(model._meta.label, {})
    return any(name in facts.get(kind, ()) for kind in TELLING)


def said_of_nothing() -> list[str]:
    """What the map or the declarations say of models and fields that are no more."""
    known = {model._meta.label: model for model in every_model()}
    told: dict[str, set[str]] = {
        label: set(names) - {EVERYTHING}
        for label, names in settings.NOT_PERSONAL.items()
    }
    for label, facts in settings.DATA_MAP.items():
        for kind in TELLING:
            told.setdefault(label, set()).update(facts.get(kind, ()))
    return [
        f"{label}.{name}" if name else label
        for label, names in told.items()
        for name in ([""] if label not in known else sorted(names))
        if label not in known
        or name not in {each.name for each in known[label]._meta.get_fields()}
    ]
