"""The fold: which lines of the ledger count, and what they come to.

A line is weighed as seen from its version's landmark: points × 2^((when − landmark) ÷
half-life). What the sum of them is worth at any moment is then one multiplication, and
a sum takes its lines in any order. Of lines that are too many for a day, or for "once",
the earliest count, whichever was heard first; of conditions the last line does.
"""

from collections.abc import Iterable, Sequence
from math import log
from typing import Any

from django.conf import settings

from apps.scoring.models import ScoreVersion

DAY = 86_400
FURTHEST = 690.0  # exp() of more is no number any more
EACH = """
SELECT row.id, row.contact_id, told.version_id, row.points, row.at, row.cause
FROM scoring_earning AS row
JOIN unnest(%(each)s::bigint[], %(each_as)s::bigint[]) AS told (version_id, ledger)
    ON told.ledger = row.version_id
WHERE row.version_id = ANY(%(each_as)s) {who}
"""
LIMITED = """
SELECT id, contact_id, version_id, points, at, cause FROM (
    SELECT row.id, row.contact_id, told.version_id, row.points, row.at, row.cause,
        told.most, row_number() OVER (
            PARTITION BY row.contact_id, told.version_id,
                CASE WHEN told.daily THEN (row.at AT TIME ZONE %(zone)s)::date END
            ORDER BY row.at, row.cause
        ) AS place
    FROM scoring_earning AS row
    JOIN unnest(%(limited)s::bigint[], %(limited_as)s::bigint[], %(most)s::int[],
        %(daily)s::bool[]) AS told (version_id, ledger, most, daily)
        ON told.ledger = row.version_id
    WHERE row.version_id = ANY(%(limited_as)s) {who}
) AS placed WHERE place <= most
"""
LATEST = """
SELECT * FROM (
    SELECT DISTINCT ON (row.contact_id, told.version_id)
        row.id, row.contact_id, told.version_id, row.points, row.at, row.cause
    FROM scoring_earning AS row
    JOIN unnest(%(latest)s::bigint[], %(latest_as)s::bigint[])
        AS told (version_id, ledger) ON told.ledger = row.version_id
    WHERE row.version_id = ANY(%(latest_as)s) {who}
    ORDER BY row.contact_id, told.version_id, row.at DESC, row.id DESC
) AS last
"""


def lines(
    versions: Iterable[ScoreVersion], *, who: str = ""
) -> tuple[str, dict[str, Any]]:
    """A statement of the lines that count under these; `who` is a condition on the
    contact such as "= ANY(%(who)s)"."""
    versions = list(versions)
    each = [v for v in versions if v.is_event and v.counts == v.Counts.EACH]
    limited = [v for v in versions if v.is_event and v.counts != v.Counts.EACH]
    latest = [v for v in versions if not v.is_event]
    parts = [
        part
        for part, of in ((EACH, each), (LIMITED, limited), (LATEST, latest))
        if of or (part is EACH and not versions)
    ]
    where = f"AND row.contact_id {who}" if who else ""
    told = {
        "each": [v.pk for v in each],
        "each_as": [v.ledger for v in each],
        "limited": [v.pk for v in limited],
        "limited_as": [v.ledger for v in limited],
        "most": [v.a_day if v.counts == v.Counts.DAILY else 1 for v in limited],
        "daily": [v.counts == v.Counts.DAILY for v in limited],
        "latest": [v.pk for v in latest],
        "latest_as": [v.ledger for v in latest],
        "zone": settings.TIME_ZONE,
    }
    return " UNION ALL ".join(part.format(who=where) for part in parts), told


def weighed(version: ScoreVersion, *, points: str, at: str) -> str:
    """SQL for points as seen from the landmark."""
    if not version.half_life:
        return f"({points})::float8"
    rate = log(2) / (version.half_life * DAY)
    since = f"(date_part('epoch', {at}) - {version.landmark.timestamp()!r})"
    power = f"least({FURTHEST}, greatest(-{FURTHEST}, {rate!r} * {since}))"
    return f"({points}) * exp({power})"


def sums(
    versions: Sequence[ScoreVersion], *, who: str = ""
) -> tuple[str, dict[str, Any]]:
    """A statement of contacts, each with a column s<slot> for each of these."""
    told, held = lines(versions, who=who)
    columns = ", ".join(
        f"coalesce(sum({weighed(v, points='line.points', at='line.at')}) "
        f"FILTER (WHERE line.version_id = {v.pk}), 0) AS s{v.slot}"
        for v in versions
    )
    return (
        f"SELECT line.contact_id, {columns} FROM ({told}) AS line GROUP BY 1",
        held,
    )
