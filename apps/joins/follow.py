"""Somebody joined a group or left it: the codes behind which it stands look anew.

Whoever joined by a code's state a group that does not stand behind it was let in by
WeCom into a new one: it opened that because all others were full.
"""

from datetime import datetime

from django.db import transaction

from apps.groups.models import GroupChat
from apps.joins.codes import held, look_at, put_behind, read, refresh, settle_unknown
from apps.joins.models import Behind, GroupCode


@transaction.atomic
def follow_group(*, group_id: int, state: str = "") -> None:
    codes = {*Behind.objects.filter(group=group_id).values_list("code", flat=True)}
    by = GroupCode.objects.filter(state=state) if state else GroupCode.objects.none()
    opened = set(by.values_list("pk", flat=True)) - codes
    for number in sorted(codes | opened):
        code = held(number)
        if number in opened and code.opens_new:
            put_behind(code, GroupChat.objects.get(pk=group_id))
            code.base_number += 1
            code.save(update_fields=["base_number"])
        refresh(code)


def follow_all(*, at: datetime) -> int:
    """Groups are dismissed and handed over without anybody joining or leaving."""
    settle_unknown(at=at)
    numbers = list(GroupCode.objects.published().values_list("pk", flat=True))
    for number in numbers:
        look_at(code_id=number)
    return len(numbers)


@transaction.atomic
def read_all() -> int:
    """Once a night: what does WeCom hold of each?"""
    codes = GroupCode.objects.published().exclude(config_id="")
    for code in codes:
        read(code)
    return len(codes)
