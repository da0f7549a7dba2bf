"""What employees have reached in a campaign, counted from what really happened.

joined      customers whose owner they are, who took part
helped      friends whom they added, who helped and count
bought      of both, who paid an order after that; and what these orders came to
reached     whom they told, as they say themselves

From one moment to another, half-open. Nobody counts twice for one employee.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from apps.errands.hand_out import TARGETS
from apps.errands.models import Errand, Share

COUNT = """
WITH mine AS (
    SELECT contact.owner_id AS employee_id, taken.contact_id, taken.joined_at AS at,
        1 AS joined, 0 AS helped
    FROM campaigns_participation AS taken
    JOIN contacts_contact AS contact ON contact.id = taken.contact_id
    WHERE {campaign_of_taken} AND taken.joined_at >= %(since)s
        AND taken.joined_at < %(until)s AND contact.owner_id = ANY(%(employees)s)
    UNION ALL
    SELECT follow.employee_id, helped.contact_id, helped.at, 0, 1
    FROM referrals_referral AS helped
    JOIN contacts_follow AS follow ON follow.id = helped.follow_id
    WHERE {campaign_of_helped} AND helped.refused = '' AND helped.at >= %(since)s
        AND helped.at < %(until)s AND follow.employee_id = ANY(%(employees)s)
),
bought AS (
    SELECT DISTINCT mine.employee_id, row.id, row.contact_id,
        row.amount - row.refunded_amount AS worth
    FROM mine JOIN orders_order AS row ON row.contact_id = mine.contact_id
        AND row.paid_at >= mine.at AND row.paid_at < %(until)s
        AND row.status <> 'refunded'
)
SELECT employee_id,
    count(DISTINCT contact_id) FILTER (WHERE joined = 1),
    count(DISTINCT contact_id) FILTER (WHERE helped = 1),
    coalesce((SELECT count(DISTINCT contact_id) FROM bought
        WHERE bought.employee_id = mine.employee_id), 0),
    coalesce((SELECT sum(worth) FROM bought
        WHERE bought.employee_id = mine.employee_id), 0)
FROM mine GROUP BY employee_id
"""
OF_ONE = {
    "campaign_of_taken": "taken.campaign_id = %(campaign)s",
    "campaign_of_helped": "helped.campaign_id = %(campaign)s",
}
OF_ALL = dict.fromkeys(OF_ONE, "TRUE")


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Amounts in fen."""

    joined: int = 0
    helped: int = 0
    converted: int = 0
    amount: int = 0


NOTHING = Figures()


def figures(
    employees: Iterable[int],
    *,
    since: datetime,
    until: datetime,
    campaign_id: int | None = None,
) -> dict[int, Figures]:
    """Of one campaign or of all, in one statement."""
    told: dict[str, Any] = {
        "employees": list(employees),
        "since": since,
        "until": until,
    }
    sql = COUNT.format(**(OF_ALL if campaign_id is None else OF_ONE))
    with connection.cursor() as cursor:
        cursor.execute(sql, told | {"campaign": campaign_id})
        return {
            employee: Figures(
                joined=joined, helped=helped, converted=many, amount=int(worth)
            )
            for employee, joined, helped, many, worth in cursor
        }


def title_of(target: str) -> Any:
    field: Any = Errand._meta.get_field(target)
    return field.verbose_name


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One employee's part: what is reached of what, done or late."""

    share: Share
    reached: dict[str, int] = field(default_factory=dict)
    is_late: bool = False

    @property
    def is_done(self) -> bool:
        return self.share.done_at is not None

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Each target that is set, with how far it is, in percent at most 100."""
        errand = self.share.errand
        return [
            {
                "name": name,
                "title": title_of(name),
                "many": self.reached[name],
                "target": target,
                "part": min(round(self.reached[name] * 100 / target), 100),
                "is_money": name == "amount",
            }
            for name in TARGETS
            if (target := getattr(errand, name))
        ]

    @property
    def part(self) -> int:
        """Of all targets together, each as much as another."""
        parts = [line["part"] for line in self.lines]
        return round(sum(parts) / len(parts)) if parts else 0


def progress(errand: Errand, shares: list[Share], *, at: datetime) -> list[Progress]:
    """What came until it was due counts, or until it was called off."""
    until = min(at, errand.due_at, errand.ended_at or at)
    found = figures(
        [share.employee_id for share in shares],
        since=errand.since,
        until=max(until, errand.since),
        campaign_id=errand.campaign_id,
    )
    told = []
    for share in shares:
        share.errand = errand
        mine = found.get(share.employee_id, NOTHING)
        told.append(
            Progress(
                share=share,
                reached={"reached": share.reached, **vars(mine)},
                is_late=is_late(share, at=at),
            )
        )
    return told


def is_late(share: Share, *, at: datetime) -> bool:
    """Its time was over before they were done."""
    errand = share.errand
    if errand.ended_at and errand.ended_at <= errand.due_at:
        return False
    return (share.done_at or at) > errand.due_at
