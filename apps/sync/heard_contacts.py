"""What we do on change_external_contact and customer_acquisition (wecom-api.md 4.6).

A callback's own facts are written at once; what must be read from WeCom is asked for
and arrives with the answer.
"""

from datetime import datetime
from typing import Any

from apps.contacts.events import ArchivingAgreed, TransferFailed
from apps.contacts.follow import end_follows, start_follows
from apps.contacts.identify import contacts_by_external_id, turn
from apps.contacts.models import Follow
from apps.contacts.rows import EndRow, FollowRow
from apps.events.bus import record
from apps.events.models import EventRecord
from apps.staff.roster import employees_by_account
from apps.sync import contacts
from apps.sync.words import account, listed, moment
from apps.wecom.outbox import Answer, ask

Message = dict[str, Any]
CALLBACK = EventRecord.Source.CALLBACK
BY_TRANSFER = "DELETE_BY_TRANSFER"


def contact_added(message: Message) -> None:
    begin(message, confirmed=True)
    read_contact(message["ExternalUserID"])


def contact_half_added(message: Message) -> None:
    """They can chat already, but WeCom tells nothing of them until confirmed."""
    begin(message, confirmed=False)


def contact_edited(message: Message) -> None:
    read_contact(message["ExternalUserID"])


def contact_dropped(message: Message) -> None:
    moved = message.get("Source") == BY_TRANSFER
    finish(message, by=Follow.EndedBy.TRANSFER if moved else Follow.EndedBy.EMPLOYEE)


def contact_left(message: Message) -> None:
    finish(message, by=Follow.EndedBy.CONTACT)


def transfer_failed(message: Message) -> None:
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
    record(
        ArchivingAgreed(
            at=moment(message["CreateTime"]),
            source=CALLBACK,
            contact_id=contact_of(message),
            employee_id=employee_of(message),
        )
    )


def kept_only(message: Message) -> None:
    """Kept and shown; nothing here acts on it."""


HANDLERS = {
    ("change_external_contact", "add_external_contact"): contact_added,
    ("change_external_contact", "add_half_external_contact"): contact_half_added,
    ("change_external_contact", "edit_external_contact"): contact_edited,
    ("change_external_contact", "del_external_contact"): contact_dropped,
    ("change_external_contact", "del_follow_user"): contact_left,
    ("change_external_contact", "transfer_fail"): transfer_failed,
    ("change_external_contact", "msg_audit_approved"): archiving_agreed,
} | {
    ("customer_acquisition", change): kept_only
    for change in (
        "balance_low",
        "balance_exhausted",
        "balance_increased",
        "quota_expire_soon",
        "link_unavailable",
        "delete_link",
        "open_profile",
        "friend_request",
        "customer_start_chat",
        "message_from_customer",
    )
}


def begin(message: Message, *, confirmed: bool) -> None:
    row = FollowRow(
        external_id=message["ExternalUserID"],
        employee_id=employee_of(message),
        began_at=moment(message["CreateTime"]),
        confirmed=confirmed,
        state=message.get("State", ""),
        welcome_code=message.get("WelcomeCode", ""),
    )
    start_follows([row], source=CALLBACK)


def finish(message: Message, *, by: Follow.EndedBy) -> None:
    row = EndRow(
        external_id=message["ExternalUserID"],
        employee_id=employee_of(message),
        ended_at=moment(message["CreateTime"]),
        ended_by=by,
    )
    end_follows([row], source=CALLBACK)


def employee_of(message: Message) -> int:
    who, at = account(message["UserID"]), moment(message["CreateTime"])
    return employees_by_account({who}, source=CALLBACK, at=at)[who]


def contact_of(message: Message) -> int:
    external_id, at = message["ExternalUserID"], moment(message["CreateTime"])
    identities = contacts_by_external_id({external_id: ""}, source=CALLBACK, at=at)
    return identities[external_id].contact_id


# --- reading again ------------------------------------------------------------------


def read_contact(external_id: str) -> None:
    """Ask WeCom for everything about a contact; news that waits is read once."""
    ask(
        "externalcontact.get",
        arguments={"external_userid": external_id},
        answer="sync.contact_read",
        about={"external_id": external_id},
        once=turn(external_id),
    )


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
