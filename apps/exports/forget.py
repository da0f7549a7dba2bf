"""Whoever is erased is taken out of the files that were exported within the last day.

The part of the file in which they stand is written anew without them.
"""

from django.db.models import Q

from apps.common.jobs import Job
from apps.contacts.forget import WAIT, StillAtWork, Traces
from apps.exports.columns import chosen
from apps.exports.models import Export, ExportPart
from apps.exports.writing import written
from apps.orders.models import Order

NOBODY = 0  # keeps the place of a row, so that the others are counted as before


def take_out(traces: Traces) -> int:
    """How many parts of files were about the person."""
    orders = Order.objects.filter(contact__in=traces.contacts)
    theirs = {
        Export.Kind.CONTACTS: set(traces.contacts),
        Export.Kind.ORDERS: set(orders.values_list("pk", flat=True)),
    }
    named = Q()
    for kind, numbers in theirs.items():
        named |= Q(of__kind=kind, about__overlap=sorted(numbers))
    parts = ExportPart.objects.filter(named)
    if parts.filter(of__writing__status__in=Job.UNFINISHED).exists():
        raise StillAtWork(after=WAIT)
    reached = 0
    for part in parts.select_related("of__by").iterator(chunk_size=1):
        reached += 1
        gone = theirs[Export.Kind(part.of.kind)]
        part.about = [NOBODY if number in gone else number for number in part.about]
        if part.rows_sealed:
            columns = chosen(part.of.kind, part.of.columns)
            part.rows_sealed = written(part.of, part, columns, by=part.of.by)
        part.save(update_fields=["about", "rows_sealed"])
    return reached
