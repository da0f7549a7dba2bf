"""The referral graph: the chain above, the tree below, and who brought most.

The path of an invite is written once, when it is issued. What is brought is appended as
deltas in the helper's transaction, where nothing is shared with anybody else; `fold`
adds them to the counters of the invite and of all above it, in one statement. After
each fold the counters equal a recount of the whole tree. A delta of nought only says
that something is new. One's rank is a sum over rungs: how many have brought how many.
"""

import time
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import QuerySet, Sum

from apps.campaigns.models import Campaign
from apps.common.turns import take_free_turns
from apps.referrals.graph_models import Delta, Rung
from apps.referrals.models import Invite

FOLDING = "referrals: fold"
PAGE = 50
MOST = 20_000  # deltas in one fold
SECONDS = 3.0  # of those that a job may take where others wait

# How many have brought how many, by what `moved` says.
CLIMB = """INSERT INTO referrals_rung (campaign_id, is_total, value, many)
SELECT campaign_id, is_total, value, many FROM moved
ORDER BY campaign_id, is_total, value
ON CONFLICT (campaign_id, is_total, value)
DO UPDATE SET many = referrals_rung.many + excluded.many"""
FOLD = f"""
WITH first AS (
    SELECT id FROM referrals_delta ORDER BY id LIMIT %(most)s
), taken AS (
    DELETE FROM referrals_delta USING first WHERE referrals_delta.id = first.id
    RETURNING invite_id, points
), own AS (
    SELECT invite_id AS id, sum(points) AS points FROM taken GROUP BY invite_id
), added AS (
    SELECT above.id, sum(own.points) AS total,
        coalesce(sum(own.points) FILTER (WHERE above.id = own.id), 0) AS direct,
        bool_or(above.id = own.id) AS is_own
    FROM own
    JOIN referrals_invite AS invite ON invite.id = own.id
    CROSS JOIN LATERAL unnest(invite.path) AS above (id)
    GROUP BY above.id
), held AS (
    SELECT invite.id, invite.campaign_id, invite.direct, invite.total,
        invite.direct + added.direct AS direct_then,
        invite.total + added.total AS total_then, added.is_own
    FROM referrals_invite AS invite
    JOIN added ON added.id = invite.id AND (added.is_own OR added.total <> 0)
    ORDER BY invite.id
    FOR NO KEY UPDATE OF invite
), folded AS (
    UPDATE referrals_invite AS invite
    SET direct = held.direct_then, total = held.total_then,
        look_at = CASE WHEN is_own THEN coalesce(look_at, now()) ELSE look_at END
    FROM held WHERE held.id = invite.id
), moved AS (
    SELECT campaign_id, is_total, value, sum(many) AS many
    FROM held CROSS JOIN LATERAL (VALUES
        (false, held.direct, -1), (false, held.direct_then, 1),
        (true, held.total, -1), (true, held.total_then, 1)
    ) AS step (is_total, value, many)
    WHERE value <> 0
    GROUP BY campaign_id, is_total, value
    HAVING sum(many) <> 0
), climbed AS (
    {CLIMB}
)
SELECT count(*) FROM taken
"""


class Rank(NamedTuple):
    """The first has one; equals share theirs."""

    rank: int
    brought: int


@transaction.atomic
def fold(*, most: int = MOST) -> int:
    """Some of the deltas; how many? Only one folds at a time."""
    if not take_free_turns(FOLDING):
        return 0
    with connection.cursor() as cursor:
        cursor.execute(FOLD, {"most": most})
        [many] = cursor.fetchone()
    return many


def fold_all(*, within: float = SECONDS) -> int:
    """Until none is left, or the time is up."""
    until, many = time.monotonic() + within, 0
    while some := fold():
        many += some
        if some < MOST or time.monotonic() > until:
            break
    return many


# --- above and below ------------------------------------------------------------------


def chain_above(invite: Invite) -> list[Invite]:
    """By whom they came, by whom those came, and so on up; nearest first."""
    above = [pk for pk in invite.path if pk != invite.pk]
    rows = {row.pk: row for row in with_people(Invite.objects.filter(pk__in=above))}
    return [rows[pk] for pk in reversed(above) if pk in rows]


def children_of(invite: Invite, page: int = 1, *, size: int = PAGE) -> list[Invite]:
    """Who came by this invite and invites in turn; those who brought most first."""
    rows = Invite.objects.filter(parent=invite).order_by("-total", "-pk")
    start = (max(page, 1) - 1) * size
    return list(with_people(rows)[start : start + size])


def roots_of(campaign: Campaign, page: int = 1, *, size: int = PAGE) -> list[Invite]:
    """Whoever came into the campaign by nobody's invite."""
    rows = Invite.objects.filter(campaign=campaign, parent=None)
    start = (max(page, 1) - 1) * size
    return list(with_people(rows.order_by("-total", "-pk"))[start : start + size])


def with_people(rows: QuerySet[Invite]) -> QuerySet[Invite]:
    return rows.select_related("contact")


# --- who brought most -----------------------------------------------------------------


def leaderboard(
    campaign: Campaign, *, whole_tree: bool = False, most: int = PAGE
) -> list[Invite]:
    """As far as deltas are folded, which is a matter of seconds."""
    by = "total" if whole_tree else "direct"
    rows = with_people(Invite.objects.filter(campaign=campaign, **{f"{by}__gt": 0}))
    named = rows.only("campaign", "direct", "total", "contact__name")
    return list(named.order_by(f"-{by}", "-pk")[:most])


def rank_of(invite: Invite, *, whole_tree: bool = False) -> Rank:
    """One more than those who have brought more."""
    brought = invite.total if whole_tree else invite.direct
    better = Rung.objects.filter(
        campaign=invite.campaign_id, is_total=whole_tree, value__gt=brought
    )
    ahead = better.aggregate(all=Sum("many"))["all"] or 0
    return Rank(ahead + 1, brought)


def waiting() -> int:
    """Deltas that are not folded yet."""
    return Delta.objects.count()
