"""What may touch a contact before a conversion, and what counts as one.

A touch is a moment at which something of ours and a contact met; each kind is one SQL
statement of contact, moment and key. A conversion is one too: the row, the contact, the
moment, and what it was worth in fen. What there is of either is said here alone.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

WINDOWS = (7, 30, 90)  # days before a conversion in which a touch counts


@dataclass(frozen=True, kw_only=True)
class Kind:
    """`rows` are contact_id, at and key; `model` has the rows that the keys name, and
    is empty where a key is a text."""

    name: str
    title: Any
    each: Any  # in the words of a path
    rows: str
    model: str = ""
    icon: str


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            name="channel",
            title=_("channel code"),
            each=_("came by “%(name)s”"),
            rows="SELECT contact_id, at, channel_id AS key FROM channels_entry",
            model="channels.channel",
            icon="qr_code_2",
        ),
        Kind(
            name="employee",
            title=_("employee"),
            each=_("became a friend of %(name)s"),
            rows="SELECT identity.contact_id, follow.started_at AS at, "
            "follow.employee_id AS key FROM contacts_follow AS follow "
            "JOIN contacts_identity AS identity ON identity.id = follow.identity_id "
            "WHERE follow.start_known",
            model="staff.employee",
            icon="badge",
        ),
        Kind(
            name="campaign",
            title=_("campaign"),
            each=_("took part in “%(name)s”"),
            rows="SELECT contact_id, joined_at AS at, campaign_id AS key "
            "FROM campaigns_participation UNION ALL "
            "SELECT contact_id, at, campaign_id FROM referrals_referral",
            model="campaigns.campaign",
            icon="celebration",
        ),
        Kind(
            name="inviter",
            title=_("inviter"),
            each=_("was invited by %(name)s"),
            rows="SELECT referral.contact_id, referral.at, invite.contact_id AS key "
            "FROM referrals_referral AS referral "
            "JOIN referrals_invite AS invite ON invite.id = referral.invite_id",
            model="contacts.contact",
            icon="diversity_3",
        ),
        Kind(
            name="content",
            title=_("content link"),
            each=_("did “%(name)s”"),
            rows="SELECT contact_id, at, coalesce(nullif(title, ''), kind) AS key "
            "FROM behaviour_behaviour",
            icon="article",
        ),
    )
}


@dataclass(frozen=True, kw_only=True)
class Goal:
    """`rows` are what, contact_id, at and worth, between %(start)s and %(end)s; `done`
    is the condition under which somebody who was touched is not lost."""

    name: str
    title: Any
    rows: str
    done: str
    model: str


COUNTS = "{0}.paid_at IS NOT NULL AND {0}.status <> 'refunded'"
ORDERS = f"""
SELECT row.id AS what, row.contact_id, row.paid_at AS at,
    row.amount - row.refunded_amount AS worth
FROM orders_order AS row
WHERE row.paid_at >= %(start)s AND row.paid_at < %(end)s
    AND row.contact_id IS NOT NULL AND {COUNTS.format("row")}
"""
EARLIER = f"""
AND NOT EXISTS (
    SELECT FROM orders_order AS earlier WHERE earlier.contact_id = row.contact_id
        AND {COUNTS.format("earlier")}
        AND (earlier.paid_at, earlier.id) < (row.paid_at, row.id)
)
"""
BOUGHT = f"""
EXISTS (
    SELECT FROM orders_order AS bought WHERE bought.contact_id = touch.contact_id
        AND {COUNTS.format("bought")} AND bought.paid_at < %(end)s
)
"""
WON = """
SELECT row.id AS what, row.contact_id, row.stage_since AS at,
    coalesce(row.amount, 0) AS worth
FROM followups_lead AS row
WHERE row.stage_id IN (SELECT id FROM followups_stage WHERE ends = 'won')
    AND NOT row.folded AND row.stage_since >= %(start)s AND row.stage_since < %(end)s
"""
CONVERTED = """
EXISTS (SELECT FROM conversion WHERE conversion.contact_id = touch.contact_id)
"""
GOALS = {
    goal.name: goal
    for goal in (
        Goal(
            name="first",
            title=_("first order"),
            rows=ORDERS + EARLIER,
            done=BOUGHT,
            model="orders.order",
        ),
        Goal(
            name="order",
            title=_("any order"),
            rows=ORDERS,
            done=CONVERTED,
            model="orders.order",
        ),
        Goal(
            name="won",
            title=_("lead won"),
            rows=WON,
            done=CONVERTED,
            model="followups.lead",
        ),
    )
}
