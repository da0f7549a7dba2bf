"""The command palette: find a person, a page, a view or an action from anywhere.

Each kind is asked for a few rows only, through its own list: whoever may not see a row
there does not see it here either. Nothing is kept here between two questions; what was
opened last the browser remembers by numbers, and asks for the names.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.backoffice.navigation import address_of, sections
from apps.common.filters import searched_for, whole_number
from apps.common.spelling import plain, spellings
from apps.lists.models import SavedView

EACH = 8  # rows of one kind
MOST_VIEWS = 200  # that are looked through
# Each with its title, its icon, and what tells two of one name apart.
KINDS = {
    "contacts.contact": (_("Contacts"), "person", "owner"),
    "groups.groupchat": (_("Group chats"), "forum", "owner"),
    "staff.employee": (_("Employees"), "badge", "main_department"),
}


@dataclass(frozen=True)
class Action:
    """Something to do; `permission` is empty where everybody may."""

    title: Any
    icon: str
    address: str  # by its name
    permission: str = ""


ACTIONS = (
    Action(
        _("Import contacts"),
        "upload_file",
        "admin:imports_import_start",
        "imports.add_import",
    ),
    Action(
        _("Add a field"),
        "playlist_add",
        "admin:contacts_attribute_add",
        "contacts.add_attribute",
    ),
    Action(_("Add a sign-in"), "person_add", "admin:staff_user_add", "staff.add_user"),
    Action(
        _("Add another system"),
        "add_link",
        "admin:clients_client_add",
        "clients.add_client",
    ),
    Action(_("Change my password"), "lock_reset", "admin:password_change"),
)


@dataclass(frozen=True, kw_only=True)
class Hit:
    title: str
    more: str
    icon: str
    address: str
    number: int  # among all hits, from 1: the keyboard counts them


@dataclass(frozen=True, kw_only=True)
class Found:
    """The hits of one kind."""

    title: Any
    hits: list[Hit]


def find(request: HttpRequest, text: str, *, site: Any) -> list[Found]:
    """Pages, actions and views when their name is typed, then people and groups."""
    term = searched_for(text)
    if not plain(term):
        return []
    return numbered(
        [
            (_("Places"), pages(request, term, site)),
            (_("Actions"), actions(request, term)),
            (_("Views"), views(request, term, site)),
            *people(request, term, site),
        ]
    )


def opened_lately(request: HttpRequest, told: str, *, site: Any) -> list[Found]:
    """What the browser says was opened, such as "contacts.contact:12,…": what of it
    this person may see, latest first."""
    asked: dict[str, list[int]] = {}
    order = []
    for each in told.split(",")[:EACH]:
        label, _colon, number = each.partition(":")
        if label in KINDS and (pk := whole_number(number)):
            asked.setdefault(label, []).append(pk)
            order.append((label, pk))
    rows = {}
    for label, numbers in asked.items():
        door = site.get_model_admin(apps.get_model(label))
        if door.has_view_permission(request):
            seen = door.get_queryset(request).filter(pk__in=numbers)
            for row in seen.select_related(KINDS[label][2]):
                rows[label, row.pk] = hit_of(label, row)
    return numbered([(_("Opened lately"), [rows[key] for key in order if key in rows])])


def numbered(kinds: Iterable[tuple[Any, list[dict[str, Any]]]]) -> list[Found]:
    number = 0
    found = []
    for title, rows in kinds:
        hits = []
        for row in rows:
            number += 1
            hits.append(Hit(number=number, **row))
        if hits:
            found.append(Found(title=title, hits=hits))
    return found


def pages(request: HttpRequest, term: str, site: Any) -> list[dict[str, Any]]:
    """Pages whose name holds the term, or begins like it in pinyin or initials."""
    word = plain(term)
    return [
        {
            "title": str(item["title"]),
            "more": str(section["title"]),
            "icon": item["icon"],
            "address": item["link"],
        }
        for section in sections(request, site=site)
        for item in section["items"]
        if is_called(str(item["title"]), word)
    ][:EACH]


def is_called(title: str, word: str) -> bool:
    """Does the title hold the word, or begin like it in pinyin or initials?"""
    name = plain(title)
    return word in name or any(s.startswith(word) for s in spellings(name))


def actions(request: HttpRequest, term: str) -> list[dict[str, Any]]:
    word = plain(term)
    return [
        {
            "title": str(action.title),
            "more": "",
            "icon": action.icon,
            "address": reverse(action.address),
        }
        for action in ACTIONS
        if is_called(str(action.title), word)
        and (not action.permission or request.user.has_perm(action.permission))
    ][:EACH]


def views(request: HttpRequest, term: str, site: Any) -> list[dict[str, Any]]:
    """Views of lists that they may open."""
    word = plain(term)
    door = site.get_model_admin(SavedView)
    return [
        {
            "title": view.name,
            "more": str(apps.get_model(view.list)._meta.verbose_name_plural),
            "icon": "bookmark",
            "address": f"{address_of(view.list)}?view={view.pk}",
        }
        for view in door.get_queryset(request)[:MOST_VIEWS]
        if is_called(view.name, word)
    ][:EACH]


def people(
    request: HttpRequest, term: str, site: Any
) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    """Each kind with its rows, by its own search and its own scope."""
    for label, (title, _icon, more) in KINDS.items():
        door = site.get_model_admin(apps.get_model(label))
        if not door.has_view_permission(request):
            continue
        rows = door.get_queryset(request)
        rows, _repeated = door.get_search_results(request, rows, term)
        rows = rows.order_by(*door.get_ordering(request))
        yield (
            title,
            [hit_of(label, row) for row in rows.select_related(more)[:EACH]],
        )


def hit_of(label: str, row: Any) -> dict[str, Any]:
    _title, icon, more = KINDS[label]
    return {
        "title": str(row),
        "more": str(getattr(row, more) or ""),
        "icon": icon,
        "address": reverse(change_of(label), args=[row.pk]),
    }


def change_of(label: str) -> str:
    return f"admin:{label.replace('.', '_')}_change"
