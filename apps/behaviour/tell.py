"""Another system reports behaviour: it is kept, and by which key it was, is noted."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from apps.behaviour.report import Outcome, ToldBehaviour, report
from apps.clients.models import Key
from apps.clients.noting import note_told
from apps.events.models import EventRecord


@transaction.atomic
def tell(
    *, key: Key, behaviours: Sequence[ToldBehaviour], at: datetime
) -> list[Outcome]:
    outcomes = report(
        system=key.client.system,
        behaviours=behaviours,
        source=EventRecord.Source.CLIENT,
        at=at,
    )
    if kept := outcomes.count(Outcome.KEPT):
        note_told(key=key, deed="behaviour_told", at=at, many=kept)
    return outcomes
