"""WeCom's words into ours: answers of the customer contact calls become rows.

Field names and their quirks are those of wecom-api.md 3.1: batch/get_by_user tells a
`follow_info` with `tag_id`, get tells `follow_user` with `tags`; keys may be absent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from apps.contacts.rows import Details, FollowRow, Profile


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """One pair as WeCom lists it. The account is not looked up yet."""

    account: str
    follow: FollowRow
    tag_ids: frozenset[str] = frozenset()

    def of(self, employee_id: int) -> FollowRow:
        return replace(self.follow, employee_id=employee_id)


GREATEST, GREATEST_KIND = 2**63 - 1, 2**15 - 1  # that PostgreSQL keeps


def moment(seconds: Any) -> datetime:
    """What is no moment at all, is the very first one: it must not stop a pull."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def text(value: Any) -> str:
    """A string that PostgreSQL keeps; numbers and nothing become strings too."""
    return "" if value is None else str(value).replace("\x00", "")


def whole(value: Any) -> int:
    """A number that WeCom may write as a string; 0 where it tells none."""
    try:
        number = int(value or 0)
    except (TypeError, ValueError, OverflowError):
        return 0
    return number if abs(number) <= GREATEST else 0


def kind(value: Any) -> int:
    """The number of a kind, a way or a status; 0 for what cannot be one."""
    number = whole(value)
    return number if 0 <= number <= GREATEST_KIND else 0


def account(value: Any) -> str:
    """WeCom compares accounts without case; we keep them in lower case."""
    return text(value).lower()


def profile_of(contact: Mapping[str, Any]) -> Profile:
    return Profile(
        name=text(contact.get("name")),
        kind=kind(contact.get("type")),
        gender=kind(contact.get("gender")),
        avatar=text(contact.get("avatar")),
        position=text(contact.get("position")),
        corp_name=text(contact.get("corp_full_name") or contact.get("corp_name")),
        union_id=text(contact.get("unionid")),
    )


def listed(
    contact: Mapping[str, Any], info: Mapping[str, Any], *, read_at: datetime
) -> Listed:
    """One element of batch/get_by_user, or one follower out of get."""
    way = info.get("add_way")
    details = Details(
        remark=text(info.get("remark")),
        description=text(info.get("description")),
        remark_corp_name=text(info.get("remark_corp_name")),
        phones=tuple(map(text, info.get("remark_mobiles") or ())),
        add_way=None if way is None else kind(way),
        added_by=text(info.get("oper_userid")),
    )
    tags = info.get("tag_id") or [t.get("tag_id") for t in info.get("tags") or ()]
    return Listed(
        account=account(info.get("userid")),
        follow=FollowRow(
            external_id=text(contact.get("external_userid")),
            employee_id=0,
            began_at=moment(info.get("createtime") or read_at.timestamp()),
            state=text(info.get("state")),
            profile=profile_of(contact),
            details=details,
            read_at=read_at,
        ),
        tag_ids=frozenset(text(tag) for tag in tags if tag),
    )
