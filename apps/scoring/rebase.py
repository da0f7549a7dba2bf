"""Once a year weights are seen from a later landmark: no number grows without bound.

What a sum is worth does not change, since the factor that it loses the landmark gains.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction

from apps.common.turns import take_turns
from apps.scoring.models import ScoreVersion
from apps.scoring.settle import TURN

OLD = timedelta(days=365)


def rebase(*, at: datetime) -> int:
    """Answers how many versions have a new landmark. Each is a transaction, in which
    nobody earns."""
    old = ScoreVersion.objects.counting().filter(
        half_life__isnull=False, landmark__lt=at - OLD, ready_at__isnull=False
    )
    for version in old:
        with transaction.atomic():
            take_turns(TURN)
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE scoring_standing SET sums[%s] = sums[%s] * %s "
                    "WHERE sums[%s] <> 0",
                    [version.slot, version.slot, version.fades(at), version.slot],
                )
            ScoreVersion.objects.filter(pk=version.pk).update(landmark=at)
    return len(old)
