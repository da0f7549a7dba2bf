"""What WeCom no longer lists, and when we believe that it is gone.

Only when a whole list was read without an error, and when it is not too much at once:
an empty list, or more than five in a hundred, waits for a person to say so.
"""

from dataclasses import asdict
from datetime import datetime
from types import ModuleType

from django.db import transaction

from apps.staff.models import User
from apps.sync.models import Difference, Pull
from apps.sync.page import Found
from apps.sync.steps import STEPS

BELIEVED = 0.05  # share of a list that may vanish at once
ALWAYS_BELIEVED = 3  # so few may always
KEPT = 10_000  # differences of one pull that are kept one by one


def keep_differences(pull: Pull, step: ModuleType, found: list[Found]) -> None:
    room = KEPT - pull.differences.count() if found else 0
    Difference.objects.bulk_create(
        Difference(pull=pull, step=step.NAME, **asdict(each)) for each in found[:room]
    )


def conclude(pull: Pull, step: ModuleType) -> None:
    """After the last page: what WeCom listed completely, and we hold beyond it."""
    passed_over = {
        step.whole_of(each["key"])
        for each in pull.counts.get("passed_over", [])
        if each["step"] == step.NAME
    }
    keys = [key for chain in pull.chains.filter(step=step.NAME) for key in chain.keys]
    for whole in sorted({step.whole_of(key) for key in keys} - passed_over):
        conclude_whole(pull, step, whole)


@transaction.atomic
def conclude_whole(pull: Pull, step: ModuleType, whole: str) -> None:
    seen = set(
        pull.sightings.filter(step=step.NAME, whole=whole).values_list(
            "item", flat=True
        )
    )
    gone = step.missing(whole, seen, before=pull.created_at)
    if not gone:
        return
    held = step.held(whole)
    asked = {"step": step.NAME, "whole": whole, "items": gone, "held": held}
    if any(a["step"] == step.NAME and a["whole"] == whole for a in pull.held_back):
        return
    if is_too_much(gone=len(gone), held=held, seen=len(seen)):
        pull.held_back = [*pull.held_back, asked]
        Pull.objects.filter(pk=pull.pk).update(held_back=pull.held_back)
        return
    remove(pull, step, whole, gone)


def is_too_much(*, gone: int, held: int, seen: int) -> bool:
    """More than we believe without asking: an empty list, or a twentieth at once."""
    return not seen or gone > max(ALWAYS_BELIEVED, held * BELIEVED)


def remove(pull: Pull, step: ModuleType, whole: str, items: list[str]) -> None:
    found = [
        Found(
            thing=step.NAME,
            kind=Difference.Kind.MISSING_THERE,
            subject=" · ".join(filter(None, [whole, item])),
        )
        for item in items
    ]
    keep_differences(pull, step, found)
    step.end(whole, items, source=pull.source, at=pull.created_at)
    pull.refresh_from_db(fields=["counts"])
    pull.counts[step.NAME]["gone"] += len(items)
    Pull.objects.filter(pk=pull.pk).update(counts=pull.counts)


@transaction.atomic
def believe_removals(*, pull: Pull, by: User, at: datetime) -> int:
    """A person says that what was held back is really gone. Answers how many."""
    pull = Pull.objects.select_for_update().get(pk=pull.pk)
    believed = 0
    for each in pull.held_back:
        step = STEPS[each["step"]]
        seen = pull.sightings.filter(step=step.NAME, whole=each["whole"])
        still = step.missing(
            each["whole"],
            set(seen.values_list("item", flat=True)),
            before=pull.created_at,
        )
        items = sorted(set(each["items"]) & set(still))
        remove(pull, step, each["whole"], items)
        believed += len(items)
    Pull.objects.filter(pk=pull.pk).update(held_back=[])
    pull.sightings.all().delete()
    return believed
