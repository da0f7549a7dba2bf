"""How often, and how many at once, we may ask one API of WeCom's.

WeCom allows a corp 10,000 calls of one API a minute and 150,000 an hour, and blocks
the API for a minute or an hour when there are more (errcode 45009). Beyond some ten
at once it answers 45033. We use at most 80%: any sixty seconds touch at most two
minutes of the clock, so each may hold half of it; hours likewise. And five at once;
eight where a customer waits for it.

Counted in the database, so that it holds for all processes together: one statement
before a call and one after it, each committed at once. No lock and no transaction is
held while WeCom thinks.
"""

import logging
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection

from apps.common.clock import now
from apps.wecom.errors import WeComBusy
from apps.wecom.models import CallSlot, Quota

logger = logging.getLogger(__name__)

IN_A_MINUTE = 10_000 * 8 // 10 // 2
IN_AN_HOUR = 150_000 * 8 // 10 // 2
AT_ONCE = 5
AT_ONCE_OF = {"externalcontact/send_welcome_msg": 8}
LEASE = timedelta(minutes=1)  # of a slot; longer than a call may take
PATIENCE = 5.0  # seconds that a call waits for a slot
UNREACHABLE = "unreachable"

# How long an API is left alone after an errcode.
MINUTE_BLOCK = timedelta(seconds=60)
HOUR_BLOCK = timedelta(hours=1)
PAUSES = {
    45009: MINUTE_BLOCK,
    45033: timedelta(seconds=1),
    45036: timedelta(minutes=5),
}

OPEN = """
    (paused_until IS NULL OR paused_until <= now())
    AND (in_minute < %(in_a_minute)s
         OR minute_at IS DISTINCT FROM date_trunc('minute', now()))
    AND (in_hour < %(in_an_hour)s
         OR hour_at IS DISTINCT FROM date_trunc('hour', now()))
"""

TAKE = f"""
    WITH free AS (
        SELECT slot.id
        FROM wecom_callslot slot JOIN wecom_quota quota USING (api)
        WHERE slot.api = %(api)s
          AND (slot.taken_until IS NULL OR slot.taken_until <= now())
          AND {OPEN}
        ORDER BY slot.number
        LIMIT 1
        FOR UPDATE OF slot SKIP LOCKED
    )
    UPDATE wecom_callslot slot
    SET taken_until = clock_timestamp() + %(lease)s
    FROM free WHERE free.id = slot.id
    RETURNING slot.id, slot.taken_until
"""

LEAVE = """
    WITH released AS (
        UPDATE wecom_callslot SET taken_until = NULL
        WHERE id = %(slot)s AND taken_until = %(taken_until)s
    )
    UPDATE wecom_quota SET
        in_minute = 1 + CASE WHEN minute_at = date_trunc('minute', now())
                             THEN in_minute ELSE 0 END,
        minute_at = date_trunc('minute', now()),
        in_hour = 1 + CASE WHEN hour_at = date_trunc('hour', now())
                           THEN in_hour ELSE 0 END,
        hour_at = date_trunc('hour', now()),
        calls = calls + 1,
        errors = CASE WHEN %(error)s = '' THEN errors ELSE
            errors || jsonb_build_object(
                %(error)s, COALESCE((errors ->> %(error)s)::bigint, 0) + 1
            ) END,
        paused_until = CASE WHEN %(pause)s::interval IS NULL THEN paused_until ELSE
            GREATEST(paused_until, now() + CASE
                WHEN %(error)s = '45009' AND in_hour >= %(in_an_hour)s / 2
                     AND hour_at = date_trunc('hour', now())
                THEN %(hour_block)s ELSE %(pause)s::interval END) END
    WHERE api = %(api)s
"""


class InTransaction(RuntimeError):
    """WeCom must not be called inside a transaction."""


@dataclass
class Turn:
    """One call under way. Whoever makes it notes what became of it."""

    slot: int
    taken_until: datetime
    error: str = UNREACHABLE

    def note(self, errcode: int) -> None:
        self.error = str(errcode) if errcode else ""


@contextmanager
def take_turn(api: str) -> Iterator[Turn]:
    """Hold one of the few slots of an API. Raises WeComBusy if there is none."""
    if connection.in_atomic_block:
        raise InTransaction(api)
    turn = _take(api)
    try:
        yield turn
    finally:
        _leave(api, turn)


def _take(api: str) -> Turn:
    give_up_at = time.monotonic() + PATIENCE
    while True:
        parameters: dict[str, Any] = {
            "api": api,
            "in_a_minute": IN_A_MINUTE,
            "in_an_hour": IN_AN_HOUR,
            "lease": LEASE,
        }
        with connection.cursor() as cursor:
            cursor.execute(TAKE, parameters)
            taken = cursor.fetchone()
        if taken:
            return Turn(*taken)
        pause = _until_open(api)
        if time.monotonic() + pause > give_up_at:
            raise WeComBusy(after=timedelta(seconds=max(pause, random.uniform(1, 3))))
        time.sleep(pause)


def _until_open(api: str) -> float:
    """There is no slot: in how many seconds to look again. Makes a new API's rows."""
    at = now()
    quota = Quota.objects.filter(api=api).first()
    if quota is None:
        _begin(api)
        return 0
    opens_at = [quota.paused_until or at]
    if quota.in_minute >= IN_A_MINUTE and quota.minute_at:
        opens_at.append(quota.minute_at + timedelta(minutes=1))
    if quota.in_hour >= IN_AN_HOUR and quota.hour_at:
        opens_at.append(quota.hour_at + timedelta(hours=1))
    # if it is open, then all slots are taken, and somebody is about to leave one
    closed = (max(opens_at) - at).total_seconds()
    return max(closed, 0) + random.uniform(0.02, 0.1)


def _begin(api: str) -> None:
    many = AT_ONCE_OF.get(api, AT_ONCE)
    slots = [CallSlot(api=api, number=number) for number in range(1, many + 1)]
    CallSlot.objects.bulk_create(slots, ignore_conflicts=True)
    Quota.objects.bulk_create([Quota(api=api)], ignore_conflicts=True)


def _leave(api: str, turn: Turn) -> None:
    """Count the call, and free its slot unless somebody else has it by now."""
    pause = PAUSES.get(int(turn.error)) if turn.error.lstrip("-").isdigit() else None
    parameters: dict[str, Any] = {
        "api": api,
        "slot": turn.slot,
        "taken_until": turn.taken_until,
        "error": turn.error,
        "pause": pause,
        "hour_block": HOUR_BLOCK,
        "in_an_hour": IN_AN_HOUR,
    }
    try:
        with connection.cursor() as cursor:
            cursor.execute(LEAVE, parameters)
    except DatabaseError:  # the answer is worth more than the count
        logger.exception("a call was not counted", extra={"api": api})
