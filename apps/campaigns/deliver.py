"""Prizes are handed out: by a colleague with a proof, or redeemed by a code, once.

Where a prize is to be sent the winner writes down; it is kept sealed, shown to whoever
hands prizes out, each time audited, and deleted with the person.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.audit.note import note
from apps.campaigns.events import RewardDelivered
from apps.campaigns.models import Grant, Reward
from apps.campaigns.reward import AlreadyDelivered, TakenBackAlready
from apps.common.errors import Refused
from apps.common.sealing import seal, unseal
from apps.events.bus import record
from apps.events.models import EventRecord
from apps.staff.models import User

Source = EventRecord.Source
Status = Grant.Status
PHONE = re.compile(r"\+?\d[\d -]{6,18}")


class NoProof(Refused):
    """Say how it was handed out: a tracking number, a signature, a place."""

    code = "delivered_without_proof"


class NoSuchCode(Refused):
    """There is no such redeem code."""

    code = "no_such_redeem_code"


class NotToBeSent(Refused):
    """This prize is not sent, so it needs no address."""

    code = "not_to_be_sent"


class BadAddress(Refused):
    """An address has a name, a phone number and a place."""

    code = "bad_address"


@dataclass(frozen=True, kw_only=True)
class Address:
    name: str
    phone: str
    place: str


def deliver(*, grant: Grant, proof: str, by: User | None, at: datetime) -> Grant:
    proof = " ".join(proof.replace("\x00", "").split())[:200]
    if not proof:
        raise NoProof
    return hand_out(grant.pk, proof=proof, by=by, at=at)


def deliver_many(
    *, grants: Iterable[Grant], proof: str, by: User, at: datetime
) -> tuple[int, int]:
    """How many were handed out, and how many could not be."""
    done = failed = 0
    for each in grants:
        try:
            deliver(grant=each, proof=proof, by=by, at=at)
        except (AlreadyDelivered, TakenBackAlready):
            failed += 1
        else:
            done += 1
    return done, failed


def redeem(*, code: str, system: str, at: datetime) -> Grant:
    """A shop asks whether the code is good; the first who asks has used it."""
    rows = Grant.objects.filter(redeem_code=code.strip().upper()[:16])
    number = rows.values_list("pk", flat=True).first()
    if number is None:
        raise NoSuchCode
    return hand_out(number, proof=system[:200], by=None, at=at, system=system)


@transaction.atomic
def hand_out(
    number: int, *, proof: str, by: User | None, at: datetime, system: str = ""
) -> Grant:
    given = Grant.objects.select_for_update().get(pk=number)
    if given.status == Status.DELIVERED:
        raise AlreadyDelivered
    if given.status == Status.VOIDED:
        raise TakenBackAlready
    given.status, given.delivered_at = Status.DELIVERED, at
    given.delivered_by, given.proof = by, proof
    given.save(update_fields=["status", "delivered_at", "delivered_by", "proof"])
    source = Source.PERSON if by else Source.CLIENT if system else Source.SYSTEM
    record(
        RewardDelivered(
            at=at,
            source=source,
            contact_id=given.contact_id,
            actor_id=by.pk if by else None,
            campaign_id=given.reward.campaign_id,
            reward_id=given.reward_id,
            grant_id=given.pk,
        )
    )
    note(
        deed="prize_delivered",
        by=by,
        at=at,
        about=given,
        contact_id=given.contact_id,
        after={"prize": given.reward.name, "proof": proof},
        personal=("proof",) if given.contact_id else (),
    )
    return given


# --- where to -------------------------------------------------------------------------


@transaction.atomic
def write_address(*, grant: Grant, told: Address) -> None:
    """By the winner, until it is handed out."""
    given = Grant.objects.select_for_update().get(pk=grant.pk)
    if given.reward.kind != Reward.Kind.PHYSICAL:
        raise NotToBeSent
    if given.status == Status.DELIVERED:
        raise AlreadyDelivered
    if given.status == Status.VOIDED:
        raise TakenBackAlready
    tidied = Address(
        name=tidy(told.name, 40),
        phone=tidy(told.phone, 20),
        place=tidy(told.place, 200),
    )
    if not (tidied.name and PHONE.fullmatch(tidied.phone) and tidied.place):
        raise BadAddress
    given.address = seal(json.dumps(asdict(tidied)))
    given.save(update_fields=["address"])


@transaction.atomic
def show_address(*, grant: Grant, by: User, at: datetime) -> Address | None:
    """Whole; that somebody looked is in the audit."""
    if not grant.address:
        return None
    note(deed="address_seen", by=by, at=at, about=grant, contact_id=grant.contact_id)
    return address_of(grant)


def address_of(grant: Grant) -> Address | None:
    return Address(**json.loads(unseal(grant.address))) if grant.address else None


def forget_addresses(traces: Any) -> int:
    """A person is erased: that something was won stays, not by whom or where to."""
    rows = Grant.objects.filter(contact__in=traces.contacts)
    return rows.update(address=b"", proof="", why_voided="", contact=None)


def tidy(text: str, most: int) -> str:
    return " ".join(text.replace("\x00", "").split())[:most]
