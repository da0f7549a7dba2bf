"""Two segments beside each other, and one taken apart by lot."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.common.errors import Refused
from apps.segments.keep import freeze_as, now_in
from apps.segments.models import Segment
from apps.segments.refresh import members_of
from apps.staff.models import User

MOST_PARTS = 10


class PartsOutOfReach(Refused):
    """Choose two to ten parts."""

    code = "segment_parts"


@dataclass(frozen=True)
class Overlap:
    only_one: int
    both: int
    only_other: int

    @property
    def share(self) -> float:
        """Of all who are in either: how many are in both."""
        return self.both / (self.only_one + self.both + self.only_other or 1)


def overlap(one: Segment, other: Segment) -> Overlap:
    here, there = members_of(one), members_of(other)
    both = here.intersection_cardinality(there)
    return Overlap(len(here) - both, both, len(there) - both)


@transaction.atomic
def split(
    *, segment: Segment, parts: int, seed: str, by: User, at: datetime
) -> list[Segment]:
    """Fixed lists of equal size, by lot: the same seed deals the same people alike."""
    if not 2 <= parts <= MOST_PARTS:
        raise PartsOutOfReach
    dealt = shuffled([*now_in(segment)], seed=seed)
    return [
        freeze_as(
            dealt[number::parts],
            name=f"{segment.name[:30]} {number + 1}/{parts} {seed}".strip()[:40],
            folder=segment.folder,
            by=by,
            at=at,
        )
        for number in range(parts)
    ]


def shuffled(contacts: Sequence[int], *, seed: str) -> list[int]:
    def lot(contact: int) -> bytes:
        return hashlib.blake2s(f"{seed}:{contact}".encode(), digest_size=8).digest()

    return sorted(contacts, key=lambda contact: (lot(contact), contact))
