"""How many contacts carry each tag: exactly where that is cheap, about where it is not.

A tag may be on a third of a million contacts. An index is read up to a limit for each
tag; beyond it PostgreSQL's own statistics tell about how many there are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection

COUNTED = 1_000  # contacts; up to here a number is exact

BOUNDED = """
SELECT tag.id, (
    SELECT count(*) FROM (
        SELECT DISTINCT tagging.contact_id FROM tags_tagging AS tagging
        WHERE tagging.tag_id = tag.id ORDER BY tagging.contact_id LIMIT %(limit)s
    ) AS carried
)
FROM unnest(%(tags)s::bigint[]) AS tag (id)
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


def contacts_with(tags: Iterable[int]) -> dict[int, Many]:
    """By number of the tag; two queries, and no more than COUNTED entries for each."""
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
