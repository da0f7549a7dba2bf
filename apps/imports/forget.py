"""The rows of a table are personal data: they are kept for a month, then deleted.

Until then an import can be taken back and its wrong rows fetched; that there was one
stays known.
"""

from datetime import datetime, timedelta

from apps.common.forget import forget_some
from apps.common.jobs import Job
from apps.imports.models import ImportPart

KEPT = timedelta(days=30)


def forget_old(*, at: datetime) -> None:
    old = ImportPart.objects.filter(of__brought_at__lt=at - KEPT)
    idle = old.exclude(of__passes__status__in=Job.UNFINISHED)
    forget_some(idle.order_by("pk"), at_once=1_000)
