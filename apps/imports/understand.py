"""A row of cells, as its columns are said to mean, understood; or why it is wrong."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext

from apps.contacts.bring import FIELDS, Brought
from apps.contacts.guesses import GuessesOfATable
from apps.contacts.identities import Id
from apps.contacts.models import Attribute, Identity
from apps.contacts.reading_values import (
    BETWEEN_CHOICES,
    Field,
    NotOfTheField,
    fields_of,
    plain,
    read_value,
)
from apps.imports.cells import LONGEST_ID, Wrong, id_of
from apps.imports.consents import Consents
from apps.imports.meanings import ID_KINDS, OTHER
from apps.staff.models import Employee
from apps.tags.own import names_in_wecom

Kind = Identity.Kind


@dataclass(kw_only=True)
class Understood:
    """A row of the table; `why` if it cannot be understood."""

    number: int
    brought: Brought | None = None
    tags: list[str] = field(default_factory=list)
    why: str = ""


class Understanding:
    """The columns of an import, and what is needed to read many rows by them."""

    def __init__(self, meanings: Sequence[str]) -> None:
        self.meanings = meanings
        numbers = [int(m[1:]) for m in meanings if m[:1] == "a" and m[1:].isdecimal()]
        attributes = Attribute.objects.in_use().filter(pk__in=numbers)
        self.fields: dict[str, Field] = {
            f"a{of.attribute.pk}": of for of in fields_of(attributes)
        }
        self.owners = employees_by_name() if "owner" in meanings else {}
        self.guesses = GuessesOfATable()
        self.consents = Consents(meanings)

    def rows(self, rows: Sequence[Sequence[Any]]) -> list[Understood]:
        """Numbers and cells of a part; one query for the tags in it."""
        found = [self.row(number, cells) for number, cells in rows]
        wecoms = names_in_wecom(tag for row in found for tag in row.tags)
        for row in found:
            if taken := [tag for tag in row.tags if tag in wecoms]:
                row.why = gettext("The tag “%(tag)s” is WeCom's: put it on there.") % {
                    "tag": taken[0]
                }
        return found

    def row(self, number: int, cells: Sequence[str]) -> Understood:
        told: dict[str, str] = {
            meaning: cell
            for meaning, cell in zip(self.meanings, cells, strict=False)
            if meaning and cell
        }
        try:
            return Understood(
                number=number,
                brought=Brought(
                    number=number,
                    ids=[no_guess(each, self.guesses) for each in ids_in(told)],
                    fields={name: told[name][:255] for name in FIELDS if name in told},
                    values={
                        of.attribute.pk: value
                        for meaning, of in self.fields.items()
                        if (value := read_value(of, told.get(meaning))) is not None
                    },
                    owner_id=self.owner(told.get("owner", "")),
                    sayings=self.consents.sayings(told),
                ),
                tags=tags_in(told.get("tags", "")),
            )
        except (Wrong, NotOfTheField) as wrong:
            return Understood(number=number, why=str(wrong))

    def owner(self, written: str) -> int | None:
        if not written:
            return None
        found = self.owners.get(plain(written).lower(), set())
        if len(found) == 1:
            return next(iter(found))
        words = {"name": written[:40]}
        if found:
            raise Wrong(
                gettext("Several employees are called “%(name)s”: write the account.")
                % words
            )
        raise Wrong(gettext("There is no employee “%(name)s”.") % words)


def employees_by_name() -> Mapping[str, set[int]]:
    """Those who work here, by name, alias and account."""
    found: dict[str, set[int]] = {}
    for pk, *names in Employee.objects.working().values_list(
        "pk", "name", "alias", "wecom_id"
    ):
        for name in filter(None, names):
            found.setdefault(plain(name).lower(), set()).add(pk)
    return found


def ids_in(told: Mapping[str, str]) -> Iterable[Id]:
    for meaning, written in told.items():
        if meaning in ID_KINDS:
            yield id_of(ID_KINDS[meaning], written)
        elif meaning.startswith(OTHER):
            system = meaning.removeprefix(OTHER)
            if len(written) > LONGEST_ID:
                raise Wrong(gettext("An id is longer than 128 characters."))
            yield Id(Kind.OTHER, plain(written), system)


def no_guess(told: Id, guesses: GuessesOfATable) -> Id:
    if told.kind == Kind.PHONE and guesses.is_one_too_many(told.value):
        raise Wrong(gettext("Too many phones of this table differ only in the middle."))
    return told


def tags_in(written: str) -> list[str]:
    names = [name.strip()[:60] for name in BETWEEN_CHOICES.split(written)]
    return list(dict.fromkeys(filter(None, names)))
