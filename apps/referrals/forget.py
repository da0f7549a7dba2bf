"""Whoever is erased: what they brought goes with them, what they helped stays.

The lines that a helper left in the account of an inviter stay as numbers that are
nobody's: whoever invited her keeps the count and what was won by it. An inviter's own
account goes. Those who came by her hang where she hung, and all above her have brought
so much less. Her codes are given back.
"""

from django.db import connection

from apps.common.turns import take_turns
from apps.contacts.forget import Traces
from apps.referrals.doors import give_back
from apps.referrals.graph import CLIMB, FOLDING
from apps.referrals.models import Invite

WITHOUT = f"""
WITH held AS (
    SELECT id, campaign_id, direct, total, id = %(gone)s AS goes
    FROM referrals_invite WHERE id = ANY(%(path)s)
    ORDER BY id FOR NO KEY UPDATE
), lowered AS (
    UPDATE referrals_invite AS invite SET total = held.total - %(brought)s
    FROM held WHERE held.id = invite.id AND NOT held.goes
), moved AS (
    SELECT campaign_id, is_total, value, sum(many) AS many
    FROM held CROSS JOIN LATERAL (VALUES
        (true, held.total, -1, true), (false, held.direct, -1, held.goes),
        (true, held.total - %(brought)s, 1, NOT held.goes)
    ) AS step (is_total, value, many, counts)
    WHERE value <> 0 AND counts
    GROUP BY campaign_id, is_total, value
    HAVING sum(many) <> 0
)
{CLIMB}
"""


def forget_invites(traces: Traces) -> int:
    """Nobody folds meanwhile; what is not folded yet was never counted above."""
    numbers = Invite.objects.filter(contact__in=traces.contacts).order_by("pk")
    found = list(numbers.values_list("pk", flat=True))
    if found:
        take_turns(FOLDING)
    return sum(take_out(Invite.objects.get(pk=number)) for number in found)


def take_out(invite: Invite) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            WITHOUT,
            {"gone": invite.pk, "path": invite.path, "brought": invite.direct},
        )
    if invite.config_id and not invite.removed_at:
        give_back([invite.config_id])
    Invite.objects.filter(parent=invite).update(parent=invite.parent_id)
    return invite.delete()[0]
