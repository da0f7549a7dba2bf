"""Since when a contact has been somebody's, and in which pool, for the rule language.

The open assignment says so; whom nobody was ever given to has been their owner's since
they were added.
"""

from django.utils.translation import gettext_lazy as _

from apps.rules.fields import Rows, add
from apps.rules.operators import Kind

OWNED = """(
    SELECT mine.contact_id, mine.since FROM assignment_assignment AS mine
    WHERE mine.until IS NULL AND mine.employee_id IS NOT NULL
    UNION ALL
    SELECT identity.contact_id, min(follow.started_at) FROM contacts_follow AS follow
    JOIN contacts_identity AS identity ON identity.id = follow.identity_id
    WHERE follow.ended_at IS NULL AND NOT EXISTS (
        SELECT FROM assignment_assignment AS decided
        WHERE decided.contact_id = identity.contact_id AND decided.until IS NULL
    )
    GROUP BY 1
) AS row"""
# As decided.py has it: of two who are one, who was never given to anybody waits where
# the other did.
WAITING = """(
    SELECT mine.contact_id, mine.pool_id FROM assignment_assignment AS mine
    WHERE mine.until IS NULL AND mine.pool_id IS NOT NULL
    UNION ALL
    SELECT loser.merged_into_id, theirs.pool_id FROM contacts_contact AS loser
    JOIN LATERAL (
        SELECT mine.pool_id FROM contacts_contact AS other
        JOIN assignment_assignment AS mine ON mine.contact_id = other.id
        WHERE other.merged_into_id = loser.merged_into_id AND mine.until IS NULL
        ORDER BY mine.since DESC LIMIT 1
    ) AS theirs ON theirs.pool_id IS NOT NULL
    WHERE loser.merged_into_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM assignment_assignment AS own
        WHERE own.contact_id = loser.merged_into_id AND own.until IS NULL
    )
) AS row"""
DECIDED = "decided"  # the key under which assignments tell that they have changed

add(
    Rows(
        name="owner_since",
        title=_("with the owner since"),
        group=_("Ownership"),
        kind=Kind.MOMENT,
        permission="assignment.view_assignment",
        table=OWNED,
        value="row.since",
        optional=True,
        topic="follow",
    ),
    Rows(
        name="in_pool",
        title=_("waits in the pool"),
        group=_("Ownership"),
        kind=Kind.PICK,
        permission="assignment.view_pool",
        model="assignment.pool",
        table=WAITING,
        value="row.pool_id",
        optional=True,
        topic="follow",
        key=DECIDED,
    ),
)
