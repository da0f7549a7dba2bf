"""What WeCom no longer lists, and when we believe that it is gone.

Only when a whole list was read without an error, and when it is not too much at once:
an empty list, or more than five in a hundred, waits for a person to say so. A pull that
only looks writes down all of it and removes nothing.
"""

from datetime import datetime
from types import ModuleType

from django.db import transaction

from apps.common.errors import Refused
from apps.common.jobs import Job
from apps.staff.models import User
from apps.sync.keep import NOTED, count, note
from apps.sync.models import Pull
from apps.sync.named import keep_differences
from apps.sync.page import Tally
from apps.sync.steps import STEPS

BELIEVED = 0.05  # share of a list that may vanish at once
ALWAYS_BELIEVED = 3  # so few may always


class ReadAgain(Refused):
    """A later pull has read this again: what it holds back counts, not this."""

    code = "read_again"


def conclude(pull: Pull, step: ModuleType) -> None:
    """After the last page: what WeCom listed completely, and we hold beyond it."""
    if step.NAME in pull.counts.get("concluded", []):
        return  # before a kill
    passed_over = {
        step.whole_of(each["key"])
        for each in pull.counts.get("passed_over", [])
        if each["step"] == step.NAME
    }
    keys = [key for chain in pull.chains.filter(step=step.NAME) for key in chain.keys]
    wholes = sorted({step.whole_of(key) for key in keys} - passed_over)
    if not pull.looks_only:
        for whole in wholes:
            conclude_whole(pull, step, whole)
    close(pull, step, wholes)


@transaction.atomic
def close(pull: Pull, step: ModuleType, wholes: list[str]) -> None:
    """The step is over. Who only looks says now what is missing there."""
    if pull.looks_only:
        for whole in wholes:
            report(pull, step, whole, gone_from(pull, step, whole))
    elif hasattr(step, "were_read"):
        step.were_read(wholes, at=pull.created_at)
    note(pull, lambda counts: counts.setdefault("concluded", []).append(step.NAME))


def seen_of(pull: Pull, step: ModuleType, whole: str) -> set[str]:
    seen = pull.sightings.filter(step=step.NAME, whole=whole)
    return set(seen.values_list("item", flat=True))


def gone_from(pull: Pull, step: ModuleType, whole: str) -> list[str]:
    seen = seen_of(pull, step, whole)
    items: list[str] = step.missing(whole, seen, before=pull.created_at)
    return [item for item in items if item[:NOTED] not in seen]


@transaction.atomic
def conclude_whole(pull: Pull, step: ModuleType, whole: str) -> None:
    gone = gone_from(pull, step, whole)
    if not gone:
        return
    seen = seen_of(pull, step, whole)
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
    report(pull, step, whole, items)
    step.end(whole, items, source=pull.source, at=pull.created_at)


def report(pull: Pull, step: ModuleType, whole: str, items: list[str]) -> None:
    keep_differences(pull, step, step.gone(whole, items))
    count(pull, step, Tally(gone=len(items)))


@transaction.atomic
def believe_removals(*, pull: Pull, by: User, at: datetime) -> int:
    """A person says that what was held back is really gone. Answers how many."""
    pull = Pull.objects.select_for_update().get(pk=pull.pk)
    later = Pull.objects.filter(pk__gt=pull.pk, status=Job.Status.DONE)
    if any(each.covers(pull) for each in later.defer("held_back", "counts")):
        raise ReadAgain
    believed = 0
    for each in pull.held_back:
        step = STEPS[each["step"]]
        still = gone_from(pull, step, each["whole"])
        items = sorted(set(each["items"]) & set(still))
        remove(pull, step, each["whole"], items)
        believed += len(items)
    Pull.objects.filter(pk=pull.pk).update(held_back=[])
    pull.sightings.all().delete()
    return believed
