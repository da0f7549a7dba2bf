"""The command palette: find a person, a group or a page from anywhere.

Each kind is asked for a few rows only, through its own list: whoever may not see a row
there does not see it here either. Nothing is kept between two questions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.backoffice.navigation import sections
from apps.common.filters import searched_for
from apps.common.spelling import plain, spellings

EACH = 6  # rows of one kind
# Each with its title, its icon, and what tells two of one name apart.
KINDS = {
    "contacts.contact": (_("Contacts"), "person", "owner"),
    "groups.groupchat": (_("Group chats"), "forum", "owner"),
    "staff.employee": (_("Employees"), "badge", "main_department"),
}


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
    """Pages first when their name is typed, then people and groups."""
    term = searched_for(text)
    if not plain(term):
        return []
    number = 0
    found = []
    kinds = [(_("Places"), pages(request, term, site)), *people(request, term, site)]
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
        if word in plain(str(item["title"]))
        or any(s.startswith(word) for s in spellings(plain(str(item["title"]))))
    ][:EACH]


def people(
    request: HttpRequest, term: str, site: Any
) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    """Each kind with its rows, by its own search and its own scope."""
    for label, (title, icon, more) in KINDS.items():
        door = site.get_model_admin(apps.get_model(label))
        if not door.has_view_permission(request):
            continue
        rows = door.get_queryset(request)
        rows, _repeated = door.get_search_results(request, rows, term)
        rows = rows.order_by(*door.get_ordering(request))
        yield (
            title,
            [
                {
                    "title": str(row),
                    "more": str(getattr(row, more) or ""),
                    "icon": icon,
                    "address": reverse(change_of(label), args=[row.pk]),
                }
                for row in rows.select_related(more)[:EACH]
            ],
        )


def change_of(label: str) -> str:
    return f"admin:{label.replace('.', '_')}_change"
