"""Which labels there are, as WeCom tells them: made, renamed, reordered, deleted.

WeCom never gives the id of a tag or a group to another one, so a deletion is final,
whenever it is heard; only what was read well after it takes it back, since then we
had wrongly concluded it. A deleted tag comes off everybody who had it. What was read
before the last difference we know of is stale, and changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from apps.common.kept import Kept
from apps.common.turns import take_turns
from apps.contacts.retell import LAG
from apps.events.bus import record_all
from apps.events.models import EventRecord
from apps.tags.events import TagDeleted
from apps.tags.give_way import GONE, give_way
from apps.tags.models import Tag, Tagging, TagGroup

TURN = "tag"


@dataclass(frozen=True, kw_only=True, slots=True)
class TagRow:
    wecom_id: str
    name: str
    order: int
    deleted: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class TagGroupRow:
    """A group as WeCom tells it, with some or all of its tags."""

    wecom_id: str
    name: str
    order: int
    kind: TagGroup.Kind
    read_at: datetime
    strategy_id: int | None = None
    deleted: bool = False
    tags: tuple[TagRow, ...] = ()


@transaction.atomic
def keep_tags(groups: Iterable[TagGroupRow], *, source: EventRecord.Source) -> Kept:
    told = {row.wecom_id: row for row in groups}
    take_turns(TURN)
    new_groups = told.keys() - known(TagGroup, told).keys()
    group_ids = kept_by_id(TagGroup, new_groups) | known(TagGroup, told)
    changed = keep_groups(told)

    rows = {tag.wecom_id: (tag, group) for group in told.values() for tag in group.tags}
    new_tags = rows.keys() - known(Tag, rows).keys()
    kept_by_id(Tag, new_tags)
    changed += keep_labels(rows, group_ids)

    kept = Kept(new=len(new_groups) + len(new_tags))
    kept.different = max(changed - kept.new, 0)
    for row in told.values():
        if row.deleted:
            kept.gone += delete_groups([row.wecom_id], at=row.read_at, source=source)
        gone = [tag.wecom_id for tag in row.tags if tag.deleted]
        kept.gone += delete_tags(gone, at=row.read_at, source=source)
    follow_their_groups(group_ids.values(), source=source)
    return kept


def keep_groups(told: Mapping[str, TagGroupRow]) -> int:
    changed: dict[TagGroup, set[str]] = {}
    for group in TagGroup.objects.filter(wecom_id__in=told):
        row = told[group.wecom_id]
        if row.deleted or is_stale(group, read_at=row.read_at):
            continue
        wanted = {
            "name": row.name[:255],
            "order": row.order,
            "kind": row.kind,
            "strategy_id": row.strategy_id,
            "deleted_at": None,
        }
        if fields := put(wanted, into=group, read_at=row.read_at):
            changed[group] = fields
    TagGroup.objects.bulk_update(
        changed, ["name", "order", "kind", "strategy_id", "deleted_at", "read_at"]
    )
    tell_who_waits(changed)
    return len(changed)


def keep_labels(
    rows: Mapping[str, tuple[TagRow, TagGroupRow]], group_ids: Mapping[str, int]
) -> int:
    changed: dict[Tag, set[str]] = {}
    for tag in Tag.objects.filter(wecom_id__in=rows):
        row, group = rows[tag.wecom_id]
        if row.deleted or is_stale(tag, read_at=group.read_at):
            continue
        wanted = {
            "name": row.name[:255],
            "order": row.order,
            "group_id": group_ids[group.wecom_id],
            "deleted_at": None,
        }
        if fields := put(wanted, into=tag, read_at=group.read_at):
            changed[tag] = fields
    Tag.objects.bulk_update(
        changed, ["name", "order", "group", "deleted_at", "read_at"]
    )
    tell_who_waits(changed)
    return len(changed)


def is_stale(row: Tag | TagGroup, *, read_at: datetime) -> bool:
    if row.deleted_at and read_at <= row.deleted_at + LAG:
        return True
    return bool(row.read_at and read_at < row.read_at)


def put(wanted: Mapping, *, into: Tag | TagGroup, read_at: datetime) -> set[str]:
    """Write what differs into the object; which fields did?"""
    fields = {name for name, new in wanted.items() if getattr(into, name) != new}
    for name in fields:
        setattr(into, name, wanted[name])
    if fields:
        into.read_at = read_at
    return fields


def tell_who_waits(changed: Mapping[Any, set[str]]) -> None:
    """WeCom has changed what somebody here may want changed, too."""
    if changed:
        give_way(changed, at=max(each.read_at for each in changed))


@transaction.atomic
def delete_groups(
    ids: Iterable[str], *, at: datetime, source: EventRecord.Source
) -> int:
    """Groups are gone, with all that is in them. Answers how many are news."""
    ids = set(ids)
    take_turns(TURN)
    kept_by_id(TagGroup, ids)
    groups = TagGroup.objects.filter(wecom_id__in=ids)
    news = list(groups.filter(deleted_at__isnull=True))
    groups.filter(Q(deleted_at__isnull=True) | Q(deleted_at__gt=at)).update(
        deleted_at=at
    )
    give_way({group: {GONE} for group in news}, at=at)
    follow_their_groups(groups.values_list("pk", flat=True), source=source)
    return len(news)


@transaction.atomic
def delete_tags(ids: Iterable[str], *, at: datetime, source: EventRecord.Source) -> int:
    """Tags are gone, and come off everybody. Answers how many are news."""
    ids = set(ids)
    take_turns(TURN)
    kept_by_id(Tag, ids)
    tags = Tag.objects.select_for_update().filter(wecom_id__in=ids).order_by("pk")
    news = [tag for tag in tags if tag.deleted_at is None]
    earlier = [tag for tag in tags if tag.deleted_at is None or at < tag.deleted_at]
    Tag.objects.filter(pk__in=[tag.pk for tag in earlier]).update(deleted_at=at)
    Tagging.objects.filter(tag__in=news).delete()
    give_way({tag: {GONE} for tag in news}, at=at)
    record_all(TagDeleted(at=at, source=source, tag_id=tag.pk) for tag in news)
    return len(news)


def follow_their_groups(
    group_ids: Iterable[int], *, source: EventRecord.Source
) -> None:
    """A tag in a deleted group is deleted too; WeCom does not say so of each."""
    left = Tag.objects.filter(
        group__in=list(group_ids), group__deleted_at__isnull=False, deleted_at=None
    )
    by_moment: dict[datetime, list[str]] = defaultdict(list)
    for wecom_id, at in left.values_list("wecom_id", F("group__deleted_at")):
        by_moment[at].append(wecom_id)
    for at, ids in by_moment.items():
        delete_tags(ids, at=at, source=source)


def known(model: type[Tag] | type[TagGroup], ids: Iterable[str]) -> dict[str, int]:
    rows = model._default_manager.filter(wecom_id__in=list(ids))
    return dict(rows.values_list("wecom_id", "pk"))


def kept_by_id(model: type[Tag] | type[TagGroup], ids: Iterable[str]) -> dict[str, int]:
    rows: list = [model(wecom_id=wecom_id) for wecom_id in sorted(ids)]
    model._default_manager.bulk_create(rows, ignore_conflicts=True)
    return known(model, ids)
