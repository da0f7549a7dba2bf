"""Labels of our own, which WeCom does not know: put on contacts, and taken off again.

They stand in groups of our own. A label that WeCom keeps is put on in WeCom alone.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.common.turns import take_turns
from apps.events.bus import record_all
from apps.events.models import EventRecord
from apps.staff.models import User
from apps.tags.catalogue import TURN
from apps.tags.events import Tagged, Untagged
from apps.tags.models import Tag, TagGroup
from apps.tags.tag import standing_tags

Pair = tuple[int, int]  # a contact and a tag

PUT_ON = """
INSERT INTO tags_tagging (contact_id, tag_id, source, at, by_id)
SELECT contact_id, tag_id, %(source)s, %(at)s, %(by)s
FROM unnest(%(contacts)s::bigint[], %(tags)s::bigint[]) AS new (contact_id, tag_id)
ORDER BY contact_id, tag_id
ON CONFLICT DO NOTHING
RETURNING contact_id, tag_id
"""
TAKE_OFF = """
DELETE FROM tags_tagging AS tagging
USING unnest(%(contacts)s::bigint[], %(tags)s::bigint[]) AS old (contact_id, tag_id)
WHERE tagging.contact_id = old.contact_id AND tagging.tag_id = old.tag_id
    AND tagging.follow_id IS NULL
RETURNING tagging.contact_id, tagging.tag_id
"""


def own_tags(names: Iterable[str]) -> dict[str, int]:
    """Those of our own that exist, by name."""
    rows = Tag.objects.filter(
        group__kind=TagGroup.Kind.OWN, name__in=set(names), deleted_at__isnull=True
    )
    return dict(rows.order_by("-pk").values_list("name", "pk"))


def names_in_wecom(names: Iterable[str]) -> set[str]:
    rows = Tag.objects.filter(name__in=set(names), deleted_at__isnull=True)
    return set(
        rows.exclude(group__kind=TagGroup.Kind.OWN).values_list("name", flat=True)
    )


@transaction.atomic
def tags_called(names: Iterable[str], *, group: str) -> Mapping[str, int]:
    """The same; those that do not exist yet are made, in a group of this name."""
    names = set(names)
    take_turns(TURN)
    found = own_tags(names)
    if missing := sorted(names - found.keys()):
        holder, _made = TagGroup.objects.get_or_create(
            name=group, kind=TagGroup.Kind.OWN, deleted_at=None
        )
        made = Tag.objects.bulk_create(
            Tag(name=name[:255], group=holder) for name in missing
        )
        found |= {tag.name: tag.pk for tag in made}
    return found


@transaction.atomic
def put_on(
    pairs: Iterable[Pair],
    *,
    source: EventRecord.Source,
    at: datetime,
    by: User | None = None,
) -> list[Pair]:
    """Answer who did not carry which label before. A deleted one is put on nobody."""
    pairs = set(pairs)
    standing = standing_tags({tag_id for _contact_id, tag_id in pairs})
    pairs = {pair for pair in pairs if pair[1] in standing}
    changed = run(PUT_ON, pairs, source=source, at=at, by=by.pk if by else None)
    tell(Tagged, changed, source=source, at=at, by=by)
    return changed


@transaction.atomic
def take_off(
    pairs: Iterable[Pair],
    *,
    source: EventRecord.Source,
    at: datetime,
    by: User | None = None,
) -> list[Pair]:
    changed = run(TAKE_OFF, pairs)
    tell(Untagged, changed, source=source, at=at, by=by)
    return changed


def tell(
    kind: type[Tagged | Untagged],
    changed: Iterable[Pair],
    *,
    source: EventRecord.Source,
    at: datetime,
    by: User | None,
) -> None:
    record_all(
        kind(
            at=at,
            source=source,
            contact_id=contact_id,
            actor_id=by.pk if by else None,
            tag_id=tag_id,
        )
        for contact_id, tag_id in changed
    )


def run(statement: str, pairs: Iterable[Pair], **more: Any) -> list[Pair]:
    ordered = sorted(set(pairs))
    if not ordered:
        return []
    parameters: dict[str, Any] = {
        "contacts": [contact_id for contact_id, _tag_id in ordered],
        "tags": [tag_id for _contact_id, tag_id in ordered],
        **more,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return sorted(cursor.fetchall())
