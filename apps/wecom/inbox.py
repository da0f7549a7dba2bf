"""What WeCom tells us, kept once.

WeCom gives its events no id, and says again whatever we are slow to answer. The
digest of the opened message is therefore the id: SHA-256 over the receiver and the
elements, sorted, since their order is not fixed.

Two equal edits in the same second look like one that is told twice, and the reading
that answers the first may come before the second. A hint that is told again soon is
therefore heard again: one more reading is all it costs.
"""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from functools import cache

from django.db import connection, transaction
from django.db.models import Field

from apps.common.faults import reached
from apps.common.forget import forget_some
from apps.common.jobs import Job
from apps.common.lanes import Lane
from apps.wecom.hearing import is_hint
from apps.wecom.models import Callback, Command, Receiver, Seen
from apps.wecom.xml import Message

KEEP_DIGESTS = timedelta(days=90)
KEEP_BODIES = timedelta(days=30)
FORGET_AT_ONCE = 20_000
AHEAD = timedelta(days=1)  # no clock is wrong by more

# One statement, which is a transaction of its own: what is seen for the first time is
# kept with it, or neither is.
KEEP = """
    WITH seen AS (
        INSERT INTO wecom_seen (digest, first_at, times) VALUES (%s, %s, 1)
        ON CONFLICT (digest) DO UPDATE SET times = wecom_seen.times + 1
        RETURNING times
    ), kept AS (
        INSERT INTO wecom_callback ({columns})
        SELECT {values} FROM seen WHERE times = 1
        RETURNING id
    )
    SELECT (SELECT id FROM kept)
"""

EMPLOYEE_CHANGES = {"create_user", "update_user", "delete_user"}
DEPARTMENT_CHANGES = {"create_party", "update_party", "delete_party"}


def keep(
    message: Message, *, receiver: Receiver, at: datetime
) -> tuple[Callback | None, bool]:
    """The callback and whether it is new; one that we have seen is not kept again.

    When this returns, it is committed, unless the caller is in a transaction.
    """
    callback = callback_of(message, receiver=receiver, at=at)
    statement, fields = keeping()
    values = [
        field.get_db_prep_save(field.value_from_object(callback), connection)
        for field in fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement, [digest_of(message, receiver=receiver), at, *values])
        [callback.pk] = cursor.fetchone()
    if callback.pk is None:
        if is_hint(callback.event, callback.change_type) and not callback.is_late:
            hear_again(callback)
        return None, False
    reached("cb.after_insert")
    callback.ring()
    return callback, True


@transaction.atomic
def hear_again(told: Callback) -> None:
    """Nothing to do while it waits, or is just being heard: the reading comes later."""
    same = Callback.objects.select_for_update(skip_locked=True).filter(
        receiver=told.receiver,
        event=told.event,
        change_type=told.change_type,
        subject=told.subject,
        told_at=told.told_at,
        status=Job.Status.DONE,
    )
    for callback in same.order_by("-pk"):
        if callback.message == told.message:
            Callback.objects.filter(pk=callback.pk).update(
                status=Job.Status.WAITING, due_at=told.due_at, done_at=None
            )
            callback.ring()


@cache
def keeping() -> tuple[str, list[Field]]:
    """The statement, and what goes into it of a callback, in that order."""
    fields = [
        field for field in Callback._meta.concrete_fields if not field.primary_key
    ]
    columns = ", ".join(str(field.column) for field in fields)
    values = ", ".join(f"%s::{field.db_type(connection)}" for field in fields)
    return KEEP.format(columns=columns, values=values), fields


def callback_of(message: Message, *, receiver: Receiver, at: datetime) -> Callback:
    told_at = told_at_of(message, received_at=at)
    callback = Callback(
        receiver=receiver,
        event=cut(message, "Event", 64) or cut(message, "MsgType", 64),
        change_type=cut(message, "ChangeType", 64),
        subject=subject_of(message)[:140],
        # handlers rely on its time, even where WeCom's was none
        message=message | {"CreateTime": str(int(told_at.timestamp()))},
        told_at=told_at,
        received_at=at,
        due_at=at,
        created_at=at,
    )
    # a welcome must be sent within 20 seconds: it cannot wait behind other news
    hurries = "WelcomeCode" in message and not callback.is_late
    callback.lane = Lane.WELCOME if hurries else Lane.CALLBACK
    return callback


def digest_of(message: Message, *, receiver: Receiver) -> bytes:
    told = json.dumps([receiver, message], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(told.encode()).digest()


def told_at_of(message: Message, *, received_at: datetime) -> datetime:
    """When it happened, as WeCom says; when it came, if that cannot be."""
    try:
        told_at = datetime.fromtimestamp(int(message.get("CreateTime", 0)), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return received_at
    is_a_moment = told_at.timestamp() > 0 and told_at < received_at + AHEAD
    return told_at if is_a_moment else received_at


def subject_of(message: Message) -> str:
    """What it is about: handlers of one subject take turns."""

    def about(kind: str, element: str) -> str:
        name = text(message, element)
        return f"{kind}:{name}" if name else ""

    event, change = text(message, "Event"), text(message, "ChangeType")
    if event in ("change_external_contact", "customer_acquisition"):
        return about("contact", "ExternalUserID")
    if event == "change_external_chat":
        return about("chat", "ChatId")
    if event == "change_external_tag":
        return "tag"
    if event == "change_contact" and change in EMPLOYEE_CHANGES:
        return about("employee", "UserID").lower()  # WeCom compares them without case
    if event == "change_contact" and change in DEPARTMENT_CHANGES:
        return about("department", "Id")
    return ""


def text(message: Message, element: str) -> str:
    """The element, if it is there once and holds text."""
    value = message.get(element, "")
    return value if isinstance(value, str) else ""


def cut(message: Message, element: str, length: int) -> str:
    return text(message, element)[:length]


def forget_old(*, at: datetime) -> None:
    """Bodies hold personal data and go after 30 days, digests after 90; so do commands
    that failed, and that nobody wanted to try again."""
    finished = (Job.Status.DONE, Job.Status.IGNORED, Job.Status.FAILED)
    bodies = Callback.objects.filter(
        received_at__lt=at - KEEP_BODIES, status__in=finished
    )
    forget_some(bodies.order_by("received_at"), at_once=FORGET_AT_ONCE)
    digests = Seen.objects.filter(first_at__lt=at - KEEP_DIGESTS)
    forget_some(digests.order_by("first_at"), at_once=FORGET_AT_ONCE)
    given_up = Command.objects.failed().filter(created_at__lt=at - KEEP_DIGESTS)
    forget_some(given_up.order_by("created_at"), at_once=FORGET_AT_ONCE)
