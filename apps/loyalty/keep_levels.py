"""Levels are made, changed and deleted; whom they concern moves a moment later."""

from datetime import datetime
from functools import partial

from django.db import transaction

from apps.audit.note import note
from apps.common.errors import Refused
from apps.common.lanes import Lane
from apps.loyalty.models import MOST, Level
from apps.staff.models import User

MOST_LEVELS = 20
PERCENT = range(10, 1_001)


class BadLevel(Refused):
    """A level has a name of 1 to 20 letters, a growth value it begins at, and earns 10
    to 1,000 percent of the points."""

    code = "bad_level"


class LevelTaken(Refused):
    """There is a level of this name, or from this growth value, already."""

    code = "level_taken"


class TooManyLevels(Refused):
    """No more than 20 levels."""

    code = "too_many_levels"


@transaction.atomic
def keep_level(
    *,
    level: Level | None,
    name: str,
    growth_from: int | None,
    percent: int | None,
    benefits: str,
    by: User,
    at: datetime,
) -> Level:
    name = " ".join(name.replace("\0", "").split())
    if not 1 <= len(name) <= 20 or growth_from is None or growth_from > MOST:
        raise BadLevel
    if percent is None or percent not in PERCENT:
        raise BadLevel
    mine = level.pk if level else None
    rows = Level.objects.select_for_update()
    others = [each for each in rows if each.pk != mine]
    if len(others) >= MOST_LEVELS:
        raise TooManyLevels
    if any(each.name == name or each.growth_from == growth_from for each in others):
        raise LevelTaken
    before = words_of(level) if level else {}
    level = level or Level()
    level.name, level.growth_from, level.percent = name, growth_from, percent
    level.benefits = benefits.replace("\0", "").strip()[:1_000]
    level.save()
    after = words_of(level)
    if before != after:
        deed = "changed" if before else "added"
        note(deed=deed, by=by, at=at, about=level, before=before, after=after)
        move_members()
    return level


@transaction.atomic
def discard_level(*, level: Level, by: User, at: datetime) -> None:
    """Its members stand on the next lower one."""
    note(deed="deleted", by=by, at=at, about=level, before=words_of(level))
    level.delete()
    move_members()


def move_members() -> None:
    from apps.loyalty.tasks import settle

    transaction.on_commit(
        partial(settle.apply_async, queue=Lane.BULK, retry=False), robust=True
    )


def words_of(level: Level) -> dict[str, str | int]:
    return {
        "name": level.name,
        "growth_from": level.growth_from,
        "percent": level.percent,
        "benefits": level.benefits,
    }
