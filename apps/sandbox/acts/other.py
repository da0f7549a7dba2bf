"""What happens beside people: news of acquisition links, other apps, old tokens."""

from typing import Any

from apps.sandbox.acts import pick
from apps.sandbox.acts.registry import act
from apps.sandbox.records import CannotDo, Records

ACQUISITION: dict[str, dict[str, Any]] = {
    "balance_low": {},
    "balance_exhausted": {},
    "balance_increased": {},
    "quota_expire_soon": {"ExpireTime": 0, "ExpireQuotaNum": 50},
    "link_unavailable": {"LinkId": ""},
    "delete_link": {"LinkId": ""},
    "friend_request": {"LinkId": "", "State": ""},
    "customer_start_chat": {"UserID": "", "ExternalUserID": "", "LinkId": ""},
    "message_from_customer": {"LinkId": "", "ChatKey": ""},
}


@act
def acquisition_event(
    corp: Records,
    *,
    at: int,
    change_type: str | None = None,
    link_id: str | None = None,
    userid: str | None = None,
    external_userid: str | None = None,
    state: str = "",
) -> dict[str, Any]:
    """WeCom tells something of an acquisition link or of its quota."""
    change_type = change_type or corp.random.choice(sorted(ACQUISITION))
    if change_type not in ACQUISITION:
        raise CannotDo(f"There is no acquisition event {change_type!r}.")
    elements = dict(ACQUISITION[change_type])
    if "LinkId" in elements:
        elements["LinkId"] = link_id or corp.identifier("ca", 16)
    if "State" in elements:
        elements["State"] = state
    if "ChatKey" in elements:
        elements["ChatKey"] = corp.identifier("CHAT", 24)
    if "ExpireTime" in elements:
        elements["ExpireTime"] = at + 7 * 86_400
    if "UserID" in elements:
        follow = pick.follow(corp, userid, external_userid, "mutual")
        elements["UserID"] = follow["userid"]
        elements["ExternalUserID"] = follow["external_userid"]
    corp.tell("customer_acquisition", change_type, at=at, **elements)
    return {"change_type": change_type, **elements}


@act
def welcome_by_another_app(
    corp: Records, *, at: int, code: str, busy_seconds: float = 0.0
) -> dict[str, Any]:
    """Another app of the corp sends the welcome first.

    While it is busy a caller is told 41096 and may try again; afterwards 41051.
    """
    welcome = corp.row("SELECT * FROM welcome WHERE code = ?", code)
    if welcome is None:
        raise CannotDo(f"There is no welcome code {code!r}.")
    corp.run(
        "UPDATE welcome SET outcome = 'another app', busy_until = ?, sent_at = ?"
        " WHERE code = ?",
        corp.clock() + busy_seconds,
        corp.clock(),
        code,
    )
    return {"code": code}


@act
def expire_tokens(corp: Records, *, at: int) -> dict[str, Any]:
    """Every access token ends before its time."""
    expired = corp.run(
        "UPDATE token SET expires_at = ? WHERE expires_at > ?",
        corp.clock() - 1,
        corp.clock(),
    )
    return {"expired": expired.rowcount}
