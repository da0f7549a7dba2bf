"""Whom would a rule have hit in the last thirty days? Nothing is written.

What happened is read from the event log; conditions and tags are read as they stand
now, since nobody knows any more what was known of somebody then.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pyroaring import BitMap

from apps.rules.algebra import AllOf
from apps.rules.compile import PATIENCE, patience, seen_by
from apps.rules.tree import Node
from apps.segments.scenes import MOST, Happened, Scene
from apps.staff.models import User
from apps.tags.models import Tagging

DAYS = 30


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """`newest` holds the last event of each contact, newest first."""

    people: int
    times: int
    carry: int  # of them carry all the tags already
    newest: list[Happened]
    is_cut: bool  # more had happened than was looked through


def rehearse(
    *,
    scene: Scene,
    narrowed: Mapping[str, Any],
    node: Node | None,
    tags: Collection[int],
    user: User,
    at: datetime,
) -> Rehearsed:
    """Of those whom this person may see."""
    since = at - timedelta(days=DAYS)
    fit = seen_by(user, node if node is not None else AllOf(()), at=at).members
    with patience(PATIENCE):
        found = scene.happened(narrowed, since=since)
    hits = [happened for happened in found if happened.contact_id in fit]
    last: dict[int, Happened] = {}
    for happened in hits:
        last.setdefault(happened.contact_id, happened)
    return Rehearsed(
        people=len(last),
        times=len({happened.cause for happened in hits}),
        carry=carrying(last, tags),
        newest=list(last.values()),
        is_cut=len(found) >= MOST,
    )


def carrying(contacts: Collection[int], tags: Collection[int]) -> int:
    if not tags or not contacts:
        return 0
    carried: BitMap | None = None
    for tag in tags:
        rows = Tagging.objects.filter(tag=tag, contact__in=list(contacts))
        mine = BitMap(rows.order_by().values_list("contact", flat=True))
        carried = mine if carried is None else carried & mine
    return len(carried or ())
