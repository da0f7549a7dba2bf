"""From the scan to the purchase, for each campaign or channel code; and the K factor.

opened   how often a link was opened, as WeCom counts it; of a code nobody knows
added    of a campaign: who came by its channel while it lasted; of a channel: who took
         a turn
joined   who took part; of a channel: of those it brought, who took part in a campaign
helped   who helped and counts; of a channel: of those it brought, who helped
bought   who paid an order in the days of the window after they joined, helped or came

K        helpers for each participant, times the share of helpers who take part
         themselves: above 1 a campaign grows by itself

Of a campaign each stage counts what happened in the days that are asked for; of a
channel those whom it brought in these days, whatever they did since. Nobody counts
twice in a stage.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from apps.campaigns.models import Campaign
from apps.channels.models import LinkDay
from apps.reports.paths import Asked, ask, seen_by
from apps.reports.table import names_of
from apps.staff.models import User

WITHIN = "{0} >= %(start)s AND {0} < %(end)s"
PAID = "bought.paid_at IS NOT NULL AND bought.status <> 'refunded'"
ENTERED = f"""
SELECT entry.contact_id, entry.at, entry.channel_id AS key
FROM channels_entry AS entry
WHERE entry.counted AND {WITHIN.format("entry.at")}
"""
BOUGHT = f"""
SELECT came.contact_id, came.at, came.key FROM ({{came}}) AS came
WHERE EXISTS (
    SELECT FROM orders_order AS bought WHERE bought.contact_id = came.contact_id
        AND {PAID} AND bought.paid_at >= came.at
        AND bought.paid_at < came.at + %(window)s
)
"""
JOINED = f"""
SELECT contact_id, joined_at AS at, campaign_id AS key FROM campaigns_participation
WHERE {WITHIN.format("joined_at")}
"""
HELPED = f"""
SELECT contact_id, at, campaign_id AS key FROM referrals_referral
WHERE refused = '' AND {WITHIN.format("at")}
"""
STAGES: dict[str, dict[str, str]] = {
    "campaign": {
        "added": f"""
            SELECT entry.contact_id, entry.at, campaign.id AS key
            FROM campaigns_campaign AS campaign
            JOIN channels_entry AS entry ON entry.channel_id = campaign.channel_id
                AND entry.at >= campaign.starts_at AND entry.at < campaign.ends_at
            WHERE {WITHIN.format("entry.at")}
        """,
        "joined": JOINED,
        "helped": HELPED,
        "bought": BOUGHT.format(came=f"{JOINED} UNION ALL {HELPED}"),
    },
    "channel": {
        "added": ENTERED,
        "joined": f"""
            SELECT came.contact_id, came.at, came.key FROM ({ENTERED}) AS came
            WHERE EXISTS (
                SELECT FROM campaigns_participation AS taken
                WHERE taken.contact_id = came.contact_id AND taken.joined_at >= came.at
            )
        """,
        "helped": f"""
            SELECT came.contact_id, came.at, came.key FROM ({ENTERED}) AS came
            WHERE EXISTS (
                SELECT FROM referrals_referral AS helped
                WHERE helped.contact_id = came.contact_id AND helped.refused = ''
                    AND helped.at >= came.at
            )
        """,
        "bought": BOUGHT.format(came=ENTERED),
    },
}
TITLES = {
    "added": _("added"),
    "joined": _("took part"),
    "helped": _("helped"),
    "bought": _("bought"),
}
COUNT = """
SELECT key, count(DISTINCT contact_id) FROM ({stage}) AS came WHERE TRUE {seen}
GROUP BY key
"""
WHO = """
SELECT contact_id, min(at) AS at FROM ({stage}) AS came WHERE key = %(key)s {seen}
GROUP BY contact_id
"""
PAGE = "ORDER BY at DESC, contact_id DESC LIMIT %(many)s OFFSET %(passed)s"
BOTH = f"""
SELECT helped.key, count(DISTINCT helped.contact_id) FROM ({HELPED}) AS helped
JOIN campaigns_participation AS taken ON taken.contact_id = helped.contact_id
    AND taken.campaign_id = helped.key
WHERE TRUE {{seen}} GROUP BY helped.key
"""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One campaign or channel: how many came to each stage."""

    key: int
    name: str
    opened: int | None
    many: Mapping[str, int]
    k: float | None = None

    @property
    def stages(self) -> list[dict[str, Any]]:
        """Each with the share of the first stage that anybody came to."""
        most = max(self.many.values(), default=0)
        return [
            {
                "name": name,
                "title": title,
                "many": self.many[name],
                "part": round(self.many[name] * 100 / most) if most else 0,
            }
            for name, title in TITLES.items()
        ]


def funnels(asked: Asked, *, user: User | None) -> list[Line]:
    """Of whatever anybody came to in these days, those with most first."""
    by = asked.by.name
    seen, told = seen_by(user)
    counts = {
        stage: dict(
            ask(COUNT.format(stage=sql, seen=seen.format("came")), asked.values | told)
        )
        for stage, sql in STAGES[by].items()
    }
    keys = sorted({key for found in counts.values() for key in found})
    names = names_of(keys, by=asked.by, user=user)
    opened, k = opened_in(asked, keys), {}
    if by == "campaign":
        rows = ask(BOTH.format(seen=seen.format("helped")), asked.values | told)
        k = {
            key: both / counts["joined"][key]
            for key, both in rows
            if counts["joined"].get(key)
        }
    lines = [
        Line(
            key=key,
            name=names[key],
            opened=opened.get(key),
            many={stage: counts[stage].get(key, 0) for stage in TITLES},
            k=k.get(key, 0.0 if counts["joined"].get(key) else None)
            if by == "campaign"
            else None,
        )
        for key in keys
    ]
    return sorted(lines, key=lambda line: (-max(line.many.values()), line.name))


def opened_in(asked: Asked, keys: list[int]) -> dict[int, int]:
    """How often the links were opened in these days."""
    links = {key: key for key in keys}
    if asked.by.name == "campaign":
        rows = Campaign.objects.filter(pk__in=keys, channel__isnull=False)
        links = dict(rows.values_list("pk", "channel"))
    days = LinkDay.objects.filter(
        channel__in=links.values(), day__gte=asked.first, day__lte=asked.last
    )
    sums = days.order_by().values_list("channel").annotate(many=Sum("opened"))
    found = dict(sums)
    return {key: found[link] for key, link in links.items() if link in found}


def who_came_to(
    asked: Asked, *, key: int, stage: str, user: User, many: int, passed: int = 0
) -> tuple[list[tuple[int, datetime]], int]:
    """Contacts who came to a stage, with the moment, the newest first."""
    seen, told = seen_by(user)
    sql = WHO.format(stage=STAGES[asked.by.name][stage], seen=seen.format("came"))
    values = asked.values | told | {"key": key, "many": many, "passed": passed}
    [[whole]] = ask(f"SELECT count(*) FROM ({sql}) AS counted", values)
    return [(contact, at) for contact, at in ask(sql + PAGE, values)], whole
