"""What WeCom shall hold of a code or link, and what it holds: told by the outbox.

`refresh` works out whom the code is to hold now; where that differs from what WeCom
was last asked for, WeCom is asked. It is called at each boundary of the plan, after
each entry, and when colleagues come or go. The list is never empty: if nobody may be
given, the last ones stay, and a person is told.

Each is made once. That call is not safe to repeat: if nobody knows whether
it was carried out, settle_unknown.py looks in WeCom. Changes are safe to repeat, and
the newest takes the place of one that still waits. Each answer says what WeCom holds
now; if that is no longer what it shall hold, it is told again.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from apps.channels.choose import Choice
from apps.channels.duty import next_boundary, skips_verification
from apps.channels.kinds import KINDS, Made, kind_of
from apps.channels.models import Channel, Quota
from apps.channels.plan import Plan
from apps.channels.stand import choice_at, plan_of
from apps.common.clock import now
from apps.common.faults import reached
from apps.common.jobs import Job
from apps.staff.models import Employee
from apps.wecom.models import Command
from apps.wecom.outbox import Answer, ask, withdraw

UNDER_WAY = (Job.Status.WAITING, Job.Status.CALLING, Job.Status.UNKNOWN)
GONE = {41044}
NO_QUOTA = {41045, 41095}
# One of the people is refused, and with them the whole call.
SOMEBODY = {40003, 40031, 40098, 41054, 60011, 60111, 84074}
LONGEST = 30  # characters of WeCom's remark on a code, and of a link's name

Trouble = Channel.Trouble
LASTING = (Trouble.REFUSED, Trouble.QUOTA, Trouble.LOST, Trouble.UNUSABLE)


def held(number: int) -> Channel:
    """The channel, which nobody else changes until the end."""
    return Channel.objects.select_for_update(no_key=True).get(pk=number)


@transaction.atomic(savepoint=False)
def look_at(*, channel_id: int, at: datetime) -> Channel:
    """Take its turn, and see what changes."""
    channel = held(channel_id)
    refresh(channel, at=at)
    return channel


def refresh(
    channel: Channel,
    *,
    at: datetime,
    choice: Choice | None = None,
    plan: Plan | None = None,
) -> None:
    """The caller holds the channel."""
    if not channel.is_published:
        return
    plan = plan or plan_of(channel)
    choice = choice or choice_at(channel, at=at, plan=plan)
    channel.next_at = next_boundary(plan, at)
    lasting = channel.trouble in LASTING
    if choice.users:
        channel.wanted = {
            "user": list(choice.users),
            "skip_verify": skips_verification(plan, at),
            "remark": channel.name[:LONGEST],
        }
    if not lasting:
        nobody = Trouble.FULL if choice.is_full else Trouble.NOBODY
        channel.trouble = Trouble.NONE if choice.users else nobody
    tell(channel)
    reached("code.mid")
    channel.save(
        update_fields=["wanted", "next_at", "trouble", "errcode", "held", "held_at"]
    )


def tell(channel: Channel) -> None:
    """Ask WeCom, unless it holds the same or is being asked for the same."""
    if not channel.wanted.get("user") or channel.trouble == Trouble.LOST:
        return
    if not channel.config_id:
        make(channel)
    elif asked_for(channel) != channel.wanted:
        change(channel)


def asked_for(channel: Channel) -> dict[str, Any]:
    """What WeCom holds once everything is carried out that was asked."""
    waiting = changes_of(channel).order_by("-pk").first()
    return waiting.about["wanted"] if waiting else channel.held


def commands_of(channel: Channel, call: str):
    return Command.objects.filter(once=once(channel), call=call, status__in=UNDER_WAY)


def changes_of(channel: Channel):
    return commands_of(channel, kind_of(channel).change)


def once(channel: Channel) -> str:
    return f"channel:{channel.pk}"


def make(channel: Channel) -> None:
    """Unless it is being made. What has changed meanwhile is told afterwards."""
    kind = kind_of(channel)
    if commands_of(channel, kind.make).exists():
        return
    ask(
        kind.make,
        arguments=kind.making(channel, plan_of(channel).is_exclusive),
        answer="channels.made",
        about={"channel": channel.pk, "wanted": channel.wanted},
        once=once(channel),
    )


def change(channel: Channel) -> None:
    """The newest wish takes the place of those that wait."""
    waiting = changes_of(channel).filter(status=Job.Status.WAITING)
    withdraw(waiting.values_list("pk", flat=True), at=now())
    kind = kind_of(channel)
    ask(
        kind.change,
        arguments={kind.key: channel.config_id, **kind.said(channel.wanted)},
        answer="channels.changed",
        about={"channel": channel.pk, "wanted": channel.wanted},
        once=once(channel),
    )


def remove(config_id: str, *, of: str) -> None:
    kind = KINDS[Channel.Kind(of)]
    ask(
        kind.remove,
        arguments={kind.key: config_id},
        answer="channels.removed",
        about={"config_id": config_id, "kind": of},
        once=f"contact way:{config_id}",
    )


# --- what became of it ----------------------------------------------------------------


def made(*, result: dict[str, Any], about: dict[str, Any], called_at: datetime) -> None:
    channel = held(about["channel"])
    answered = kind_of(channel).made(channel, result)
    keep_made(channel, made=answered, holds=about["wanted"], at=called_at)


def keep_made(
    channel: Channel, *, made: Made, holds: dict[str, Any], at: datetime
) -> None:
    """A second one of the same code is removed, and so is one of a stopped code."""
    if channel.config_id or not channel.is_published:
        if channel.config_id != made.config_id:
            remove(made.config_id, of=channel.kind)
        return
    channel.config_id = made.config_id
    channel.qr_code, channel.qr_text = made.qr_code[:500], made.qr_text[:500]
    channel.held, channel.held_at = holds, at
    channel.trouble, channel.errcode = Trouble.NONE, 0
    if not channel.is_link:
        Quota.objects.update(used=F("used") + 1)  # until a pull counts them all
    if channel.qr_code:  # what it says is read, to draw it at any size (draw.py)
        ask(
            "contact_way.picture",
            arguments={"address": channel.qr_code},
            answer="channels.picture_read",
            about={"channel": channel.pk, "address": channel.qr_code},
            once=f"picture:{channel.pk}",
        )
    channel.save(
        update_fields=[
            *("config_id", "qr_code", "qr_text", "held", "held_at"),
            *("trouble", "errcode"),
        ]
    )
    tell(channel)


def changed(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> None:
    channel = held(about["channel"])
    channel.held, channel.held_at = about["wanted"], called_at
    if channel.trouble in (Trouble.REFUSED, Trouble.UNUSABLE):
        channel.trouble, channel.errcode = Trouble.NONE, 0
    channel.save(update_fields=["held", "held_at", "trouble", "errcode"])
    if channel.is_published and channel.held != channel.wanted:
        change(channel)


def refused(*, errcode: int, about: dict[str, Any], called_at: datetime) -> None:
    """One person without the right to have customers makes the whole call fail, and
    WeCom does not say who: it is asked who has it, and the others are taken."""
    channel = held(about["channel"])
    channel.errcode = errcode
    if errcode in SOMEBODY:
        ask_who_serves(channel, about)
        channel.trouble = Trouble.REFUSED
    elif errcode in GONE:
        channel.trouble = Trouble.LOST
    else:
        channel.trouble = Trouble.QUOTA if errcode in NO_QUOTA else Trouble.REFUSED
    channel.save(update_fields=["trouble", "errcode"])


def ask_who_serves(channel: Channel, about: dict[str, Any]) -> None:
    ask(
        "externalcontact.get_follow_user_list",
        arguments={},
        answer="channels.serving",
        about=about,
        once=f"channel people:{channel.pk}",
    )


def serving(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> None:
    """Who of those we wanted may have no customers is named, and left out."""
    channel = held(about["channel"])
    may = {str(account).lower() for account in result.get("follow_user") or ()}
    refused_ones = {who for who in about["wanted"]["user"] if who.lower() not in may}
    numbers = Employee.objects.filter(wecom_id__in=refused_ones)
    found = {str(pk): channel.errcode for pk in numbers.values_list("pk", flat=True)}
    if not found:  # it was something else; a person must look
        return
    channel.barred |= found
    channel.trouble = Trouble.NONE
    channel.save(update_fields=["barred", "trouble"])
    refresh(channel, at=called_at)


def removed(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> None:
    """It is gone, and its number with it."""
    if about.get("kind") == Channel.Kind.LINK:
        return
    Quota.objects.update(used=Greatest(F("used"), 1) - 1)


def not_removed(*, errcode: int, about: dict[str, Any], called_at: datetime) -> None:
    """It was gone already."""


ANSWERS = {
    "channels.made": Answer(made, refused),
    "channels.changed": Answer(changed, refused),
    "channels.serving": Answer(serving),
    "channels.removed": Answer(removed, not_removed),
}
