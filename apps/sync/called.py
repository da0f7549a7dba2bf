"""What WeCom's ids in a report are called here: tags, people and departments by name.

A page of differences is looked up at once, with one query for each kind of name. What
we do not know stays the id that it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Model

from apps.contacts.models import Contact, Identity
from apps.groups.models import GroupChat
from apps.staff.models import Department, Employee
from apps.sync.models import Difference
from apps.sync.page import pair_of
from apps.tags.models import Tag

# Fields whose values are ids, by the thing that has them.
IDS: dict[tuple[str, str], type[Model]] = {
    ("follow", "tags"): Tag,
    ("follow", "added by"): Employee,
    ("groupchat", "owner"): Employee,
    ("groupchat", "admins"): Employee,
    ("stay", "invited by"): Employee,
    ("employee", "departments"): Department,
    ("employee", "leads"): Department,
    ("employee", "main department"): Department,
    ("department", "parent"): Department,
}
BETWEEN = ", "  # as page.shown joins the values of a list
VERSIONS = {("groupchat", "member version")}  # nobody reads more than their beginning
BEGINNING = 8

Key = tuple[type[Model], str]


class Called:
    """The rows behind the ids of these differences, looked up at once."""

    def __init__(self, found: Iterable[Difference]) -> None:
        wanted: dict[type[Model], set[str]] = defaultdict(set)
        strangers = set()
        for each in found:
            if model := IDS.get((each.thing, each.field)):
                wanted[model] |= {*parts(each.ours), *parts(each.theirs)}
            if each.thing in ("follow", "stay") and each.contact_id is None:
                strangers.add(pair_of(each.subject)[1])
        self.names = {
            (model, str(row.wecom_id)): str(row)
            for model, ids in wanted.items()
            for row in rows_called(model, ids_of(model, ids))
        }
        self.contacts = contacts_called(strangers)

    def value(self, found: Difference, value: str) -> str:
        """The value with names in the place of ids."""
        if (found.thing, found.field) in VERSIONS:
            return f"{value[:BEGINNING]}…" if len(value) > BEGINNING else value
        model = IDS.get((found.thing, found.field))
        if model is None:
            return value
        return "、".join(self.names.get((model, part), part) for part in parts(value))

    def contact(self, found: Difference) -> Contact | None:
        """Who is meant: also somebody whom we came to know only after the report."""
        return found.contact or self.contacts.get(pair_of(found.subject)[1])


def parts(value: str) -> list[str]:
    return [part for part in value.split(BETWEEN) if part]


def ids_of(model: type[Model], ids: Iterable[str]) -> list[Any]:
    if model is Department:
        return [int(i) for i in ids if i.isdecimal() and len(i) < 19]
    return list(ids)


def contacts_called(external_ids: set[str]) -> dict[str, Contact]:
    if not external_ids:
        return {}
    rows = Identity.objects.external().filter(system="", value__in=external_ids)
    return {row.value: row.contact for row in rows.select_related("contact")}


# --- what a pull holds back -----------------------------------------------------------

SHOWN = 200  # of one list


def held_in_names(held_back: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Whose list it is, and who or what is missing in it, as far as we know them."""
    items = {item for held in held_back for item in held["items"][:SHOWN]}
    wholes = {held["whole"] for held in held_back} - {""}
    contacts = contacts_called(items)
    tags = by_id(Tag, items)
    employees = by_id(Employee, items | wholes)
    chats = by_id(GroupChat, wholes)
    return [
        {
            **held,
            "of": employees.get(held["whole"]) or chats.get(held["whole"]),
            "named": [
                contacts.get(item) or tags.get(item) or employees.get(item) or item
                for item in held["items"][:SHOWN]
            ],
            "more": len(held["items"]) - SHOWN,
        }
        for held in held_back
    ]


def by_id(model: type[Model], ids: set[str]) -> dict[str, Any]:
    rows = rows_called(model, list(ids)) if ids else []
    return {row.wecom_id: row for row in rows}


def rows_called(model: type[Model], ids: list[Any]) -> Iterable[Any]:
    return model._default_manager.filter(wecom_id__in=ids)
