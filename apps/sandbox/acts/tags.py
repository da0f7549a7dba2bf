"""An administrator keeps the corp's tags in the console (wecom-api.md 3.3 and 4.6)."""

from typing import Any

from apps.sandbox.acts import pick
from apps.sandbox.acts.registry import act
from apps.sandbox.names import PLACES, WORDS
from apps.sandbox.records import CannotDo, Records

EVENT = "change_external_tag"
BY_THE_CONSOLE, BY_THE_APP = "console", "app"


@act
def tag_group_create(
    corp: Records,
    *,
    at: int,
    id: str | None = None,
    name: str | None = None,
    tags: list[str] | None = None,
    order: int = 0,
    made_by: str = BY_THE_CONSOLE,
) -> dict[str, Any]:
    """A group with at least one tag; WeCom tells of the group and of each tag."""
    name = name or f"{corp.random.choice(WORDS)}{corp.counter}"
    made = make_group(corp, at=at, name=name, order=order, made_by=made_by, id=id)
    corp.tell(EVENT, "create", at=at, Id=made, TagType="tag_group")
    ids = [
        tag_create(corp, at=at, group_id=made, name=tag, made_by=made_by)["id"]
        for tag in tags or [corp.random.choice(PLACES)]
    ]
    return {"id": made, "name": name, "tags": ids}


@act
def tag_create(
    corp: Records,
    *,
    at: int,
    id: str | None = None,
    group_id: str | None = None,
    name: str | None = None,
    order: int = 0,
    made_by: str = BY_THE_CONSOLE,
) -> dict[str, Any]:
    group = pick.tag_group(corp, group_id)["id"]
    name = name or f"{corp.random.choice(WORDS)}{corp.counter}"
    made = make_tag(
        corp, at=at, group_id=group, name=name, order=order, made_by=made_by, id=id
    )
    corp.tell(EVENT, "create", at=at, Id=made, TagType="tag")
    return {"id": made, "group_id": group, "name": name}


@act
def tag_rename(
    corp: Records,
    *,
    at: int,
    id: str | None = None,
    name: str | None = None,
) -> dict[str, Any]:
    """A tag, or a tag group, gets another name."""
    name = name or f"{corp.random.choice(WORDS)}{corp.counter}"
    group = id and corp.value("SELECT 1 FROM tag_group WHERE id = ?", id)
    table, row = (
        ("tag_group", pick.tag_group(corp, id))
        if group
        else ("tag", pick.tag(corp, id))
    )
    corp.counter += 1
    corp.run(f"UPDATE {table} SET name = ? WHERE id = ?", name, row["id"])
    corp.tell(EVENT, "update", at=at, Id=row["id"], TagType=table)
    return {"id": row["id"], "name": name}


@act
def tag_delete(corp: Records, *, at: int, id: str | None = None) -> dict[str, Any]:
    """A tag goes, and its group when it was the last one in it."""
    tag = pick.tag(corp, id)
    remove_tag(corp, tag["id"])
    corp.tell(EVENT, "delete", at=at, Id=tag["id"], TagType="tag")
    if remove_group_if_empty(corp, tag["group_id"]):
        corp.tell(EVENT, "delete", at=at, Id=tag["group_id"], TagType="tag_group")
    return {"id": tag["id"]}


@act
def tag_group_delete(
    corp: Records, *, at: int, id: str | None = None
) -> dict[str, Any]:
    """A group goes with its tags; WeCom tells only of the group."""
    group = pick.tag_group(corp, id)
    tags = remove_group(corp, group["id"])
    corp.tell(EVENT, "delete", at=at, Id=group["id"], TagType="tag_group")
    return {"id": group["id"], "tags": tags}


@act
def tag_shuffle(corp: Records, *, at: int, id: str | None = None) -> dict[str, Any]:
    """The tags of a group change places, or all groups do when `id` is ""."""
    if id is None:
        id = "" if corp.random.random() < 0.3 else pick.tag_group(corp)["id"]
    if id:
        found = corp.rows(
            "SELECT id FROM tag WHERE NOT deleted AND group_id = ?",
            pick.tag_group(corp, id)["id"],
        )
    else:
        found = corp.rows("SELECT id FROM tag_group WHERE NOT deleted")
    ids = [row["id"] for row in found]
    corp.random.shuffle(ids)
    table = "tag" if id else "tag_group"
    corp.run_many(
        f'UPDATE {table} SET "order" = ? WHERE id = ?',
        [(place * 10, tag) for place, tag in enumerate(ids, start=1)],
    )
    corp.tell(EVENT, "shuffle", at=at, Id=id)
    return {"id": id, "ids": ids}


def make_group(
    corp: Records,
    *,
    at: int,
    name: str,
    order: int,
    made_by: str,
    id: str | None = None,
    strategy_id: int | None = None,
) -> str:
    id = id or corp.identifier("st" if strategy_id else "et")
    if taken(corp, id):
        raise CannotDo(f"There is a tag or group {id} already.")
    corp.run(
        'INSERT INTO tag_group (id, name, create_time, "order", made_by, strategy_id)'
        " VALUES (?, ?, ?, ?, ?, ?)",
        id,
        name,
        at,
        order,
        made_by,
        strategy_id,
    )
    return id


def make_tag(
    corp: Records,
    *,
    at: int,
    group_id: str,
    name: str,
    order: int,
    made_by: str,
    id: str | None = None,
) -> str:
    id = id or corp.identifier(group_id[:2])
    if taken(corp, id):
        raise CannotDo(f"There is a tag or group {id} already.")
    corp.run(
        'INSERT INTO tag (id, group_id, name, create_time, "order", made_by)'
        " VALUES (?, ?, ?, ?, ?, ?)",
        id,
        group_id,
        name,
        at,
        order,
        made_by,
    )
    return id


def taken(corp: Records, id: str) -> bool:
    """Tags and groups share one space of ids."""
    return bool(
        corp.value("SELECT 1 FROM tag WHERE id = ?", id)
        or corp.value("SELECT 1 FROM tag_group WHERE id = ?", id)
    )


def remove_tag(corp: Records, id: str) -> None:
    corp.run("DELETE FROM tagging WHERE tag = ?", id)
    corp.run("UPDATE tag SET deleted = 1 WHERE id = ?", id)


def remove_group(corp: Records, id: str) -> list[str]:
    tags = corp.rows("SELECT id FROM tag WHERE group_id = ? AND NOT deleted", id)
    for tag in tags:
        remove_tag(corp, tag["id"])
    corp.run("UPDATE tag_group SET deleted = 1 WHERE id = ?", id)
    return [tag["id"] for tag in tags]


def remove_group_if_empty(corp: Records, id: str) -> bool:
    left = corp.value("SELECT count(*) FROM tag WHERE group_id = ? AND NOT deleted", id)
    if left == 0:
        corp.run("UPDATE tag_group SET deleted = 1 WHERE id = ?", id)
    return left == 0
