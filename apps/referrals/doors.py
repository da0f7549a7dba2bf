"""The personal door of an invite: a way of its own into the campaign's channel.

Into a code leads a contact way of its own, with those whom the channel's code holds as
it is made. That call is not safe to repeat: of those of which nobody knows whether
they were carried out is looked in WeCom (see channels/settle_unknown.py). If WeCom
refuses, or the corp has no code left, the invite says so, its owner is shown the
campaign's own code, and it is tried again after an hour. Into a link leads its address
with the invite's state, and WeCom is asked nothing.

When an employee leaves, the codes that hold them are told anew, while their campaign
still answers. Afterwards all of its codes are given back: a corp has only so many.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import batched
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F, Q, QuerySet

from apps.campaigns.models import Campaign
from apps.channels import codes
from apps.channels.codes import NO_QUOTA, UNDER_WAY, look_at
from apps.channels.draw import text_in
from apps.channels.kinds import CONTACT_WAY, PARAMETER, QR_CODE, SEVERAL, Read
from apps.channels.models import Channel, Quota
from apps.channels.settle_unknown import KNOWS, SETTLES, Settles
from apps.common.lanes import Lane
from apps.referrals.models import Invite
from apps.wecom.models import Command
from apps.wecom.outbox import Answer, ask, ask_all, wish

MADE = "referrals.door_made"
READ = "referrals.door_read"
AGAIN = timedelta(hours=1)
AT_ONCE = 1_000
MOST = 20_000  # codes given back at one look


class Shown(NamedTuple):
    """What an inviter shows to friends. Without `is_own` nobody is counted by it."""

    picture: str
    text: str
    is_own: bool


def shown(invite: Invite) -> Shown:
    """Their own code or address; without one the campaign's own."""
    channel = invite.campaign.channel
    if invite.config_id and not invite.removed_at:
        return Shown(invite.qr_code, invite.qr_text, True)
    if channel and channel.is_link and channel.qr_text:
        return Shown("", address_of(invite, channel), True)
    if channel is None:
        return Shown("", "", False)
    return Shown(channel.qr_code, channel.qr_text, False)


def address_of(invite: Invite, channel: Channel) -> str:
    """Of the campaign's link, with the invite's own state."""
    address = channel.qr_text.partition(f"?{PARAMETER}=")[0]
    return f"{address}?{PARAMETER}={invite.state}"


# --- made -----------------------------------------------------------------------------


def open_door(invite: Invite, *, at: datetime) -> None:
    """Ask for a code of its own, if it needs one and none is being made."""
    channel = invite.campaign.channel
    if channel is None or channel.is_link or not channel.is_published:
        return
    if invite.config_id or invite.removed_at or not people_of(channel):
        return
    if invite.asked_at and invite.asked_at > at - AGAIN:
        return
    if Command.objects.filter(once=once(invite), status__in=UNDER_WAY).exists():
        return
    invite.asked_at = at
    invite.save(update_fields=["asked_at"])
    held = said_of(channel)
    ask(
        CONTACT_WAY.make,
        arguments={
            "type": SEVERAL,
            "scene": QR_CODE,
            "state": invite.state,
            "is_exclusive": bool((channel.plan or {}).get("is_exclusive")),
            **held,
        },
        answer=MADE,
        about={"invite": invite.pk, "people": held["user"]},
        once=once(invite),
    )


def people_of(channel: Channel) -> list[str]:
    """Whom WeCom is known to take, if it took any; else whom it was asked to."""
    return channel.held.get("user") or channel.wanted.get("user") or []


def said_of(channel: Channel) -> dict[str, Any]:
    told = channel.held if channel.held.get("user") else channel.wanted
    return {name: told[name] for name in ("user", "skip_verify", "remark")}


def once(invite: Invite) -> str:
    return f"invite:{invite.pk}"


def held(number: int) -> Invite | None:
    """The invite, which nobody else changes until the end."""
    rows = Invite.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("campaign__channel").filter(pk=number).first()


def made(*, result: dict[str, Any], about: dict[str, Any], called_at: datetime) -> None:
    keep_made(
        about,
        config_id=result["config_id"],
        qr_code=result.get("qr_code") or "",
        at=called_at,
    )


def keep_made(
    about: dict[str, Any], *, config_id: str, qr_code: str, at: datetime
) -> None:
    """A second one is given back, and so is that of an invite that is gone."""
    invite = held(about["invite"])
    if invite is None or invite.config_id or invite.removed_at:
        if invite is None or invite.config_id != config_id:
            give_back([config_id])
        return
    invite.config_id, invite.qr_code = config_id, qr_code[:500]
    invite.held = about["people"]
    invite.trouble, invite.errcode = Invite.Trouble.NONE, 0
    invite.save(update_fields=["config_id", "qr_code", "held", "trouble", "errcode"])
    Quota.objects.update(used=F("used") + 1)  # until a pull counts them all
    if invite.qr_code:  # what it says is read, to draw it on posters
        ask(
            "contact_way.picture",
            arguments={"address": invite.qr_code},
            answer=READ,
            about={"invite": invite.pk, "address": invite.qr_code},
            once=f"invite picture:{invite.pk}",
        )


def picture_read(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> None:
    rows = Invite.objects.filter(pk=about["invite"], qr_code=about["address"])
    rows.update(qr_text=text_in(result["picture"])[:500])


def refused(*, errcode: int, about: dict[str, Any], called_at: datetime) -> None:
    trouble = Invite.Trouble.QUOTA if errcode in NO_QUOTA else Invite.Trouble.REFUSED
    rows = Invite.objects.filter(pk=about["invite"], config_id="")
    rows.update(trouble=trouble, errcode=errcode)


# --- made or not: channels look, we say whether it is it ------------------------------


def is_it(found: Read, command: Command) -> bool:
    invite = held(command.about["invite"])
    return invite is not None and found.state == invite.state


def keep_found(found: Read, command: Command) -> None:
    keep_made(
        command.about,
        config_id=found.made.config_id,
        qr_code=found.made.qr_code,
        at=command.called_at or command.created_at,
    )


def known_to_us(config_ids: Iterable[str]) -> set[str]:
    rows = Invite.objects.filter(config_id__in=list(config_ids))
    return set(rows.values_list("config_id", flat=True))


SETTLES[MADE] = Settles(is_it, keep_found)
KNOWS.append(known_to_us)


# --- told anew when somebody leaves ---------------------------------------------------


@transaction.atomic
def replace(*, account: str, at: datetime) -> int:
    """Codes that hold this account get whoever stands at the channel now."""
    theirs = answering(at=at).filter(held__contains=[account])
    many = 0
    for channel_id in set(theirs.values_list("campaign__channel", flat=True)):
        channel = look_at(channel_id=channel_id, at=at)
        people = [who for who in channel.wanted.get("user", ()) if who != account]
        if not people:
            continue
        rows = theirs.filter(campaign__channel=channel)
        many += tell_anew(rows, people)
    return many


def tell_anew(invites: QuerySet[Invite], people: Sequence[str]) -> int:
    many = 0
    for some in batched(invites.values_list("pk", "config_id"), AT_ONCE):
        ask_all(
            wish(
                CONTACT_WAY.change,
                arguments={"config_id": config_id, "user": list(people)},
                answer="referrals.door_changed",
                about={"invite": pk, "people": list(people)},
                lane=Lane.BULK,
                once=f"invite people:{pk}:{','.join(people)[:40]}",
            )
            for pk, config_id in some
        )
        many += len(some)
    return many


def changed(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> None:
    Invite.objects.filter(pk=about["invite"]).update(held=about["people"])


def not_changed(*, errcode: int, about: dict[str, Any], called_at: datetime) -> None:
    """It is gone, or nobody of them may be added: the inviter is told of no code."""
    trouble = Invite.Trouble.REFUSED
    rows = Invite.objects.filter(pk=about["invite"])
    if errcode in codes.GONE:
        rows.update(config_id="", qr_code="", held=[], asked_at=None)
    else:
        rows.update(trouble=trouble, errcode=errcode)


def with_codes() -> QuerySet[Invite]:
    return Invite.objects.exclude(config_id="").filter(removed_at=None)


def answering(*, at: datetime) -> QuerySet[Invite]:
    """Those with codes whose campaign still answers."""
    return with_codes().exclude(campaign__in=done_with(at=at))


def done_with(*, at: datetime) -> list[int]:
    """Campaigns whose codes are of no use any more."""
    over = Q(ends_at__lte=at) | Q(closed_at__lte=at)
    return [
        campaign.pk
        for campaign in Campaign.objects.filter(over).exclude(launched_at=None)
        if campaign.answers_until <= at
    ]


# --- given back -----------------------------------------------------------------------


@transaction.atomic
def give_back_codes(*, at: datetime) -> int:
    """Of campaigns that are done with: in batches, behind all that is urgent."""
    rows = with_codes().filter(campaign__in=done_with(at=at))
    found = list(rows.order_by("pk").values_list("config_id", flat=True)[:MOST])
    return give_back(found)


def give_back(config_ids: Sequence[str]) -> int:
    """Those that are being given back are not asked for twice."""
    many = 0
    for some in batched(config_ids, AT_ONCE):
        names = {f"invite code:{config_id}": config_id for config_id in some}
        busy = Command.objects.filter(once__in=list(names), status__in=UNDER_WAY)
        waiting = set(busy.values_list("once", flat=True))
        ask_all(
            wish(
                CONTACT_WAY.remove,
                arguments={"config_id": config_id},
                answer="referrals.door_removed",
                about={"config_id": config_id},
                lane=Lane.BULK,
                once=name,
            )
            for name, config_id in names.items()
            if name not in waiting
        )
        many += len(some) - len(waiting)
    return many


def removed(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> None:
    rows = Invite.objects.filter(config_id=about["config_id"], removed_at=None)
    rows.update(removed_at=called_at)
    codes.removed(result=result, about=about, called_at=called_at)


def not_removed(*, errcode: int, about: dict[str, Any], called_at: datetime) -> None:
    """It was gone already; what is refused otherwise is asked for again."""
    if errcode in codes.GONE:
        rows = Invite.objects.filter(config_id=about["config_id"], removed_at=None)
        rows.update(removed_at=called_at)


ANSWERS = {
    MADE: Answer(made, refused),
    READ: Answer(picture_read),
    "referrals.door_changed": Answer(changed, not_changed),
    "referrals.door_removed": Answer(removed, not_removed),
}
