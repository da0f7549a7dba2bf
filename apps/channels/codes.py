"""What WeCom shall hold of a code, and what it holds: told through the outbox.

`refresh` works out whom the code is to hold now; where that differs from what WeCom
was last asked for, WeCom is asked. It is called at each boundary of the plan, after
each entry, and when colleagues come or go. The list is never empty: if nobody may be
given, the last ones stay, and a person is told.

A contact way is made once. That call is not safe to repeat: if nobody knows whether
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
from apps.channels.models import Channel, Quota
from apps.channels.plan import Plan
from apps.channels.stand import choice_at, plan_of
from apps.common.clock import now
from apps.common.jobs import Job
from apps.staff.models import Employee
from apps.wecom.models import Command
from apps.wecom.outbox import Answer, ask, withdraw

MAKE = "externalcontact.add_contact_way"
CHANGE = "externalcontact.update_contact_way"
REMOVE = "externalcontact.del_contact_way"
SEVERAL, QR_CODE = 2, 2  # type and scene, which cannot be changed (wecom-api.md 3.4)
UNDER_WAY = (Job.Status.WAITING, Job.Status.CALLING, Job.Status.UNKNOWN)
GONE = {41044}
NO_QUOTA = {41045}
# One of the people is refused, and with them the whole call.
SOMEBODY = {40003, 40031, 40098, 41054, 60011, 60111, 84074}
LONGEST = 30  # characters of WeCom's remark on a code

Trouble = Channel.Trouble


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
    lasting = channel.trouble in (Trouble.REFUSED, Trouble.QUOTA, Trouble.LOST)
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
    waiting = commands_of(channel, CHANGE).order_by("-pk").first()
    return waiting.about["wanted"] if waiting else channel.held


def commands_of(channel: Channel, call: str):
    return Command.objects.filter(once=once(channel), call=call, status__in=UNDER_WAY)


def once(channel: Channel) -> str:
    return f"channel:{channel.pk}"


def make(channel: Channel) -> None:
    """Unless it is being made. What has changed meanwhile is told afterwards."""
    if commands_of(channel, MAKE).exists():
        return
    exclusive = plan_of(channel).is_exclusive
    ask(
        MAKE,
        arguments={
            "type": SEVERAL,
            "scene": QR_CODE,
            "state": channel.state,
            "is_exclusive": exclusive,
            **channel.wanted,
        },
        answer="channels.made",
        about={"channel": channel.pk, "wanted": channel.wanted},
        once=once(channel),
    )


def change(channel: Channel) -> None:
    """The newest wish takes the place of those that wait."""
    waiting = commands_of(channel, CHANGE).filter(status=Job.Status.WAITING)
    withdraw(waiting.values_list("pk", flat=True), at=now())
    ask(
        CHANGE,
        arguments={"config_id": channel.config_id, **channel.wanted},
        answer="channels.changed",
        about={"channel": channel.pk, "wanted": channel.wanted},
        once=once(channel),
    )


def remove(config_id: str) -> None:
    ask(
        REMOVE,
        arguments={"config_id": config_id},
        answer="channels.removed",
        about={"config_id": config_id},
        once=f"contact way:{config_id}",
    )


# --- what became of it ----------------------------------------------------------------


def made(*, result: dict[str, Any], about: dict[str, Any], called_at: datetime) -> None:
    keep_made(
        held(about["channel"]),
        config_id=result["config_id"],
        qr_code=result.get("qr_code", ""),
        holds=about["wanted"],
        at=called_at,
    )


def keep_made(
    channel: Channel,
    *,
    config_id: str,
    qr_code: str,
    holds: dict[str, Any],
    at: datetime,
) -> None:
    """A second one of the same code is removed, and so is one of a stopped code."""
    if channel.config_id or not channel.is_published:
        if channel.config_id != config_id:
            remove(config_id)
        return
    channel.config_id, channel.qr_code = config_id, qr_code[:500]
    channel.held, channel.held_at = holds, at
    channel.trouble, channel.errcode = Trouble.NONE, 0
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
            *("config_id", "qr_code", "held", "held_at", "trouble", "errcode")
        ]
    )
    tell(channel)


def changed(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> None:
    channel = held(about["channel"])
    channel.held, channel.held_at = about["wanted"], called_at
    if channel.trouble == Trouble.REFUSED:
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
        ask(
            "externalcontact.get_follow_user_list",
            arguments={},
            answer="channels.serving",
            about=about,
            once=f"channel people:{channel.pk}",
        )
        channel.trouble = Trouble.REFUSED
    elif errcode in GONE:
        channel.trouble = Trouble.LOST
    else:
        channel.trouble = Trouble.QUOTA if errcode in NO_QUOTA else Trouble.REFUSED
    channel.save(update_fields=["trouble", "errcode"])


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
    Quota.objects.update(used=Greatest(F("used"), 1) - 1)


def not_removed(*, errcode: int, about: dict[str, Any], called_at: datetime) -> None:
    """It was gone already."""


ANSWERS = {
    "channels.made": Answer(made, refused),
    "channels.changed": Answer(changed, refused),
    "channels.serving": Answer(serving),
    "channels.removed": Answer(removed, not_removed),
}
