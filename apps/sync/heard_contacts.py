"""What we do on change_external_contact (wecom-api.md 4.6).

A callback's own facts are written at once; what must be read from WeCom is asked for
and arrives with the answer.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from apps.contacts.erased import strangers_again, told_of_the_living
from apps.contacts.events import ArchivingAgreed, TransferFailed, WelcomeAllowed
from apps.contacts.follow import end_follows, start_follows
from apps.contacts.identify import contacts_by_external_id
from apps.contacts.models import Follow
from apps.contacts.read_again import question_about
from apps.contacts.rows import EndRow, FollowRow
from apps.events.bus import record, record_all
from apps.events.models import EventRecord
from apps.staff.roster import holders_of
from apps.sync import contacts
from apps.sync.words import account, listed, moment
from apps.wecom.hearing import Many
from apps.wecom.outbox import Answer, ask_all, wish

Message = dict[str, Any]
CALLBACK = EventRecord.Source.CALLBACK
BY_TRANSFER = "DELETE_BY_TRANSFER"


def contacts_added(messages: Sequence[Message]) -> None:
    begin(messages, confirmed=True)
    read_contacts(messages)


def contacts_half_added(messages: Sequence[Message]) -> None:
    """They can chat already, but WeCom tells nothing of them until confirmed."""
    begin(messages, confirmed=False)


def contacts_dropped(messages: Sequence[Message]) -> None:
    by = Follow.EndedBy
    finish(
        messages,
        by=lambda message: (
            by.TRANSFER if message.get("Source") == BY_TRANSFER else by.EMPLOYEE
        ),
    )


def contacts_left(messages: Sequence[Message]) -> None:
    finish(messages, by=lambda _message: Follow.EndedBy.CONTACT)


def read_contacts(messages: Sequence[Message]) -> None:
    """Ask WeCom for everything about a contact; news that waits is read once."""
    ids = [message["ExternalUserID"] for message in messages]
    erased = strangers_again(ids)
    ask_all(
        wish("externalcontact.get", **question_about(external_id))
        for external_id in ids
        if external_id not in erased
    )


def transfer_failed(message: Message) -> None:
    if strangers_again([message["ExternalUserID"]]):
        return
    record(
        TransferFailed(
            at=moment(message["CreateTime"]),
            source=CALLBACK,
            contact_id=contact_of(message),
            employee_id=employee_of(message),
            reason=message.get("FailReason", "")[:64],
        )
    )


def archiving_agreed(message: Message) -> None:
    if strangers_again([message["ExternalUserID"]]):
        return
    record(
        ArchivingAgreed(
            at=moment(message["CreateTime"]),
            source=CALLBACK,
            contact_id=contact_of(message),
            employee_id=employee_of(message),
        )
    )
    if code := message.get("WelcomeCode"):
        greet_who_agreed(message, code)


def greet_who_agreed(message: Message, code: str) -> None:
    """WeCom gives a code with the consent as well; who was greeted already is not."""
    contact_id, employee_id = contact_of(message), employee_of(message)
    follows = Follow.objects.filter(
        identity__contact=contact_id, employee=employee_id, ended_at__isnull=True
    )
    record(
        WelcomeAllowed(
            at=moment(message["CreateTime"]),
            source=CALLBACK,
            contact_id=contact_id,
            follow_id=follows.values_list("pk", flat=True).first(),
            employee_id=employee_id,
            welcome_code=code,
        )
    )


HANDLERS = {
    ("change_external_contact", "add_external_contact"): Many(contacts_added),
    ("change_external_contact", "add_half_external_contact"): Many(contacts_half_added),
    ("change_external_contact", "edit_external_contact"): Many(read_contacts, True),
    ("change_external_contact", "del_external_contact"): Many(contacts_dropped),
    ("change_external_contact", "del_follow_user"): Many(contacts_left),
    ("change_external_contact", "transfer_fail"): transfer_failed,
    ("change_external_contact", "msg_audit_approved"): archiving_agreed,
}


def begin(messages: Sequence[Message], *, confirmed: bool) -> None:
    rows = [
        FollowRow(
            external_id=message["ExternalUserID"],
            employee_id=employee_id,
            began_at=moment(message["CreateTime"]),
            confirmed=confirmed,
            state=message.get("State", ""),
            welcome_code=message.get("WelcomeCode", ""),
        )
        for message, employee_id in with_employees(messages)
    ]
    rows = told_of_the_living(
        rows, who=lambda row: row.external_id, began_at=lambda row: row.began_at
    )
    outcome = start_follows(rows, source=CALLBACK)
    record_all(
        WelcomeAllowed(
            at=row.began_at,
            source=CALLBACK,
            contact_id=latest.contact_id,
            follow_id=latest.follow_id,
            employee_id=row.employee_id,
            state=row.state,
            welcome_code=row.welcome_code,
        )
        for row in rows
        if row.welcome_code
        and (latest := outcome.follows.get((row.external_id, row.employee_id)))
        and latest.follow_id not in outcome.begun
    )


def finish(
    messages: Sequence[Message], *, by: Callable[[Message], Follow.EndedBy]
) -> None:
    rows = [
        EndRow(
            external_id=message["ExternalUserID"],
            employee_id=employee_id,
            ended_at=moment(message["CreateTime"]),
            ended_by=by(message),
        )
        for message, employee_id in with_employees(messages)
    ]
    gone = strangers_again(row.external_id for row in rows)
    end_follows([r for r in rows if r.external_id not in gone], source=CALLBACK)


def with_employees(messages: Sequence[Message]) -> list[tuple[Message, int]]:
    """Each with the employee whose account it names, or was at that moment."""
    told = [
        (account(message["UserID"]), moment(message["CreateTime"]))
        for message in messages
    ]
    holders = holders_of(told, source=CALLBACK)
    return [
        (message, holders[holder])
        for message, holder in zip(messages, told, strict=True)
    ]


def employee_of(message: Message) -> int:
    [(_message, employee_id)] = with_employees([message])
    return employee_id


def contact_of(message: Message) -> int:
    external_id, at = message["ExternalUserID"], moment(message["CreateTime"])
    identities = contacts_by_external_id({external_id: ""}, source=CALLBACK, at=at)
    return identities[external_id].contact_id


# --- what is read -------------------------------------------------------------------


def contact_read(*, result: dict, about: dict, called_at: datetime) -> None:
    """Every employee who follows the contact, with what each keeps about them."""
    told = result["external_contact"]
    rows = [
        listed(told, info, read_at=called_at)
        for info in result.get("follow_user") or []
    ]
    contacts.merge(rows, source=CALLBACK, at=called_at)


def contact_not_read(*, errcode: int, about: dict, called_at: datetime) -> None:
    """Nobody within our range follows them any more: their callbacks tell the rest."""


ANSWERS = {"sync.contact_read": Answer(contact_read, contact_not_read)}
