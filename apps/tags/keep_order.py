"""Groups and tags are made, renamed, moved and deleted here.

Our own at once. WeCom's when WeCom has agreed (ask_wecom.py). WeCom lets an app change
only what the app itself has made: a tag of the admin console or of another app is only
put on and taken off here, and the tags of rule groups are shown as they are. Whoever
may not change something is told so before they try (`why_not`).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.audit.note import note
from apps.common.errors import Refused
from apps.common.turns import take_turns
from apps.events.bus import record_all
from apps.events.models import EventRecord
from apps.staff.models import User
from apps.tags.ask_wecom import ask_to_delete, ask_to_edit, ask_to_make
from apps.tags.catalogue import TURN
from apps.tags.come_off import AT_ONCE, carriers, come_off
from apps.tags.events import TagDeleted
from apps.tags.give_way import Thing, going, wanted_of
from apps.tags.models import Tag, TagGroup
from apps.tags.places import Place, moved, new_orders, standing_in_row

Kind = TagGroup.Kind
LONGEST = 30  # letters, as WeCom has it
MADE_AT_ONCE = 50  # tags
PERSON = EventRecord.Source.PERSON


class BadName(Refused):
    """A name has 1 to 30 letters."""

    code = "bad_tag_name"


class TooMany(Refused):
    """No more than 50 tags at once."""

    code = "too_many_tags_at_once"


class NoTags(Refused):
    """A group in WeCom needs at least one tag: say what it is called."""

    code = "group_without_tags"


class GroupTaken(Refused):
    """There is a group of this name already. Add the tags there."""

    code = "tag_group_taken"


class TagTaken(Refused):
    """There is a tag of this name in this group already."""

    code = "tag_taken"


class IsGone(Refused):
    """It was deleted meanwhile."""

    code = "tag_is_gone"


class IsGoing(Refused):
    """WeCom is being asked to delete it."""

    code = "tag_is_going"


class MadeElsewhere(Refused):
    """It was made in WeCom or by another app, and can be changed only there."""

    code = "tag_made_elsewhere"


class OfARuleGroup(Refused):
    """It belongs to a rule group of WeCom, and can be changed only there."""

    code = "tag_of_a_rule_group"


def why_not(thing: Thing) -> type[Refused] | None:
    """Why it cannot be changed here, if so. A tag comes with its group."""
    group = thing.group if isinstance(thing, Tag) else thing
    if thing.deleted_at or group is None or group.deleted_at:
        return IsGone
    if group.is_own:
        return None
    if group.is_of_a_rule_group:
        return OfARuleGroup
    return None if thing.made_here else MadeElsewhere


def takes_tags(group: TagGroup) -> bool:
    """May tags be added? To a company group by every app."""
    return not group.deleted_at and not group.is_of_a_rule_group


# --- making -------------------------------------------------------------------------


@transaction.atomic
def make_group(
    *, name: str, tags: Iterable[str], own: bool, by: User, at: datetime
) -> TagGroup | None:
    """One of our own with its tags; of WeCom's nothing yet, since WeCom is asked."""
    take_turns(TURN)
    name, names = good_name(name), good_names(tags)
    same = TagGroup.objects.filter(name=name, deleted_at__isnull=True)
    if same.filter(kind=Kind.OWN if own else Kind.CORP).exists():
        raise GroupTaken(detail=name)
    if not own:
        if not names:
            raise NoTags
        ask_to_make(group=None, name=name, tags=names, by=by, at=at)
        return None
    last = TagGroup.objects.filter(kind=Kind.OWN).order_by("order").first()
    order = last.order if last else 0
    group = TagGroup.objects.create(name=name, kind=Kind.OWN, order=order)
    note(deed="added", by=by, at=at, about=group, after={"name": name})
    make_own_tags(group, names, by=by, at=at)
    return group


@transaction.atomic
def add_tags(
    *, group: TagGroup, names: Iterable[str], by: User, at: datetime
) -> list[Tag]:
    """Those of our own at once; for the others WeCom is asked."""
    take_turns(TURN)
    group.refresh_from_db()
    wanted = good_names(names)
    if not takes_tags(group):
        raise IsGone if group.deleted_at else OfARuleGroup
    if not wanted:
        raise BadName
    standing = group.tags.filter(deleted_at__isnull=True, name__in=wanted)
    if taken := list(standing.values_list("name", flat=True)):
        raise TagTaken(detail="、".join(taken))
    if group.is_own:
        return make_own_tags(group, wanted, by=by, at=at)
    ask_to_make(group=group, name="", tags=wanted, by=by, at=at)
    return []


def make_own_tags(
    group: TagGroup, names: Sequence[str], *, by: User, at: datetime
) -> list[Tag]:
    last = group.tags.order_by("order").first()
    order = last.order if last else 0
    made = [Tag(group=group, name=name, order=order) for name in names]
    Tag.objects.bulk_create(made)
    for tag in made:
        after = {"name": tag.name, "tag group": group.name}
        note(deed="added", by=by, at=at, about=tag, after=after)
    return made


def good_name(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not 1 <= len(name) <= LONGEST:
        raise BadName(detail=name[: LONGEST + 10])
    return name


def good_names(names: Iterable[str]) -> list[str]:
    """Each once, in the order they are told; empty ones are passed over."""
    found = list(dict.fromkeys(good_name(name) for name in names if name.strip()))
    if len(found) > MADE_AT_ONCE:
        raise TooMany
    return found


# --- changing -----------------------------------------------------------------------


@transaction.atomic
def rename(*, thing: Thing, name: str, by: User, at: datetime) -> None:
    thing = held(thing)
    name = good_name(name)
    if going([thing]):
        raise IsGoing
    if name == wanted_of([thing])[thing.pk].get("name", thing.name):
        return
    others = siblings(thing).filter(name=name).exclude(pk=thing.pk)
    if others.exists():
        raise TagTaken if isinstance(thing, Tag) else GroupTaken
    if not is_own(thing):
        ask_to_edit({thing: {"name": name}}, by=by, at=at)
        return
    was, thing.name = thing.name, name
    thing.save(update_fields=["name"])
    changes = {"before": {"name": was}, "after": {"name": name}}
    note(deed="changed", by=by, at=at, about=thing, **changes)


@transaction.atomic
def move(
    *,
    thing: Thing,
    before: int | None,
    by: User,
    at: datetime,
    after: int | None = None,
) -> None:
    """Before another of the same group, or of the same kind; or behind one; or to the
    end."""
    thing = held(thing)
    there = list(siblings(thing))
    asked = wanted_of(there)
    leaves = going(there)
    if thing.pk in leaves:
        raise IsGoing
    row = standing_in_row(
        Place(
            each.pk,
            asked[each.pk].get("order", each.order),
            held=bool(why_not(each)) or each.pk in leaves,
        )
        for each in there
    )
    wanted = moved(row, thing.pk, before=before, after=after)
    if [place.number for place in wanted] == [place.number for place in row]:
        return
    orders = new_orders(wanted, thing.pk)
    by_number = {each.pk: each for each in there}
    if not is_own(thing):
        edits = {by_number[pk]: {"order": order} for pk, order in orders.items()}
        ask_to_edit(edits, by=by, at=at)
        return
    for pk, order in orders.items():
        by_number[pk].order = order
    type(thing)._default_manager.bulk_update(
        [by_number[pk] for pk in orders], ["order"]
    )
    place = [place.number for place in wanted].index(thing.pk) + 1
    note(deed="changed", by=by, at=at, about=thing, after={"place": place})


@transaction.atomic
def delete(*, thing: Thing, by: User, at: datetime) -> None:
    """It comes off everybody (see come_off.py). With a group go its tags; in WeCom,
    with its last tag the group."""
    thing = held(thing)
    if not is_own(thing):
        ask_to_delete(thing, by=by, at=at)
        return
    tags = [thing] if isinstance(thing, Tag) else list(standing_tags(thing))
    numbers = [tag.pk for tag in tags]
    Tag.objects.filter(pk__in=numbers).update(deleted_at=at)
    lost = {"tags": "、".join(tag.name for tag in tags), "carriers": carriers(numbers)}
    come_off(numbers, most=AT_ONCE)
    told: dict[str, Any] = {"at": at, "source": PERSON, "actor_id": by.pk}
    record_all(TagDeleted(tag_id=tag.pk, **told) for tag in tags)
    if isinstance(thing, TagGroup):
        TagGroup.objects.filter(pk=thing.pk).update(deleted_at=at)
    note(deed="deleted", by=by, at=at, about=thing, before={"name": thing.name, **lost})


def held(thing: Thing) -> Any:
    """As it stands now, and nobody else changes it until the end."""
    take_turns(TURN)
    rows: Any = type(thing)._default_manager.all()
    thing = rows.get(pk=thing.pk)
    if refusal := why_not(thing):
        raise refusal
    return thing


def is_own(thing: Thing) -> bool:
    group = thing.group if isinstance(thing, Tag) else thing
    return group is not None and group.is_own


def siblings(thing: Thing) -> Any:
    """Those that stand in one row with it, itself among them."""
    if isinstance(thing, Tag):
        return standing_tags(thing.group).select_related("group")
    same = TagGroup.objects.filter(kind=thing.kind, deleted_at__isnull=True)
    return same.order_by("-order", "pk")


def standing_tags(group: TagGroup | None) -> Any:
    rows = Tag.objects.filter(group=group, deleted_at__isnull=True)
    return rows.order_by("-order", "pk")


def names_in(told: str) -> list[str]:
    """Names that somebody wrote into one field: a line each, or between commas."""
    for mark in "\r\n、，;；":
        told = told.replace(mark, ",")
    return [name.strip() for name in told.split(",") if name.strip()]
