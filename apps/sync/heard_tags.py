"""What we do on change_external_tag (wecom-api.md 4.6).

A deletion is written at once. What was made, changed or put in another order is read
again: the tag or the group by its id, or everything when nothing is named.
"""

from datetime import datetime
from typing import Any

from apps.events.models import EventRecord
from apps.sync.tags import CALLS, CORP, STRATEGY, group_rows
from apps.sync.words import moment
from apps.tags.ask_wecom import find_what_was_made, made, refused
from apps.tags.catalogue import delete_groups, delete_tags, keep_tags
from apps.tags.models import Tag, TagGroup
from apps.wecom.hearing import Hint
from apps.wecom.outbox import Answer, ask

Message = dict[str, Any]
CALLBACK = EventRecord.Source.CALLBACK
GROUP = "tag_group"
NO_SUCH_TAG = 40068


def tag_changed(message: Message) -> None:
    """Made or changed. Whether it is a rule group's is not told to every app."""
    if wecom_id := message.get("Id"):
        read(by="group_id" if is_group(message) else "tag_id", wecom_id=wecom_id)
    else:
        read_all()


def tag_deleted(message: Message) -> None:
    delete = delete_groups if is_group(message) else delete_tags
    delete([message["Id"]], at=moment(message["CreateTime"]), source=CALLBACK)


def tags_shuffled(message: Message) -> None:
    """The tags of a group, or all groups, stand in another order; TagType is absent."""
    if wecom_id := message.get("Id"):
        read(by="group_id", wecom_id=wecom_id)
    else:
        read_all()


HANDLERS = {
    ("change_external_tag", "create"): Hint(tag_changed),
    ("change_external_tag", "update"): Hint(tag_changed),
    ("change_external_tag", "delete"): tag_deleted,
    ("change_external_tag", "shuffle"): Hint(tags_shuffled),
}


def is_group(message: Message) -> bool:
    return message.get("TagType") == GROUP


# --- reading again -------------------------------------------------------------------


def read(*, by: str, wecom_id: str, kind: TagGroup.Kind = CORP) -> None:
    ask(
        CALLS[kind],
        arguments={by: [wecom_id]},
        answer="sync.tags_read",
        about={by: [wecom_id], "kind": kind},
        once=f"{kind} {by} {wecom_id}",
    )


def read_all() -> None:
    for kind, call in CALLS.items():
        ask(
            call,
            arguments={},
            answer="sync.tags_read",
            about={"kind": kind},
            once=f"{kind} tags",
        )


def tags_read(*, result: dict, about: dict, called_at: datetime) -> None:
    kind = TagGroup.Kind(about.get("kind", CORP))
    rows = group_rows(
        result, kind=kind, read_at=called_at, by_group="group_id" in about
    )
    keep_tags(rows, source=CALLBACK)
    if kind == CORP and not {"tag_id", "group_id"} & about.keys():
        find_what_was_made(read_at=called_at)


def tags_not_read(*, errcode: int, about: dict, called_at: datetime) -> None:
    """The company has no such tag: a rule group may have it. Or it is gone already;
    of one that we have read before, we are sure."""
    kind = about.get("kind", CORP)
    if errcode == NO_SUCH_TAG:
        rows = Tag.objects.filter(group__kind=kind, deleted_at__isnull=True)
        known = rows.filter(wecom_id__in=about.get("tag_id", ()))
        gone = list(known.values_list("wecom_id", flat=True))
        delete_tags(gone, at=called_at, source=CALLBACK)
        if gone:
            return
    if kind == STRATEGY:
        return
    for by in ("tag_id", "group_id"):
        for wecom_id in about.get(by, ()):
            read(by=by, wecom_id=wecom_id, kind=STRATEGY)


def tags_made(*, result: dict, about: dict, called_at: datetime) -> None:
    """What we have asked to be made: WeCom answers with the group and the new tags."""
    answer = {"tag_group": [result["tag_group"]]}
    [row] = group_rows(answer, kind=CORP, read_at=called_at)
    is_new = not TagGroup.objects.filter(wecom_id=row.wecom_id).exists()
    keep_tags([row], source=EventRecord.Source.PERSON)
    ids = [tag.wecom_id for tag in row.tags]
    made(
        change=about["change"],
        group=row.wecom_id,
        is_new=is_new,
        tags=ids,
        at=called_at,
    )


ANSWERS = {
    "sync.tags_read": Answer(tags_read, tags_not_read),
    "sync.tags_made": Answer(tags_made, refused),
}
