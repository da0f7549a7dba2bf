"""Pull tags: the company's in one call, those of rule groups in another.

Few corps have rule groups, and few apps may ask for them: what is refused there is
left as it was.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from apps.common.clock import now
from apps.events.models import EventRecord
from apps.sync.models import Difference, Pull
from apps.sync.page import Compared, Found, Page, Tally, differences
from apps.sync.words import text, whole
from apps.tags.ask_wecom import find_what_was_made
from apps.tags.catalogue import (
    TagGroupRow,
    TagRow,
    delete_groups,
    delete_tags,
    is_stale,
    keep_tags,
)
from apps.tags.models import Tag, TagGroup
from apps.wecom.calls import call

NAME = "tags"
# Not ours to read: the app has no right to it, or the corp has no such thing.
PASSED_OVER = {48001, 48002, 60011, 60030, 60031, 40058}

CORP, STRATEGY = TagGroup.Kind.CORP, TagGroup.Kind.STRATEGY
CALLS = {
    CORP: "externalcontact.get_corp_tag_list",
    STRATEGY: "externalcontact.get_strategy_tag_list",
}


def plan(pull: Pull) -> list[list[str]]:
    return [[CORP.value], [STRATEGY.value]]


def fetch(*, keys: list[str], cursor: str) -> Page:
    read_at = now()
    kind = TagGroup.Kind(keys[0])
    return Page(rows=group_rows(call(CALLS[kind]), kind=kind, read_at=read_at))


def group_rows(
    answer: dict[str, Any],
    *,
    kind: TagGroup.Kind,
    read_at: datetime,
    by_group: bool = False,
) -> list[TagGroupRow]:
    """Tags have `id` and `name`, groups `group_id` and `group_name` (wecom-api.md 3.3).

    `deleted` is told only when asked by id, and of a group only when asked by the ids
    of tags. But a group goes with its last tag: asked by its own id, it is gone when
    none of its tags is left.
    """
    rows = []
    for told in answer.get("tag_group") or ():
        tags = tuple(map(tag_row, told.get("tag") or ()))
        emptied = by_group and all(tag.deleted for tag in tags)
        rows.append(
            TagGroupRow(
                wecom_id=text(told.get("group_id")),
                name=text(told.get("group_name")),
                order=whole(told.get("order")),
                kind=kind,
                read_at=read_at,
                strategy_id=whole(told.get("strategy_id")) or None,
                deleted=bool(told.get("deleted")) or emptied,
                tags=tags,
            )
        )
    return rows


def tag_row(told: dict[str, Any]) -> TagRow:
    return TagRow(
        wecom_id=text(told.get("id")),
        name=text(told.get("name")),
        order=whole(told.get("order")),
        deleted=bool(told.get("deleted")),
    )


def whole_of(key: str) -> str:
    return key


def merge(
    rows: list[TagGroupRow], *, source: EventRecord.Source, at: datetime
) -> Tally:
    kept = keep_tags(rows, source=source)
    if rows and rows[0].kind == CORP:
        find_what_was_made(read_at=rows[0].read_at)
    read = len(rows) + sum(len(row.tags) for row in rows)
    return Tally(read=read, new=kept.new, different=kept.different, gone=kept.gone)


def sightings(rows: Iterable[TagGroupRow]) -> list[tuple[str, str]]:
    """Groups and tags share one space of ids."""
    return [
        (row.kind.value, wecom_id)
        for row in rows
        for wecom_id in (row.wecom_id, *(tag.wecom_id for tag in row.tags))
    ]


def ours(kind: str) -> tuple[QuerySet[TagGroup], QuerySet[Tag]]:
    return (
        TagGroup.objects.filter(kind=kind, deleted_at=None),
        Tag.objects.filter(group__kind=kind, deleted_at=None),
    )


def held(kind: str) -> int:
    return sum(rows.count() for rows in ours(kind))


def missing(kind: str, seen: set[str], *, before: datetime) -> list[str]:
    """What was read only since, or never, proves nothing."""
    ids = [i for rows in ours(kind) for i in ids_in(rows.filter(read_at__lt=before))]
    return sorted(set(ids) - seen)


def gone(kind: str, items: list[str]) -> list[Found]:
    groups = set(ids_in(TagGroup.objects.filter(wecom_id__in=items)))
    return [
        Found(
            thing="taggroup" if item in groups else "tag",
            kind=Difference.Kind.MISSING_THERE,
            subject=item,
        )
        for item in items
    ]


def end(
    kind: str, items: list[str], *, source: EventRecord.Source, at: datetime
) -> None:
    groups, tags = ours(kind)
    delete_tags(ids_in(tags.filter(wecom_id__in=items)), at=at, source=source)
    delete_groups(ids_in(groups.filter(wecom_id__in=items)), at=at, source=source)


def ids_in(rows: QuerySet) -> list[str]:
    return list(rows.values_list("wecom_id", flat=True))


# --- comparing ----------------------------------------------------------------------


def compare(rows: list[TagGroupRow]) -> list[Found]:
    tags = {tag.wecom_id: (tag, row) for row in rows for tag in row.tags}
    known_groups = TagGroup.objects.filter(wecom_id__in=[row.wecom_id for row in rows])
    known_tags = Tag.objects.select_related("group").filter(wecom_id__in=tags)
    groups = {group.wecom_id: group for group in known_groups}
    labels = {tag.wecom_id: tag for tag in known_tags}
    pairs = [compared_group(row, groups.get(row.wecom_id)) for row in rows]
    pairs += [
        compared_tag(tag, row, labels.get(wecom_id))
        for wecom_id, (tag, row) in tags.items()
    ]
    return differences(pair for pair in pairs if pair)


def compared_group(row: TagGroupRow, group: TagGroup | None) -> Compared | None:
    if group and is_stale(group, read_at=row.read_at):
        return None
    ours = None
    if group and not group.deleted_at:
        ours = {
            "name": group.name,
            "order": group.order,
            "rule group": group.strategy_id,
        }
    theirs = {
        "name": row.name[:255],
        "order": row.order,
        "rule group": row.strategy_id,
    }
    return Compared(thing="taggroup", subject=row.wecom_id, ours=ours, theirs=theirs)


def compared_tag(row: TagRow, group: TagGroupRow, tag: Tag | None) -> Compared | None:
    if tag and is_stale(tag, read_at=group.read_at):
        return None
    ours = None
    if tag and not tag.deleted_at:
        ours = {
            "name": tag.name,
            "order": tag.order,
            "group": tag.group.wecom_id if tag.group else "",
        }
    theirs = {"name": row.name[:255], "order": row.order, "group": group.wecom_id}
    return Compared(thing="tag", subject=row.wecom_id, ours=ours, theirs=theirs)
