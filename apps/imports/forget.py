"""The rows of a table are personal data: they are kept for a month, then deleted.

Until then an import can be taken back and its wrong rows fetched; that there was one
stays known. Whoever is erased is taken out at once: the row stays with nothing in it,
so that the others keep their numbers; when the import is taken back, it is passed over.
"""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext

from apps.common.forget import forget_some
from apps.common.jobs import Job
from apps.contacts.forget import Traces
from apps.contacts.querysets import plain_phone
from apps.imports.models import ImportPart, sealed
from apps.imports.passes import WRONG

KEPT = timedelta(days=30)
# Lists of the journal in which a contact's number stands, alone or first.
BY_CONTACT = {"made", "fields", "given", "values", "tags"}


def forget_old(*, at: datetime) -> None:
    old = ImportPart.objects.filter(of__brought_at__lt=at - KEPT)
    idle = old.exclude(of__passes__status__in=Job.UNFINISHED)
    forget_some(idle.order_by("pk"), at_once=1_000)


def blank_rows(traces: Traces) -> int:
    """How many parts of tables were about the person."""
    reached = 0
    for part in ImportPart.objects.select_for_update().iterator(chunk_size=50):
        rows = part.rows
        theirs = {
            n for n, (_number, cells) in enumerate(rows) if is_about(cells, traces)
        }
        journal = without(part.journal, traces)
        if not theirs and journal == part.journal:
            continue
        reached += 1
        found = part.found
        for place in theirs:
            number, cells = rows[place]
            rows[place] = [number, [""] * len(cells)]
            if place < len(found):
                found[place] = [WRONG, gettext("This person was erased.")]
        ImportPart.objects.filter(pk=part.pk).update(
            rows_sealed=sealed(rows),
            found_sealed=sealed(found) if part.found_sealed else b"",
            journal_sealed=sealed(journal) if part.journal_sealed else b"",
        )
    return reached


def is_about(cells: list[Any], traces: Traces) -> bool:
    """Does a cell hold an id of theirs, or a phone however it is written?"""
    for cell in cells:
        text = str(cell or "").strip()
        if text and (text in traces.ids or text.lower() in traces.ids):
            return True
        if (phone := plain_phone(text)) and len(phone) >= 7 and phone in traces.ids:
            return True
    return False


def without(journal: dict[str, Any], traces: Traces) -> dict[str, Any]:
    """What is to be taken back, but for what was done with this person."""
    theirs = set(traces.contacts)
    kept = dict(journal)
    for name in BY_CONTACT & journal.keys():
        kept[name] = [each for each in journal[name] if contact_in(each) not in theirs]
    return kept


def contact_in(told: Any) -> int:
    return told[0] if isinstance(told, list) else told
