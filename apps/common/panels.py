"""Places on a page and in a list that are filled from above.

The app that owns a page owns its places; every app above brings what belongs there,
in a module that is found by its name at start-up. Nothing is shown to a visitor who
lacks the permission it names.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

# The facts of a panel; None: it has nothing to show, and is left out.
Facts = Callable[[Any, HttpRequest], Mapping[str, Any] | None]
Cells = Callable[..., Mapping[int, Any]]  # of the rows; see Column
LAST = 80  # from this order on a panel stands below all others of its place


def shared[T](row: Model, name: str, find: Callable[[], T]) -> T:
    """What several panels of one page need: found once, and kept with the row."""
    kept: dict[str, Any] = row.__dict__.setdefault("_shared", {})
    if name not in kept:
        kept[name] = find()
    found: T = kept[name]
    return found


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A part of the page of one row. `place` is a word that the page's owner knows.

    `later`: fetched when the page is there, above those of an order from LAST on.
    """

    place: str
    order: int
    title: Any
    template: str
    permission: str
    facts: Facts
    later: bool = False


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A panel with what it shows on this page."""

    title: Any
    template: str
    facts: Mapping[str, Any]
    is_last: bool


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a list: a cell for each row of a page, made by one call.

    Where cells differ by who may see what, `for_visitor`, the call is told `user`.
    """

    order: int
    title: Any
    template: str
    permission: str
    cells: Cells
    for_visitor: bool = False


@dataclass(frozen=True, kw_only=True)
class Door:
    """An address below that of a row. The view is told the row, which the visitor is
    known to see, and whatever else `route` names."""

    route: str
    name: str
    permission: str
    view: Callable[..., HttpResponse]


@dataclass(kw_only=True)
class Places:
    """What has been brought to one kind of page."""

    all_panels: list[Panel] = field(default_factory=list)
    doors: list[Door] = field(default_factory=list)
    all_columns: list[Column] = field(default_factory=list)
    filters: list[type] = field(default_factory=list)
    joins: dict[str, str] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    def panel(
        self,
        place: str,
        *,
        order: int,
        title: Any,
        template: str,
        permission: str,
        later: bool = False,
    ) -> Callable[[Facts], Facts]:
        def register(facts: Facts) -> Facts:
            self.all_panels.append(
                Panel(
                    place=place,
                    order=order,
                    title=title,
                    template=template,
                    permission=permission,
                    facts=facts,
                    later=later,
                )
            )
            return facts

        return register

    def column(
        self,
        *,
        order: int,
        title: Any,
        template: str,
        permission: str,
        for_visitor: bool = False,
    ) -> Callable[[Cells], Cells]:
        def register(cells: Cells) -> Cells:
            self.all_columns.append(
                Column(
                    order=order,
                    title=title,
                    template=template,
                    permission=permission,
                    cells=cells,
                    for_visitor=for_visitor,
                )
            )
            return cells

        return register

    def door(
        self, route: str, *, name: str, permission: str
    ) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
        def register(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
            self.doors.append(
                Door(route=route, name=name, permission=permission, view=view)
            )
            return view

        return register

    def filter(self, kind: type) -> type:
        self.filters.append(kind)
        return kind

    def join(self, relation: str, *, permission: str, but: Sequence[str] = ()) -> None:
        """Rows of a list bring along what several columns read, in its one query; `but`
        are fields of it that none reads."""
        self.joins[relation] = permission
        self.unread += [f"{relation}__{name}" for name in but]

    def joined(self, user: AbstractUser) -> list[str]:
        return [name for name, right in self.joins.items() if user.has_perm(right)]

    def panels(
        self, row: Model, request: HttpRequest, *, later: str = ""
    ) -> dict[str, list[Shown]]:
        """By place, in order, what this visitor may see of this row at once; or what is
        fetched later for one place."""
        shown: dict[str, list[Shown]] = {}
        for panel in sorted(self.all_panels, key=lambda panel: panel.order):
            if panel.later != bool(later) or later not in ("", panel.place):
                continue
            if not request.user.has_perm(panel.permission):
                continue
            facts = panel.facts(row, request)
            if facts is not None:
                shown.setdefault(panel.place, []).append(
                    Shown(
                        title=panel.title,
                        template=panel.template,
                        facts=facts,
                        is_last=panel.order >= LAST,
                    )
                )
        return shown

    def columns(self, user: AbstractUser) -> list[Column]:
        ordered = sorted(self.all_columns, key=lambda column: column.order)
        return [
            replace(column, cells=partial(column.cells, user=user))
            if column.for_visitor
            else column
            for column in ordered
            if user.has_perm(column.permission)
        ]
