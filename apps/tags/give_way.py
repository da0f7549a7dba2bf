"""WeCom wins for what it knows: what was changed there goes before what waits here.

Somebody wants a tag renamed, and before WeCom was told, it is renamed or deleted there:
WeCom's name holds, our question is not sent, and whoever asked is told.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from apps.tags.models import Tag, TagChange, TagGroup
from apps.wecom.outbox import withdraw

Thing = Tag | TagGroup
Deed, State = TagChange.Deed, TagChange.State
GONE = "deleted_at"


def give_way(changed: Mapping[Any, Collection[str]], *, at: datetime) -> None:
    """These were changed in WeCom, each in these fields."""
    if not changed:
        return
    of_theirs = waiting().filter(changes_of(changed), deed__in=[Deed.EDIT, Deed.DELETE])
    changes = {
        change.command: change
        for change in of_theirs
        if change.command and meets(change, changed[change.about])
    }
    for command in sorted(withdraw(changes, at=at)):
        change = changes[command]
        state = State.DONE if has_come_true(change) else State.OVERTAKEN
        settle(change, state, at=at)


def meets(change: TagChange, fields: Collection[str]) -> bool:
    """Is it about the same? Where it stands in a row is no matter for a new name."""
    wanted = change.wanted if change.deed == Deed.EDIT else ("name",)
    return GONE in fields or any(name in fields for name in wanted)


def has_come_true(change: TagChange) -> bool:
    is_gone = change.about.deleted_at is not None
    if change.deed == Deed.DELETE or is_gone:
        return change.deed == Deed.DELETE and is_gone
    wanted = change.wanted.items()
    return all(getattr(change.about, name) == value for name, value in wanted)


def waiting() -> Any:
    rows = TagChange.objects.filter(state=State.WAITING, seen_at__isnull=True)
    return rows.select_related("tag", "group", "by")


def changes_of(things: Iterable[Thing]) -> Q:
    """The changes of these themselves, not of the tags in a group."""
    things = list(things)
    groups = [thing.pk for thing in things if isinstance(thing, TagGroup)]
    tags = [thing.pk for thing in things if isinstance(thing, Tag)]
    return Q(tag__in=tags) | Q(group__in=groups, tag__isnull=True)


def wanted_of(things: Sequence[Thing]) -> dict[int, dict[str, Any]]:
    """What WeCom is being asked to change of these, all of one kind, by number."""
    found: dict[int, dict[str, Any]] = {thing.pk: {} for thing in things}
    for change in waiting().filter(changes_of(things), deed=Deed.EDIT):
        found[change.about.pk] |= change.wanted
    return found


def going(things: Iterable[Thing]) -> set[int]:
    """Those of these, all of one kind, that WeCom is being asked to delete."""
    asked = waiting().filter(changes_of(things), deed=Deed.DELETE)
    return {change.about.pk for change in asked}


def settle(
    change: TagChange,
    state: TagChange.State,
    *,
    at: datetime,
    errcode: int | None = None,
) -> None:
    change.state, change.settled_at, change.errcode = state, at, errcode
    change.save(update_fields=["state", "settled_at", "errcode"])
