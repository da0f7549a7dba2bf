"""Who carries which label, as WeCom tells it of every follow.

In WeCom a label sits on a follow; labels of our own, on a contact, are left alone here.
What was read before the last difference we know of is stale, and changes nothing. A
deleted tag is put on nobody.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.events.bus import record_all
from apps.events.models import EventRecord
from apps.tags.events import Tagged, Untagged
from apps.tags.models import Tag, Tagging, TagGroup
from apps.wecom.outbox import ask

# Shared, so that many may put a tag on at once, but nobody while it is deleted.
STANDING = """
SELECT id FROM tags_tag WHERE id = ANY(%s) AND deleted_at IS NULL ORDER BY id FOR SHARE
"""

# Taggings by follow and tag, but for labels of our own.
CURRENT = """
SELECT tagging.follow_id, tagging.tag_id, tagging.id
FROM tags_tagging AS tagging
JOIN tags_tag AS tag ON tag.id = tagging.tag_id
LEFT JOIN tags_taggroup AS holder ON holder.id = tag.group_id
WHERE tagging.follow_id = ANY(%s) AND holder.kind IS DISTINCT FROM %s
"""

# Follows of which we know no difference that was read later, and whether this reading
# is already noted.
NEWER_THAN_OURS = """
SELECT id, read_at IS NOT DISTINCT FROM %(at)s FROM contacts_follow
WHERE id = ANY(%(follows)s) AND (read_at > %(at)s) IS NOT TRUE
"""

PUT_ON = """
INSERT INTO tags_tagging (contact_id, tag_id, follow_id, source, at)
SELECT contact_id, tag_id, follow_id, %(source)s, %(at)s
FROM unnest(%(contacts)s::bigint[], %(tags)s::bigint[], %(follows)s::bigint[])
    AS new (contact_id, tag_id, follow_id)
"""

MARK_READ = """
UPDATE contacts_follow SET read_at = %(at)s WHERE id = ANY(%(follows)s)
"""


def tags_by_wecom_id(ids: Iterable[str]) -> dict[str, int]:
    """The tag behind each id; one we do not know is kept by its id, and read."""
    wanted = set(ids)
    found = known(wanted)
    strangers = sorted(wanted - found.keys())
    if strangers:
        Tag.objects.bulk_create(
            [Tag(wecom_id=wecom_id) for wecom_id in strangers], ignore_conflicts=True
        )
        found |= known(strangers)
        for wecom_id in strangers:
            read_tag(wecom_id)
    return found


def read_tag(wecom_id: str) -> None:
    ask(
        "externalcontact.get_corp_tag_list",
        arguments={"tag_id": [wecom_id]},
        answer="sync.tags_read",
        about={"tag_id": [wecom_id]},
        once=f"tag:{wecom_id}",
    )


def known(ids: Iterable[str]) -> dict[str, int]:
    rows = Tag.objects.filter(wecom_id__in=list(ids))
    return dict(rows.values_list("wecom_id", "pk"))


@transaction.atomic(savepoint=False)
def set_taggings(
    wanted: Mapping[int, set[int]],
    *,
    contact_of: Mapping[int, int],
    source: EventRecord.Source,
    at: datetime,
) -> int:
    """Make these follows carry exactly these tags; `at` is when WeCom was asked.

    `wanted` holds tags by follow, `contact_of` the contact of each follow, whose turn
    the caller holds. Answers how many taggings were put on or taken off.
    """
    on = current(wanted)
    pairs = {(follow, tag) for follow, tags in wanted.items() for tag in tags}
    put_on, taken_off = pairs - on.keys(), on.keys() - pairs
    if not put_on and not taken_off:
        return 0
    standing = standing_tags({tag for _follow, tag in put_on})
    fresh = newer_than_ours({follow for follow, _tag in put_on | taken_off}, at=at)
    new = sorted(p for p in put_on if p[0] in fresh and p[1] in standing)
    old = sorted(p for p in taken_off if p[0] in fresh)
    first = source == EventRecord.Source.FIRST_PULL
    if old:
        Tagging.objects.filter(pk__in=[on[pair] for pair in old]).delete()
    if new or old:
        put: dict[str, Any] = {
            "source": source,
            "at": None if first else at,
            "contacts": [contact_of[follow] for follow, _tag in new],
            "tags": [tag for _follow, tag in new],
            "follows": [follow for follow, _tag in new],
        }
        unmarked = sorted(
            {follow for follow, _tag in (*new, *old) if not fresh[follow]}
        )
        with connection.cursor() as cursor:
            cursor.execute(PUT_ON, put)
            if unmarked:
                cursor.execute(MARK_READ, {"at": at, "follows": unmarked})
    if not first:
        record_all(
            kind(
                at=at,
                source=source,
                contact_id=contact_of[follow],
                tag_id=tag,
                follow_id=follow,
            )
            for kind, changes in ((Tagged, new), (Untagged, old))
            for follow, tag in changes
        )
    return len(new) + len(old)


def marked_as_read(follows: Iterable[int], *, at: datetime) -> None:
    """What was read of these follows before is stale from now on."""
    with connection.cursor() as cursor:
        cursor.execute(MARK_READ, {"at": at, "follows": list(follows)})


def current(follows: Iterable[int]) -> dict[tuple[int, int], int]:
    with connection.cursor() as cursor:
        cursor.execute(CURRENT, [list(follows), TagGroup.Kind.OWN])
        return {(follow, tag): pk for follow, tag, pk in cursor}


def standing_tags(ids: Iterable[int]) -> set[int]:
    """Those that are not deleted, nor will be before this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [list(ids)])
        return {pk for (pk,) in cursor}


def newer_than_ours(follows: Iterable[int], *, at: datetime) -> dict[int, bool]:
    """Follows about which this reading may be believed: is it marked as the last?"""
    asked: dict[str, Any] = {"follows": list(follows), "at": at}
    with connection.cursor() as cursor:
        cursor.execute(NEWER_THAN_OURS, asked)
        return dict(cursor.fetchall())
