"""What a pull of each scope reads, step by step: each needs what those before brought.

A part reads what everything reads, but of contacts only those who wait longest.
"""

from types import ModuleType

from apps.sync import (
    audit,
    contacts,
    groups,
    join_ways,
    leavers,
    lists,
    staff,
    tags,
    ways,
)
from apps.sync.models import Pull

Scope = Pull.Scope
EVERYTHING: list[ModuleType] = [
    *(staff, tags, contacts, leavers, groups),
    *(ways, join_ways),
]
SCOPES: dict[str, list[ModuleType]] = {
    Scope.WHOLE: EVERYTHING,
    Scope.PART: EVERYTHING,
    Scope.SWEEP: [lists],
    Scope.AUDIT: [audit],
}
STEPS: dict[str, ModuleType] = {s.NAME: s for steps in SCOPES.values() for s in steps}


def steps_of(pull: Pull) -> list[ModuleType]:
    return SCOPES[pull.scope]
