"""What each channel or campaign cost, whom it brought, who stayed, and what came back.

new         contacts who took a turn at the channel; of a campaign those who came by an
            invite and count
kept 7, 30  of the new who came at least so many days ago, those who were still friends
            so many days after they came
each        the cost for one new customer; for one who stayed, that divided by the share
            who did
revenue     what orders brought that are credited to it, by the model that is chosen
return      revenue times the margin, less the cost, divided by the cost
ROAS        revenue divided by the cost

Costs are of the whole company: whoever sees only some contacts is told none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.campaigns.models import Campaign
from apps.channels.models import Channel
from apps.reports.attribution import credits_of
from apps.reports.cost import spent_on
from apps.reports.models import Cost
from apps.reports.paths import Asked, ask, seen_by, sees_all, walked
from apps.reports.table import few, names_of
from apps.staff.models import User

STAYS = (7, 30)  # days after which we look whether somebody is still a friend

# contact_id, at, key and the connection by which they came
NEW: dict[str, str] = {
    "channel": """
        SELECT entry.contact_id, entry.at, entry.channel_id AS key, entry.follow_id
        FROM channels_entry AS entry WHERE entry.counted
    """,
    "campaign": """
        SELECT referral.contact_id, referral.at, referral.campaign_id AS key,
            referral.follow_id
        FROM referrals_referral AS referral WHERE referral.refused = ''
    """,
}
OLD = "came.at <= %(now)s - interval '{days} days'"
STAYED = (
    "{old} AND (follow.ended_at IS NULL "
    "OR follow.ended_at >= came.at + interval '{days} days')"
)
COUNT = """
SELECT came.key, count(*) AS came, {counts}
FROM ({new}) AS came LEFT JOIN contacts_follow AS follow ON follow.id = came.follow_id
WHERE came.at >= %(start)s AND came.at < %(end)s {seen}
GROUP BY came.key
"""
MODELS_OF: dict[str, type[Channel | Campaign]] = {
    "channel": Channel,
    "campaign": Campaign,
}


def old(days: int) -> str:
    return OLD.format(days=days)


def stayed(days: int) -> str:
    return STAYED.format(old=old(days), days=days)


@dataclass(frozen=True, kw_only=True)
class Line:
    """Of one channel or campaign, or of all together; amounts in fen."""

    key: int | None
    name: str
    new: int
    old: Mapping[int, int]  # by days: how many came long enough ago
    kept: Mapping[int, int]
    spent: Mapping[str, int] | None
    revenue: float
    margin: float

    @property
    def cost(self) -> int | None:
        return None if self.spent is None else sum(self.spent.values())

    @property
    def each(self) -> float | None:
        return divided(self.cost, self.new)

    @property
    def stays(self) -> list[dict[str, Any]]:
        return [self.stay(days) for days in STAYS]

    def stay(self, days: int) -> dict[str, Any]:
        share = divided(self.kept[days], self.old[days])
        return {
            "days": days,
            "kept": self.kept[days],
            "old": self.old[days],
            "share": share,
            "each": divided(self.each, share),
        }

    @property
    def roas(self) -> float | None:
        return divided(self.revenue, self.cost)

    @property
    def roi(self) -> float | None:
        if self.cost is None:
            return None
        return divided(self.revenue * self.margin - self.cost, self.cost)


def divided(many: float | None, by: float | None) -> float | None:
    return many / by if many is not None and by else None


def returns(
    asked: Asked, *, model: str, margin: float, user: User | None, at: datetime
) -> tuple[list[Line], Line]:
    """Each of them, the dearest first, and all together. `asked.by` is channel or
    campaign."""
    came = whom_it_brought(asked, user=user, at=at)
    spent: Mapping[int, Mapping[str, int]] | None = None
    if sees_all(user):
        of = MODELS_OF[asked.by.name]
        spent = spent_on(of, first=asked.first, last=asked.last)
    paths = few(walked(asked, user=user).paths)
    revenue = {
        key: credit.worth
        for key, credit in credits_of(paths, model=model).items()
        if isinstance(key, int)
    }
    keys = came.keys() | (spent or {}).keys() | {k for k, fen in revenue.items() if fen}
    names = names_of(keys, by=asked.by, user=user)
    nobody: dict[str, int] = {}
    lines = [
        Line(
            key=key,
            name=names[key],
            **numbers_of(came.get(key, nobody)),
            spent=None if spent is None else dict(spent.get(key, nobody)),
            revenue=revenue.get(key, 0.0),
            margin=margin,
        )
        for key in keys
    ]
    lines.sort(
        key=lambda line: (-(line.cost or 0), -line.revenue, -line.new, line.name)
    )
    return lines, together(lines, margin=margin, tells=spent is not None)


def whom_it_brought(
    asked: Asked, *, user: User | None, at: datetime
) -> dict[int, dict[str, int]]:
    counts = {f"old{days}": old(days) for days in STAYS}
    counts |= {f"kept{days}": stayed(days) for days in STAYS}
    seen, told = seen_by(user)
    sql = COUNT.format(
        counts=", ".join(f"count(*) FILTER (WHERE {sql})" for sql in counts.values()),
        new=NEW[asked.by.name],
        seen=seen.format("came"),
    )
    rows = ask(sql, asked.values | told | {"now": at})
    return {
        key: dict(zip(("new", *counts), numbers, strict=True)) for key, *numbers in rows
    }


def numbers_of(came: Mapping[str, int]) -> dict[str, Any]:
    return {
        "new": came.get("new", 0),
        "old": {days: came.get(f"old{days}", 0) for days in STAYS},
        "kept": {days: came.get(f"kept{days}", 0) for days in STAYS},
    }


def together(lines: list[Line], *, margin: float, tells: bool) -> Line:
    kinds = Cost.Kind.values
    return Line(
        key=None,
        name="",
        new=sum(line.new for line in lines),
        old={days: sum(line.old[days] for line in lines) for days in STAYS},
        kept={days: sum(line.kept[days] for line in lines) for days in STAYS},
        spent={
            kind: sum((line.spent or {}).get(kind, 0) for line in lines)
            for kind in kinds
        }
        if tells
        else None,
        revenue=sum(line.revenue for line in lines),
        margin=margin,
    )


# --- the people behind a number -------------------------------------------------------

WHICH = {"new": "TRUE"}
WHICH |= {f"kept{days}": stayed(days) for days in STAYS}
WHICH |= {f"left{days}": f"{old(days)} AND NOT ({stayed(days)})" for days in STAYS}
PEOPLE = """
SELECT {what} FROM ({new}) AS came
LEFT JOIN contacts_follow AS follow ON follow.id = came.follow_id
WHERE came.key = %(key)s AND came.at >= %(start)s AND came.at < %(end)s
    AND {which} {seen}
"""
PAGE = "ORDER BY came.at DESC, came.contact_id DESC LIMIT %(many)s OFFSET %(passed)s"


@dataclass(frozen=True, kw_only=True)
class Came:
    contact_id: int
    at: datetime
    ended_at: datetime | None


def who_came(
    asked: Asked,
    *,
    key: int,
    which: str,
    user: User | None,
    at: datetime,
    many: int,
    passed: int = 0,
) -> tuple[list[Came], int]:
    """Those whom it brought, who stayed or who left, the newest first."""
    seen, told = seen_by(user)
    parts = {
        "new": NEW[asked.by.name],
        "which": WHICH[which],
        "seen": seen.format("came"),
    }
    values = asked.values | told
    values |= {"now": at, "key": key, "many": many, "passed": passed}
    [[whole]] = ask(PEOPLE.format(what="count(*)", **parts), values)
    columns = "came.contact_id, came.at, follow.ended_at"
    rows = ask(PEOPLE.format(what=columns, **parts) + PAGE, values)
    return [
        Came(contact_id=contact, at=came, ended_at=ended)
        for contact, came, ended in rows
    ], whole
