"""What we do on change_external_tag (wecom-api.md 4.6).

A deletion is written at once. What was made, changed or put in another order is read
again: the tag or the group by its id, or everything when nothing is named.
"""

from datetime import datetime
from typing import Any

from apps.events.models import EventRecord
from apps.sync.tags import CALLS, CORP, STRATEGY, group_rows
from apps.sync.words import moment
from apps.tags.catalogue import delete_groups, delete_tags, keep_tags
from apps.tags.models import TagGroup
from apps.wecom.outbox import Answer, ask

Message = dict[str, Any]
CALLBACK = EventRecord.Source.CALLBACK
GROUP = "tag_group"


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
    ("change_external_tag", "create"): tag_changed,
    ("change_external_tag", "update"): tag_changed,
    ("change_external_tag", "delete"): tag_deleted,
    ("change_external_tag", "shuffle"): tags_shuffled,
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


def tags_not_read(*, errcode: int, about: dict, called_at: datetime) -> None:
    """The company has no such tag: a rule group may have it. Or it is gone already."""
    if about.get("kind", CORP) == STRATEGY:
        return
    for by in ("tag_id", "group_id"):
        for wecom_id in about.get(by, ()):
            read(by=by, wecom_id=wecom_id, kind=STRATEGY)


ANSWERS = {"sync.tags_read": Answer(tags_read, tags_not_read)}
