"""What WeCom shall hold of a code of groups, and what it holds: told by the outbox.

`refresh` works out which groups stand behind a code now; where that differs from what
WeCom was last asked for, WeCom is asked. It is called when somebody joins or leaves one
of its groups, and every few minutes. The list is never empty.

A change overwrites every field, so the number of the next group goes along: each group
that WeCom opens takes one, and is found by the state of whoever joined it first.

WeCom lists no codes of groups. Where nobody knows whether one was made, it is made
again: what may be left over was never seen by anybody, and is one of 500,000.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from apps.channels.draw import text_in
from apps.channels.models import Quota
from apps.common.clock import now
from apps.common.errors import Refused
from apps.common.jobs import Job
from apps.groups.models import GroupChat
from apps.joins.choose import decide
from apps.joins.models import Behind, GroupCode
from apps.wecom.decide import send_now
from apps.wecom.models import Command
from apps.wecom.outbox import Answer, ask, withdraw

MAKE = "externalcontact.groupchat_add_join_way"
READ = "externalcontact.groupchat_get_join_way"
CHANGE = "externalcontact.groupchat_update_join_way"
REMOVE = "externalcontact.groupchat_del_join_way"
QR_CODE = 2
LONGEST = 30  # characters of WeCom's remark
UNDER_WAY = (Job.Status.WAITING, Job.Status.CALLING, Job.Status.UNKNOWN)
GONE = {41044}
NO_QUOTA = {41045}
WAIT = timedelta(minutes=1)
Trouble = GroupCode.Trouble
LASTING = (Trouble.REFUSED, Trouble.QUOTA, Trouble.LOST)


def held(number: int) -> GroupCode:
    """The code, which nobody else changes until the end."""
    return GroupCode.objects.select_for_update(no_key=True).get(pk=number)


def behind(code: GroupCode):
    return Behind.objects.filter(code=code).select_related("group", "group__owner")


@transaction.atomic(savepoint=False)
def look_at(*, code_id: int) -> None:
    refresh(held(code_id))


def refresh(code: GroupCode) -> None:
    """The caller holds the code."""
    if not code.is_published:
        return
    choice = decide(
        behind(code), full_at=code.full_at, held=code.held.get("chat_id_list", ())
    )
    if choice.chats:
        code.wanted = {
            "chat_id_list": list(choice.chats),
            "auto_create_room": int(code.opens_new),
            "room_base_name": code.base_name,
            "room_base_id": code.base_number,
            "remark": code.name[:LONGEST],
        }
    if code.trouble not in LASTING:
        stuck = choice.is_full and not (code.opens_new and choice.chats)
        code.trouble = Trouble.FULL if stuck else Trouble.NONE
    tell(code)
    code.save(update_fields=["wanted", "trouble"])


def tell(code: GroupCode) -> None:
    if not code.wanted.get("chat_id_list") or code.trouble == Trouble.LOST:
        return
    if not code.config_id:
        make(code)
    elif asked_for(code) != code.wanted:
        change(code)


def asked_for(code: GroupCode) -> dict[str, Any]:
    waiting = commands_of(code, CHANGE).order_by("-pk").first()
    return waiting.about["wanted"] if waiting else code.held


def commands_of(code: GroupCode, call: str):
    return Command.objects.filter(once=once(code), call=call, status__in=UNDER_WAY)


def once(code: GroupCode) -> str:
    return f"group code:{code.pk}"


def make(code: GroupCode) -> None:
    if commands_of(code, MAKE).exists():
        return
    ask(
        MAKE,
        arguments={"scene": QR_CODE, "state": code.state, **code.wanted},
        answer="joins.made",
        about={"code": code.pk, "wanted": code.wanted},
        once=once(code),
    )


def change(code: GroupCode) -> None:
    """The newest wish takes the place of those that wait."""
    waiting = commands_of(code, CHANGE).filter(status=Job.Status.WAITING)
    withdraw(waiting.values_list("pk", flat=True), at=now())
    ask(
        CHANGE,
        arguments={
            "config_id": code.config_id,
            "scene": QR_CODE,
            "state": code.state,
            **code.wanted,
        },
        answer="joins.changed",
        about={"code": code.pk, "wanted": code.wanted},
        once=once(code),
    )


def remove(config_id: str) -> None:
    ask(
        REMOVE,
        arguments={"config_id": config_id},
        answer="joins.removed",
        about={"config_id": config_id},
        once=f"join way:{config_id}",
    )


def read(code: GroupCode) -> None:
    ask(
        READ,
        arguments={"config_id": code.config_id},
        answer="joins.read",
        about={"code": code.pk, "config_id": code.config_id},
        once=f"read {once(code)}",
    )


@transaction.atomic
def settle_unknown(*, at: datetime) -> None:
    for command in Command.objects.filter(call=MAKE, status=Job.Status.UNKNOWN):
        if (command.called_at or command.created_at) < at - WAIT:
            try:
                send_now(command=command, at=at)
            except Refused:  # a person was faster
                continue


# --- what became of it ----------------------------------------------------------------


def made(*, result: dict[str, Any], about: dict[str, Any], called_at: datetime) -> None:
    """A second one is removed, and so is one of a stopped code."""
    code = GroupCode.objects.select_for_update().filter(pk=about["code"]).first()
    config_id = result["config_id"]
    if code is None or code.config_id or not code.is_published:
        if code is None or code.config_id != config_id:
            remove(config_id)
        return
    code.config_id, code.held = config_id, about["wanted"]
    code.trouble, code.errcode = Trouble.NONE, 0
    code.save(update_fields=["config_id", "held", "trouble", "errcode"])
    Quota.objects.update(used=F("used") + 1)  # until a pull counts them all
    read(code)
    tell(code)


def changed(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> None:
    code = held(about["code"])
    code.held = about["wanted"]
    if code.trouble == Trouble.REFUSED:
        code.trouble, code.errcode = Trouble.NONE, 0
    code.save(update_fields=["held", "trouble", "errcode"])
    if code.is_published and code.held != code.wanted:
        change(code)


def refused(*, errcode: int, about: dict[str, Any], called_at: datetime) -> None:
    code = held(about["code"])
    code.errcode = errcode
    if errcode in GONE:
        code.trouble = Trouble.LOST
    else:
        code.trouble = Trouble.QUOTA if errcode in NO_QUOTA else Trouble.REFUSED
    code.save(update_fields=["trouble", "errcode"])


def was_read(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> None:
    """Its picture; and what WeCom holds, where that is not what we believed."""
    code = held(about["code"])
    if code.config_id != about["config_id"]:
        return  # made anew meanwhile
    way = result["join_way"]
    address = str(way.get("qr_code") or "")[:500]
    if address and address != code.qr_code:
        code.qr_code = address
        ask(
            "contact_way.picture",
            arguments={"address": address},
            answer="joins.picture_read",
            about={"code": code.pk, "address": address},
            once=f"picture {once(code)}",
        )
    told = {name: way.get(name) for name in code.held}
    if not commands_of(code, CHANGE).exists():
        adopt(code, told)
    code.save(update_fields=["qr_code", "held", "base_number"])
    refresh(code)


def adopt(code: GroupCode, told: dict[str, Any]) -> None:
    """Groups that WeCom opened by itself are ours from now on."""
    known = set(code.held.get("chat_id_list", ()))
    others = [chat for chat in told.get("chat_id_list") or () if chat not in known]
    if code.opens_new:
        for group in GroupChat.objects.filter(wecom_id__in=others):
            put_behind(code, group)
        code.base_number = max(code.base_number, int(told.get("room_base_id") or 1))
    code.held = told


def put_behind(code: GroupCode, group: GroupChat) -> None:
    last = Behind.objects.filter(code=code).order_by("-place").first()
    Behind.objects.get_or_create(
        code=code,
        group=group,
        defaults={"place": last.place + 1 if last else 0, "by_wecom": True},
    )


def not_read(*, errcode: int, about: dict[str, Any], called_at: datetime) -> None:
    if errcode in GONE:
        refused(errcode=errcode, about=about, called_at=called_at)


def picture_read(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> None:
    code = held(about["code"])
    if code.qr_code == about["address"]:
        code.qr_text = text_in(result["picture"])[:500]
        code.save(update_fields=["qr_text"])


def removed(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> None:
    Quota.objects.update(used=Greatest(F("used"), 1) - 1)


def not_removed(*, errcode: int, about: dict[str, Any], called_at: datetime) -> None:
    """It was gone already."""


ANSWERS = {
    "joins.made": Answer(made, refused),
    "joins.changed": Answer(changed, refused),
    "joins.read": Answer(was_read, not_read),
    "joins.picture_read": Answer(picture_read),
    "joins.removed": Answer(removed, not_removed),
}
