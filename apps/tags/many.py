"""How many contacts carry each tag: exactly where that is cheap, about where it is not.

A tag may be on a third of a million contacts. An index is read up to a limit for each
tag; beyond it PostgreSQL's own statistics tell about how many there are. Who sees only
some contacts is told of those: their taggings are counted, of so many contacts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection

from apps.contacts.models import Contact
from apps.staff.models import User

COUNTED = 1_000  # contacts; up to here a number is exact
LOOKED_THROUGH = 10_000  # contacts of whoever does not see all; beyond, "more than"

BOUNDED = """
SELECT tag.id, (
    SELECT count(*) FROM (
        SELECT DISTINCT tagging.contact_id FROM tags_tagging AS tagging
        WHERE tagging.tag_id = tag.id ORDER BY tagging.contact_id LIMIT %(limit)s
    ) AS carried
)
FROM unnest(%(tags)s::bigint[]) AS tag (id)
"""

# Contact by contact: by tag, the index would be read from end to end.
AMONG = """
SELECT carried.tag_id, count(*) FROM unnest(%(contacts)s::bigint[]) AS seen (id)
CROSS JOIN LATERAL (
    SELECT DISTINCT tagging.tag_id FROM tags_tagging AS tagging
    WHERE tagging.contact_id = seen.id
) AS carried
GROUP BY carried.tag_id
"""

# How often the commonest values of tag_id occur, as the last ANALYZE saw it.
ESTIMATED = """
SELECT common.tag_id, (common.share * class.reltuples)::bigint
FROM pg_stats AS stats
JOIN pg_class AS class ON class.oid = 'tags_tagging'::regclass
CROSS JOIN unnest(
    stats.most_common_vals::text::bigint[], stats.most_common_freqs
) AS common (tag_id, share)
WHERE stats.schemaname = current_schema() AND stats.tablename = 'tags_tagging'
    AND stats.attname = 'tag_id' AND class.reltuples > 0
"""


class Sureness(StrEnum):
    EXACT = "exact"
    ABOUT = "about"
    MORE = "more"  # at least so many


@dataclass(frozen=True)
class Many:
    number: int
    sureness: Sureness = Sureness.EXACT


def contacts_with(tags: Iterable[int], *, user: User) -> dict[int, Many]:
    """How many that the user may see carry each tag, by its number."""
    tags = list(tags)
    if user.has_perm("contacts.view_contact") and user.sees_everybody:
        return all_with(tags)
    return among_theirs(tags, user=user)


def among_theirs(tags: list[int], *, user: User) -> dict[int, Many]:
    """One query for whom they see, one for the tags of those."""
    seen = Contact.objects.visible_to(user).order_by().values_list("pk", flat=True)
    theirs = list(seen[: LOOKED_THROUGH + 1])
    with connection.cursor() as cursor:
        cursor.execute(AMONG, {"contacts": theirs})
        many = dict(cursor.fetchall())
    sureness = Sureness.MORE if len(theirs) > LOOKED_THROUGH else Sureness.EXACT
    return {tag: Many(many.get(tag, 0), sureness) for tag in tags}


def all_with(tags: Iterable[int]) -> dict[int, Many]:
    """Two queries, and no more than COUNTED entries for each."""
    with connection.cursor() as cursor:
        cursor.execute(BOUNDED, {"tags": list(tags), "limit": COUNTED + 1})
        counted = dict(cursor.fetchall())
        beyond = {tag for tag, number in counted.items() if number > COUNTED}
        estimated = {}
        if beyond:
            cursor.execute(ESTIMATED)
            estimated = dict(cursor.fetchall())
    return {
        tag: beyond_counting(estimated.get(tag, 0)) if tag in beyond else Many(number)
        for tag, number in counted.items()
    }


def beyond_counting(estimate: int) -> Many:
    if estimate > COUNTED:
        return Many(estimate, Sureness.ABOUT)
    return Many(COUNTED, Sureness.MORE)
