"""What WeCom holds of a code of groups is compared with what it was told, and mended.

Another program of the corp may have put other groups behind it, or deleted it. The
first is told again; the second a person must see, since the printed picture leads
nowhere now. Groups that WeCom opened by itself are ours from now on. A code that is
just being told differs for a moment, which is no drift.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from apps.joins.codes import CHANGE, UNDER_WAY, Trouble, adopt, held, once, refresh
from apps.joins.models import GroupCode
from apps.wecom.models import Command


@dataclass(frozen=True, kw_only=True)
class Told:
    """A code of groups as WeCom tells it; nothing in `way` if it is gone."""

    config_id: str
    read_at: datetime
    way: dict[str, Any] | None = None


def published() -> list[str]:
    rows = GroupCode.objects.published().exclude(config_id="").order_by("pk")
    return list(rows.values_list("config_id", flat=True))


def ours(config_ids: Iterable[str]) -> dict[str, GroupCode]:
    rows = GroupCode.objects.published().filter(config_id__in=list(config_ids))
    return {code.config_id: code for code in rows}


def may_be_compared(code: GroupCode, told: Told) -> bool:
    """Not while it is being told, nor by what was read before it was told last."""
    changes = Command.objects.filter(once=once(code), call=CHANGE)
    newer = Q(status__in=UNDER_WAY) | Q(called_at__gte=told.read_at)
    return not changes.filter(newer).exists()


def told_of(code: GroupCode, told: Told) -> dict[str, Any] | None:
    """What WeCom tells of that which it was told."""
    if told.way is None:
        return None
    return {name: told.way.get(name) for name in code.held}


@transaction.atomic(savepoint=False)
def mend(*, told: Told) -> bool:
    """Whether something differed."""
    known = ours([told.config_id]).get(told.config_id)
    if known is None:
        return False
    code = held(known.pk)
    if not may_be_compared(code, told):
        return False
    theirs = told_of(code, told)
    if theirs is None:
        lost = code.trouble != Trouble.LOST
        code.trouble = Trouble.LOST
        code.save(update_fields=["trouble"])
        return lost
    if theirs == code.held:
        return False
    adopt(code, theirs)
    code.save(update_fields=["held", "base_number"])
    refresh(code)
    return True
