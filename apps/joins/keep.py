"""A code of groups is made, changed, stopped, made anew, removed; each time audited."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from apps.audit.note import note
from apps.channels.keep import new_state, tidy
from apps.common.errors import Refused
from apps.groups.models import GroupChat, Stay
from apps.joins.codes import held, refresh, remove
from apps.joins.models import FULL, Behind, GroupCode
from apps.staff.models import User

MOST_GROUPS = 100


class NoName(Refused):
    """A code needs a name."""

    code = "group_code_without_a_name"


class NameTaken(Refused):
    """There is a code of groups of this name already."""

    code = "group_code_name_taken"


class NoGroup(Refused):
    """Choose at least one group that still exists."""

    code = "group_code_without_a_group"


class NotSoFull(Refused):
    """A group is full at 2 to 200 members."""

    code = "group_code_full_at"


class ChangedMeanwhile(Refused):
    """A colleague has changed this code meanwhile. Open it again."""

    code = "group_code_changed_meanwhile"


class NotPublished(Refused):
    """The code is not published."""

    code = "group_code_not_published"


class SomebodyJoined(Refused):
    """Somebody joined by this code, so it is kept. Stop it instead."""

    code = "group_code_was_used"


def may_change(code: GroupCode, *, by: User) -> bool:
    """Whoever made it, and whoever sees all contacts."""
    if not by.has_perm("joins.change_groupcode"):
        return False
    return by.sees_everybody or code.made_by_id == by.pk


@transaction.atomic
def keep(
    *,
    name: str,
    groups: Iterable[int],
    folder: str = "",
    full_at: int = FULL,
    opens_new: bool = True,
    base_name: str = "",
    by: User | None,
    at: datetime,
    code: GroupCode | None = None,
    version: int | None = None,
) -> GroupCode:
    """What is written is in force at once; WeCom is told."""
    before: dict[str, Any] = {}
    if code is None:
        code = GroupCode(made_by=by, made_at=at, state=new_state())
    else:
        code = held(code.pk)
        if version is not None and version != code.version:
            raise ChangedMeanwhile
        before = told_of(code)
        code.version += 1
    code.name, code.folder = tidy(name, 40), tidy(folder, 40)
    if not code.name:
        raise NoName
    if not 2 <= full_at <= FULL:
        raise NotSoFull
    code.full_at, code.opens_new = full_at, opens_new
    code.base_name = tidy(base_name, 40) or (code.name[:36] if opens_new else "")
    code.status, code.changed_at = GroupCode.Status.PUBLISHED, at
    try:
        with transaction.atomic():
            code.save()
    except IntegrityError as error:
        raise NameTaken from error
    put_in_order(code, groups)
    if code.trouble in (GroupCode.Trouble.REFUSED, GroupCode.Trouble.QUOTA):
        code.trouble, code.errcode = "", 0
        code.save(update_fields=["trouble", "errcode"])
    refresh(code)
    after = told_of(code)
    if before != after:
        deed = "changed" if before else "added"
        note(deed=deed, by=by, at=at, about=code, before=before, after=after)
    return code


def put_in_order(code: GroupCode, numbers: Iterable[int]) -> None:
    """These stand behind it, in this order; those that WeCom opened come last."""
    wanted = list(dict.fromkeys(numbers))[:MOST_GROUPS]
    standing = GroupChat.objects.filter(dismissed_at__isnull=True)
    if not standing.filter(pk__in=wanted).exists():
        raise NoGroup
    found = {row.group_id: row for row in Behind.objects.filter(code=code)}
    known = set(GroupChat.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    for place, number in enumerate(one for one in wanted if one in known):
        if row := found.pop(number, None):
            Behind.objects.filter(pk=row.pk).update(place=place)
        else:
            Behind.objects.create(code=code, group_id=number, place=place)
    Behind.objects.filter(pk__in=[row.pk for row in found.values()]).delete()


@transaction.atomic
def stop(*, code: GroupCode, by: User | None, at: datetime) -> GroupCode:
    """It is deleted in WeCom: who scans it joins nothing. Who joined stays."""
    code = held(code.pk)
    if not code.is_published:
        raise NotPublished
    if code.config_id:
        remove(code.config_id)
    code.status = GroupCode.Status.STOPPED
    forget_the_way(code)
    note(deed="stopped", by=by, at=at, about=code, before={"status": "published"})
    return code


@transaction.atomic
def make_anew(*, code: GroupCode, by: User | None, at: datetime) -> GroupCode:
    """After it was stopped, or deleted in WeCom: another picture, the same state."""
    code = held(code.pk)
    if code.config_id and code.trouble != GroupCode.Trouble.LOST:
        return code
    code.status = GroupCode.Status.PUBLISHED
    forget_the_way(code)
    refresh(code)
    note(deed="made_anew", by=by, at=at, about=code)
    return code


def forget_the_way(code: GroupCode) -> None:
    code.config_id = code.qr_code = code.qr_text = code.trouble = ""
    code.wanted, code.held, code.errcode = {}, {}, 0
    code.version += 1
    code.save()


@transaction.atomic
def discard(*, code: GroupCode, by: User | None, at: datetime) -> None:
    """A code by which nobody joined is taken away altogether."""
    code = held(code.pk)
    if Stay.objects.filter(state=code.state).exists():
        raise SomebodyJoined
    if code.config_id:
        remove(code.config_id)
    note(deed="deleted", by=by, at=at, about=code, before=told_of(code))
    code.delete()


def told_of(code: GroupCode) -> dict[str, Any]:
    rows = Behind.objects.filter(code=code).order_by("place", "pk")
    return {
        "name": code.name,
        "folder": code.folder,
        "groups": [str(row.group) for row in rows.select_related("group")],
        "full_at": code.full_at,
        "opens_new": code.opens_new,
        "base_name": code.base_name,
    }


def words_of(trouble: str) -> str:
    """What to do about it."""
    of = GroupCode.Trouble
    return {
        of.FULL: gettext("Put another group behind it, or let WeCom open new ones."),
        of.REFUSED: gettext("Look whether these groups are still customer groups."),
        of.QUOTA: gettext("Stop codes that are no longer used."),
        of.LOST: gettext(
            "The printed picture leads nowhere now. Make it anew, and print it again."
        ),
    }.get(of(trouble), "")
