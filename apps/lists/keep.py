"""A view is kept, renamed, shared, put elsewhere, taken over anew, or removed.

Whoever made a view changes it; an administrator any that is shared. Everybody
may share with their own department; with everybody, and for a role, only whoever looks
after a team.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from apps.audit.note import note
from apps.common.errors import MayNot, Refused
from apps.lists.models import Place, SavedView
from apps.staff.models import Posting, User

Shared = SavedView.Shared
SHARES_WITH_EVERYBODY = "lists.add_savedview"
CHANGES_ANY = "lists.change_savedview"


class NoName(Refused):
    """A view needs a name."""

    code = "view_without_a_name"


class NothingFiltered(Refused):
    """Filter first: this is the whole list."""

    code = "nothing_filtered"


class NameTaken(Refused):
    """You have a view of this name already."""

    code = "view_name_taken"


class TooManyViews(Refused):
    """You have very many views of this list; remove some first."""

    code = "too_many_views"


class NotYours(MayNot):
    """Only whoever made a view can change it."""

    code = "view_of_another"


class MayNotShare(MayNot):
    """Only managers can share a view with everybody."""

    code = "may_not_share"


class NoDepartment(Refused):
    """You belong to no department, so there is nobody to share it with."""

    code = "no_department"


@transaction.atomic
def keep(
    *,
    list: str,
    name: str,
    filters: str,
    titles: Mapping[str, str],
    shared: str,
    by: User,
    at: datetime,
) -> SavedView:
    """`filters` are known ones, as they stand in the address."""
    view = SavedView(list=list, by=by, made_at=at, query=filters, titles=dict(titles))
    if not filters:
        raise NothingFiltered
    if SavedView.objects.filter(list=list, by=by).count() >= SavedView.MOST:
        raise TooManyViews
    describe(view, name=name, shared=shared, opens_for="", by=by)
    written(view)
    note(deed="added", by=by, at=at, about=view, after=told(view))
    return view


@transaction.atomic
def change(
    *,
    view: SavedView,
    name: str,
    shared: str,
    opens_for: str,
    by: User,
    at: datetime,
) -> None:
    view = held(view, by=by)
    before = told(view)
    describe(view, name=name, shared=shared, opens_for=opens_for, by=by)
    if view.opens_for:
        others = SavedView.objects.filter(list=view.list, opens_for=view.opens_for)
        others.exclude(pk=view.pk).update(opens_for="")
    written(view)
    note_difference(view, before, by=by, at=at)


@transaction.atomic
def take_over(
    *,
    view: SavedView,
    filters: str,
    titles: Mapping[str, str],
    by: User,
    at: datetime,
) -> None:
    """The view has these filters from now on."""
    view = held(view, by=by)
    if not filters:
        raise NothingFiltered
    before = told(view)
    view.query, view.titles = filters, dict(titles)
    view.save(update_fields=["query", "titles"])
    note_difference(view, before, by=by, at=at)


@transaction.atomic
def remove(*, view: SavedView, by: User, at: datetime) -> None:
    view = held(view, by=by)
    note(deed="deleted", by=by, at=at, about=view, before=told(view))
    view.delete()


@transaction.atomic
def move(*, view: SavedView, by: User, later: bool) -> None:
    """One place on, or back, for this person alone."""
    seen = SavedView.objects.visible_to(by).filter(list=view.list)
    order = [each.pk for each in seen.arranged_by(by)]
    here = order.index(view.pk)
    there = min(max(here + (1 if later else -1), 0), len(order) - 1)
    order.insert(there, order.pop(here))
    put_in_order(order, list=view.list, by=by)


def put_in_order(order: Sequence[int], *, list: str, by: User) -> None:
    Place.objects.bulk_create(
        [
            Place(user=by, list=list, view_id=pk, position=position)
            for position, pk in enumerate(order)
        ],
        update_conflicts=True,
        unique_fields=["user", "list", "view"],
        update_fields=["position"],
    )


@transaction.atomic
def open_with(view: SavedView | None, *, list: str, by: User) -> None:
    """The list opens for this person with the view; None: with everybody in it."""
    mine = Place.objects.filter(user=by, list=list)
    mine.filter(opens_first=True).update(opens_first=False)
    Place.objects.update_or_create(
        user=by, list=list, view=view, defaults={"opens_first": True}
    )


def may_change(view: SavedView, *, by: User) -> bool:
    if view.by_id == by.pk:
        return True
    return view.shared != Shared.NOBODY and by.has_perm(CHANGES_ANY)


def held(view: SavedView, *, by: User) -> SavedView:
    view = SavedView.objects.select_for_update().get(pk=view.pk)
    if not may_change(view, by=by):
        raise NotYours
    return view


def describe(
    view: SavedView, *, name: str, shared: str, opens_for: str, by: User
) -> None:
    view.name = " ".join(name.replace("\x00", "").split())[:40]
    if not view.name:
        raise NoName
    if shared not in Shared:
        shared = Shared.NOBODY
    if shared == Shared.EVERYBODY and not by.has_perm(SHARES_WITH_EVERYBODY):
        raise MayNotShare
    if shared == Shared.DEPARTMENT and view.shared != Shared.DEPARTMENT:
        view.department_id = department_of(view.by)
    if shared != Shared.DEPARTMENT:
        view.department_id = None
    view.shared = shared
    view.opens_for = opens_for if shared == Shared.EVERYBODY else ""


def department_of(user: User) -> int:
    """Where they work; the main one of several."""
    employee = user.employee
    if employee is None:
        raise NoDepartment
    works_in = Posting.objects.filter(employee=employee).order_by("pk")
    found = [*works_in.values_list("department_id", flat=True)]
    if not found:
        raise NoDepartment
    main = employee.main_department_id
    return main if main in found else found[0]


def written(view: SavedView) -> None:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise NameTaken from error


def told(view: SavedView) -> dict[str, str]:
    return {
        "name": view.name,
        "shared": str(Shared(view.shared).label),
        "query": view.query,
        "opens_for": str(view.get_opens_for_display()),
    }


def note_difference(
    view: SavedView, before: Mapping[str, str], *, by: User, at: datetime
) -> None:
    after = told(view)
    differs = [name for name in after if before[name] != after[name]]
    if differs:
        note(
            deed="changed",
            by=by,
            at=at,
            about=view,
            before={name: before[name] for name in differs},
            after={name: after[name] for name in differs},
        )
