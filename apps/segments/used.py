"""Who uses a segment: asked before it is changed or removed.

Each app that builds on segments says so here; segments themselves do, by their rules.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from apps.segments.models import Segment


@dataclass(frozen=True)
class Use:
    """Something that means other people when the segment does."""

    kind: Any  # in words
    title: str
    address: str


Finds = Callable[[Segment], Iterable[Use]]
USERS: list[Finds] = []


def uses_segments(finds: Finds) -> Finds:
    USERS.append(finds)
    return finds


def used_by(segment: Segment) -> list[Use]:
    return [use for finds in USERS for use in finds(segment)]


@uses_segments
def segments_built_on(segment: Segment) -> Iterable[Use]:
    rows = Segment.objects.filter(topics__contains=[f"segment:{segment.pk}"])
    for row in rows:
        address = reverse("admin:segments_segment_change", args=[row.pk])
        yield Use(Segment._meta.verbose_name, row.name, address)
