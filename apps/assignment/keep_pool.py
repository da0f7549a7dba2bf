"""A pool is made, changed, removed; each time audited."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from apps.assignment.assign import general_pool
from apps.assignment.models import Assignment, AssignmentRule, Notice, Pool
from apps.audit.note import note
from apps.common.errors import Refused
from apps.staff.models import User

MOST = 1_000_000
NUMBERS = (
    "claims_a_day",
    "most_in_hand",
    "views_a_day",
    "cool_down_days",
    "reclaims_after",
    "warns_before",
    "spares_bought_days",
    "most_protected",
    "protection_days",
)
NEEDED = ("cool_down_days", "warns_before", "most_protected", "protection_days")
DAYS = ("cool_down_days", "reclaims_after", "warns_before", "protection_days")


class NotAPool(Refused):
    """The pool cannot be kept like this."""

    code = "not_a_pool"

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__()
        self.problems = problems


class PoolNameTaken(Refused):
    """There is a pool of this name already."""

    code = "pool_name_taken"


class PoolChangedMeanwhile(Refused):
    """A colleague has changed this pool meanwhile. Open it again."""

    code = "pool_changed_meanwhile"


class PoolIsNeeded(Refused):
    """Contacts are or were in it, or a rule leads there: it is kept."""

    code = "pool_is_needed"


@transaction.atomic
def keep(
    *,
    told: dict[str, Any],
    by: User,
    at: datetime,
    pool: Pool | None = None,
    version: int | None = None,
) -> Pool:
    """`told` has the fields of a pool, as they are to be."""
    before: dict[str, Any] = {}
    general_pool()
    if pool is None:
        pool = Pool(made_at=at)
    else:
        pool = Pool.objects.select_for_update().get(pk=pool.pk)
        if version is not None and version != pool.version:
            raise PoolChangedMeanwhile
        before = told_of(pool)
        pool.version += 1
    for name, value in told.items():
        setattr(pool, name, value)
    pool.changed_at = at
    try:
        with transaction.atomic():
            pool.save()
    except IntegrityError as error:
        raise PoolNameTaken from error
    after = told_of(pool)
    if before != after:
        deed = "changed" if before else "added"
        note(deed=deed, by=by, at=at, about=pool, before=before, after=after)
    return pool


@transaction.atomic
def remove(*, pool: Pool, by: User, at: datetime) -> None:
    held = Assignment.objects.filter(pool=pool).exists()
    led = AssignmentRule.objects.filter(pool=pool).exists()
    if pool.is_general or held or led:
        raise PoolIsNeeded
    note(deed="deleted", by=by, at=at, about=pool, before=told_of(pool))
    Notice.objects.filter(pool=pool).delete()
    pool.delete()


def told_of(pool: Pool) -> dict[str, Any]:
    others = ("stage_days", "spares_tags", "spares_shared")
    names = ("name", "people", "departments", *NUMBERS, *others)
    return {name: getattr(pool, name) for name in names}
