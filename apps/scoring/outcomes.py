"""What can be foretold: that a lead is won, a first order, a second one; within N days.

Each outcome has spells in which it is still open for somebody: from when on it could
come, until when, and whether it came. Who stands in the middle of one at a moment is
asked about; the outcome is whether it came within so many days.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection
from django.utils.translation import gettext_lazy as _

from apps.orders.rule_fields import COUNTS
from apps.scoring.lifetime import Numbers

NEVER = np.inf
MICRO = 1e-6


def packed(number: str, size: int = 8) -> str:
    return f"string_agg(int{size}send(({number})::int{size}), ''::bytea)"


def micros(moment: str) -> str:
    """Microseconds since 1970; -1 if there is none."""
    return f"coalesce(extract(epoch FROM {moment}) * 1000000, -1)"


PACKS = f"""
SELECT {packed("contact_id")}, {packed(micros("begins"))}, {packed(micros("ends"))},
    {packed("came::int", 2)}
FROM spells
"""
WON = """
WITH spells AS (
    SELECT lead.contact_id, lead.opened_at AS begins, lead.closed_at AS ends,
        stage.ends = 'won' AS came
    FROM followups_lead AS lead
    JOIN followups_stage AS stage ON stage.id = lead.stage_id
    WHERE NOT lead.folded
)
"""
FIRST = f"""
WITH bought AS (
    SELECT row.contact_id, min(row.paid_at) AS at FROM orders_order AS row
    WHERE row.contact_id IS NOT NULL AND {COUNTS} GROUP BY 1
), spells AS (
    SELECT contact.id AS contact_id, contact.added_at AS begins, bought.at AS ends,
        bought.at IS NOT NULL AS came
    FROM contacts_contact AS contact LEFT JOIN bought ON bought.contact_id = contact.id
    WHERE contact.merged_into_id IS NULL
)
"""
SECOND = f"""
WITH bought AS (
    SELECT row.contact_id, (array_agg(row.paid_at ORDER BY row.paid_at))[1:2] AS at
    FROM orders_order AS row
    WHERE row.contact_id IS NOT NULL AND {COUNTS} GROUP BY 1
), spells AS (
    SELECT contact_id, at[1] AS begins, at[2] AS ends, at[2] IS NOT NULL AS came
    FROM bought
)
"""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    name: str
    title: Any
    of_whom: Any
    spells: str
    permission: str


OUTCOMES = {
    each.name: each
    for each in (
        Outcome(
            name="first_order",
            title=_("first order"),
            of_whom=_("contacts who have not bought yet"),
            spells=FIRST,
            permission="orders.view_order",
        ),
        Outcome(
            name="second_order",
            title=_("second order"),
            of_whom=_("contacts who have bought once"),
            spells=SECOND,
            permission="orders.view_order",
        ),
        Outcome(
            name="won",
            title=_("lead won"),
            of_whom=_("contacts with an open lead"),
            spells=WON,
            permission="followups.view_lead",
        ),
    )
}


@dataclass(frozen=True)
class Spells:
    """Moments are seconds since 1970."""

    contacts: Any
    begins: Numbers
    ends: Numbers
    came: Any

    def open_at(self, at: datetime) -> Any:
        now = at.timestamp()
        return np.flatnonzero((self.begins < now) & (self.ends >= now))

    def came_by(self, chosen: Any, until: datetime) -> Numbers:
        soon = self.ends[chosen] < until.timestamp()
        return (self.came[chosen] & soon).astype(float)


def spells_of(outcome: Outcome) -> Spells:
    with connection.cursor() as cursor:
        cursor.execute(outcome.spells + PACKS)
        told = [bytes(each or b"") for each in cursor.fetchone()]
    contacts, begins, ends = (np.frombuffer(each, ">i8") for each in told[:3])
    came = np.frombuffer(told[3], ">i2").astype(bool)
    ended = np.where(ends < 0, NEVER, ends * MICRO)
    return Spells(contacts.astype(np.int64), begins * MICRO, ended, came)


def cuts_before(at: datetime, *, days: int, first: float, many: int) -> list[datetime]:
    """Moments whose outcomes are known by now, and do not overlap; the oldest first."""
    found = []
    for number in range(1, many + 1):
        cut = at - timedelta(days=days * number)
        if cut.timestamp() <= first:
            break
        found.append(cut)
    return found[::-1]
