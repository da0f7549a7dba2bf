"""What we do on customer_acquisition: news of links and of their balance.

(wecom-api.md 4.6). Of the messages that whom a link brought has written WeCom does not
say whose they are; they are asked for, and only for half an hour.
"""

from typing import Any

from apps.channels.balance import expires_soon, read_balance
from apps.channels.links import asked_who_wrote, deleted, unusable, wrote_first
from apps.sync.words import moment
from apps.wecom.hearing import Hint

Message = dict[str, Any]


def balance_changed(message: Message) -> None:
    read_balance()


def some_expires(message: Message) -> None:
    expires_soon(
        at=moment(message["ExpireTime"]),
        many=int(message.get("ExpireQuotaNum") or 0),
        told_at=moment(message["CreateTime"]),
    )


def link_unusable(message: Message) -> None:
    unusable(link_id=message["LinkId"], at=moment(message["CreateTime"]))


def link_deleted(message: Message) -> None:
    deleted(link_id=message["LinkId"])


def chat_started(message: Message) -> None:
    wrote_first(
        external_id=message["ExternalUserID"],
        link_id=message["LinkId"],
        at=moment(message["CreateTime"]),
    )


def message_came(message: Message) -> None:
    asked_who_wrote(chat_key=message["ChatKey"])


def kept_only(message: Message) -> None:
    """Kept and shown: WeCom tells it to some trades only, and of nobody by name."""


HANDLERS = {
    ("customer_acquisition", "balance_low"): Hint(balance_changed),
    ("customer_acquisition", "balance_exhausted"): Hint(balance_changed),
    ("customer_acquisition", "balance_increased"): Hint(balance_changed),
    ("customer_acquisition", "quota_expire_soon"): some_expires,
    ("customer_acquisition", "link_unavailable"): link_unusable,
    ("customer_acquisition", "delete_link"): link_deleted,
    ("customer_acquisition", "customer_start_chat"): chat_started,
    ("customer_acquisition", "message_from_customer"): message_came,
    ("customer_acquisition", "open_profile"): kept_only,
    ("customer_acquisition", "friend_request"): kept_only,
}
