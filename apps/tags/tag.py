"""Who carries which label, as WeCom tells it of every follow.

In WeCom a label sits on a follow; labels of our own, on a contact, are left alone here.
What was read before the last difference we know of is stale, and changes nothing. A
deleted tag is put on nobody.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import connection, transaction

from apps.contacts.models import Follow
from apps.events.bus import record_all
from apps.events.models import EventRecord
from apps.tags.events import Tagged, Untagged
from apps.tags.models import Tag, Tagging, TagGroup
from apps.wecom.outbox import ask

# Shared, so that many may put a tag on at once, but nobody while it is deleted.
STANDING = """
SELECT id FROM tags_tag WHERE id = ANY(%s) AND deleted_at IS NULL ORDER BY id FOR SHARE
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


@transaction.atomic
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
    standing = standing_tags({tag for _follow, tag in put_on})
    fresh = newer_than_ours({follow for follow, _tag in put_on | taken_off}, at=at)
    new = sorted(p for p in put_on if p[0] in fresh and p[1] in standing)
    old = sorted(p for p in taken_off if p[0] in fresh)
    first = source == EventRecord.Source.FIRST_PULL
    Tagging.objects.filter(pk__in=[on[pair] for pair in old]).delete()
    Tagging.objects.bulk_create(
        [
            Tagging(
                contact_id=contact_of[follow],
                tag_id=tag,
                follow_id=follow,
                source=source,
                at=None if first else at,
            )
            for follow, tag in new
        ]
    )
    changed = {follow for follow, _tag in (*new, *old)}
    Follow.objects.filter(pk__in=changed).exclude(read_at=at).update(read_at=at)
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


def current(follows: Iterable[int]) -> dict[tuple[int, int], int]:
    """Taggings by follow and tag, but for labels of our own."""
    rows = Tagging.objects.filter(follow__in=list(follows)).exclude(
        tag__group__kind=TagGroup.Kind.OWN
    )
    found = rows.values_list("follow", "tag", "pk")
    return {(follow, tag): pk for follow, tag, pk in found if follow}


def standing_tags(ids: Iterable[int]) -> set[int]:
    """Those that are not deleted, nor will be before this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [list(ids)])
        return {pk for (pk,) in cursor}


def newer_than_ours(follows: Iterable[int], *, at: datetime) -> set[int]:
    """Follows of which we know no difference that was read later."""
    rows = Follow.objects.filter(pk__in=list(follows)).exclude(read_at__gt=at)
    return set(rows.values_list("pk", flat=True))
