"""The places on the page of a campaign; each app above brings what belongs there.

An app's campaign_panels.py registers panels with CAMPAIGN_PAGE, and figures of many
campaigns for their list.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from apps.common.panels import Places

FACT = "fact"  # one of the figures in the head; `title` is its name
MAIN = "main"  # on the wide side
SIDE = "side"

CAMPAIGN_PAGE = Places()

# Helpers by campaign, for the list; brought by whoever counts them.
Counts = Callable[[Sequence[Any]], Mapping[int, int]]
HELPERS: list[Counts] = []


def counts_helpers(counts: Counts) -> Counts:
    HELPERS.append(counts)
    return counts


def helpers_of(campaigns: Sequence[Any]) -> dict[int, int]:
    found: dict[int, int] = {}
    for counts in HELPERS:
        found |= counts(campaigns)
    return found
