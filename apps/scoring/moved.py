"""Sums of those whose lines were moved, by a merge or its undo, are folded again."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from apps.common.turns import share_turn
from apps.scoring.earn import HEARD, refolded, statements, who_now
from apps.scoring.models import ScoreVersion
from apps.scoring.settle import TURN, hold, put

GO_HOME = f"""{HEARD}
UPDATE scoring_earning AS line SET contact_id = told.contact_id
FROM ({{meant}}) AS told
WHERE line.version_id = told.version_id AND line.cause = told.cause
    AND line.contact_id <> told.contact_id
"""


@transaction.atomic
def refold(contacts: Iterable[int], *, at: datetime, silent: bool = False) -> None:
    """All sums of these from the ledger: whose lines were moved by a merge."""
    asked = who_now(contacts)
    standing = {pk for pk, now in asked.items() if pk == now}
    versions = list(ScoreVersion.objects.counting().order_by("slot"))
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM scoring_standing WHERE contact_id = ANY(%s)",
            [sorted(asked.keys() - standing)],
        )
    if not versions or not standing:
        return
    held = hold(standing)
    sums_now = refolded(versions, standing)
    slots = [version.slot for version in versions if version.slot]
    put(sums_now, held=held, replaces=slots, at=at, silent=silent)


@transaction.atomic
def take_home(contacts: Iterable[int], *, at: datetime) -> None:
    """A merge was taken back: a line goes with what it was earned for, also one that
    was heard of meanwhile; then sums are folded again."""
    asked = sorted(contacts)
    parts, held = statements(ScoreVersion.objects.counting(), events="heard")
    share_turn(TURN)
    who_now(asked)
    if parts:
        with connection.cursor() as cursor:
            meant = " UNION ALL ".join(parts)
            statement = GO_HOME.format(
                which="row.contact_id = ANY(%(who)s)", meant=meant
            )
            cursor.execute(statement, {**held, "who": asked})
    refold(asked, at=at)
