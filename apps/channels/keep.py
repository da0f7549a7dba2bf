"""A code is drafted, published, paused, stopped, removed; each time audited."""

import secrets
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from apps.audit.note import note
from apps.channels.check import check
from apps.channels.codes import held, refresh, remove
from apps.channels.models import Channel
from apps.channels.plan import LARGEST, NotAPlan, Plan, read
from apps.channels.stand import people_of
from apps.common.errors import Refused
from apps.common.problems import Problem
from apps.staff.models import User

LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that look alike in print
STATE_LENGTH = 10


class NoName(Refused):
    """A code needs a name."""

    code = "channel_without_a_name"


class NameTaken(Refused):
    """There is a code of this name already."""

    code = "channel_name_taken"


class ChangedMeanwhile(Refused):
    """A colleague has changed this code meanwhile. Open it again."""

    code = "channel_changed_meanwhile"


class HasEntries(Refused):
    """Contacts came by this code, so it is kept. Stop it instead."""

    code = "channel_has_entries"


class HasACampaign(Refused):
    """A campaign uses this code, so it is kept. Stop it instead."""

    code = "channel_has_a_campaign"


class NotPublished(Refused):
    """The code is not published."""

    code = "channel_not_published"


class NotOnIt(Refused):
    """This colleague does not stand on the code."""

    code = "not_on_the_channel"


def may_change(channel: Channel, *, by: User) -> bool:
    """Whoever made it, and whoever sees all contacts: a code hands them to anybody."""
    if not by.has_perm("channels.change_channel"):
        return False
    return by.sees_everybody or channel.made_by_id == by.pk


def new_state() -> str:
    """Short, at random, and no word of ours: whoever sees it learns nothing."""
    return "c" + "".join(secrets.choice(LETTERS) for _ in range(STATE_LENGTH))


@transaction.atomic
def keep(
    *,
    draft: dict[str, Any],
    name: str,
    folder: str = "",
    target: int | None = None,
    cost_per_day: int | None = None,
    kind: str = Channel.Kind.CODE,
    by: User | None,
    at: datetime,
    channel: Channel | None = None,
    version: int | None = None,
) -> Channel:
    """Write the draft. What is in force stays so until it is published."""
    read(draft)  # a draft may lack people, but not sense
    before: dict[str, Any] = {}
    if channel is None:
        channel = Channel(kind=kind, made_by=by, made_at=at, state=new_state())
    else:
        channel = held(channel.pk)
        if version is not None and version != channel.version:
            raise ChangedMeanwhile
        before = told_of(channel)
        channel.version += 1
    channel.name, channel.folder = tidy(name, 40), tidy(folder, 40)
    if not channel.name:
        raise NoName
    for figure in (target, cost_per_day):
        if figure is not None and not 0 <= figure <= LARGEST * 100:
            raise NotAPlan([Problem("target", str(figure))])
    channel.target, channel.cost_per_day = target, cost_per_day
    channel.draft, channel.changed_at = draft, at
    try:
        with transaction.atomic():
            channel.save()
    except IntegrityError as error:
        raise NameTaken from error
    if before and channel.is_published and before["name"] != channel.name:
        refresh(channel, at=at)
    after = told_of(channel)
    if before != after:
        deed = "changed" if before else "added"
        note(deed=deed, by=by, at=at, about=channel, before=before, after=after)
    return channel


@transaction.atomic
def publish(*, channel: Channel, by: User | None, at: datetime) -> Channel:
    """The draft is checked, and is the plan from now on; WeCom is told."""
    channel = held(channel.pk)
    plan = read(channel.draft)
    channel.barred = {}
    found = check(plan, channel=channel, at=at)
    if found.problems:
        raise NotAPlan(found.problems)
    before = {"status": channel.status, "plan": channel.plan}
    channel.plan, channel.status = channel.draft, Channel.Status.PUBLISHED
    channel.published_at, channel.trouble, channel.errcode = at, "", 0
    channel.first_published_at = channel.first_published_at or at
    note_named(channel, plan)
    channel.save()
    refresh(channel, at=at, plan=plan)
    after = {"status": channel.status, "plan": channel.plan}
    note(deed="published", by=by, at=at, about=channel, before=before, after=after)
    return channel


@transaction.atomic
def stop(*, channel: Channel, by: User | None, at: datetime) -> Channel:
    """It is deleted in WeCom: who scans it finds nobody. What it brought is kept."""
    channel = held(channel.pk)
    if not channel.is_published:
        raise NotPublished
    if channel.config_id:
        remove(channel.config_id, of=channel.kind)
    channel.status = Channel.Status.STOPPED
    forget_the_way(channel)
    note(deed="stopped", by=by, at=at, about=channel, before={"status": "published"})
    return channel


def forget_the_way(channel: Channel) -> None:
    channel.config_id = channel.qr_code = channel.qr_text = channel.trouble = ""
    channel.wanted, channel.held, channel.held_at = {}, {}, None
    channel.errcode, channel.next_at = 0, None
    channel.version += 1
    channel.save()


@transaction.atomic
def make_anew(*, channel: Channel, by: User | None, at: datetime) -> Channel:
    """After it was deleted in WeCom: another picture, the same state."""
    channel = held(channel.pk)
    if not channel.is_published:
        raise NotPublished
    forget_the_way(channel)
    refresh(channel, at=at)
    note(deed="made_anew", by=by, at=at, about=channel)
    return channel


@transaction.atomic
def pause(
    *, channel: Channel, employee_id: int, is_off: bool, by: User | None, at: datetime
) -> Channel:
    """Somebody goes on or off by hand, in the plan and in the draft alike."""
    channel = held(channel.pk)
    plan = read(channel.plan or channel.draft)
    if employee_id not in {person.employee for person in people_of(plan)}:
        raise NotOnIt
    channel.draft = with_person(channel.draft, employee_id, is_off)
    if channel.plan is not None:
        channel.plan = with_person(channel.plan, employee_id, is_off)
    channel.version += 1
    channel.save()
    refresh(channel, at=at)
    deed = "paused" if is_off else "resumed"
    note(deed=deed, by=by, at=at, about=channel, after={"employee": employee_id})
    return channel


def with_person(told: dict[str, Any], employee_id: int, is_off: bool) -> dict[str, Any]:
    """Who stands there by a department is named from now on."""
    rows = [dict(row) for row in told.get("people") or []]
    for row in rows:
        if row.get("employee") == employee_id:
            row["is_off"] = is_off
            break
    else:
        rows.append({"employee": employee_id, "is_off": is_off})
    return {**told, "people": rows}


@transaction.atomic
def discard(*, channel: Channel, by: User | None, at: datetime) -> None:
    """A code by which nobody came is taken away altogether."""
    channel = held(channel.pk)
    if channel.entries.exists():
        raise HasEntries
    if channel.config_id:
        remove(channel.config_id, of=channel.kind)
    note(deed="deleted", by=by, at=at, about=channel, before=told_of(channel))
    try:
        channel.delete()
    except ProtectedError as error:
        raise HasACampaign from error


def note_named(channel: Channel, plan: Plan) -> None:
    channel.named = [person.employee for person in plan.people]
    channel.by_department = bool(plan.departments)


def told_of(channel: Channel) -> dict[str, Any]:
    return {
        "kind": channel.kind,
        "name": channel.name,
        "folder": channel.folder,
        "target": channel.target,
        "cost_per_day": channel.cost_per_day,
        "draft": channel.draft,
    }


def tidy(text: str, most: int) -> str:
    return " ".join(text.replace("\x00", "").split())[:most]
