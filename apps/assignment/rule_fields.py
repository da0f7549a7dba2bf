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
        table="assignment_assignment AS row",
        value="row.pool_id",
        where="row.until IS NULL AND row.pool_id IS NOT NULL",
        optional=True,
        topic="follow",
        key=DECIDED,
    ),
)
