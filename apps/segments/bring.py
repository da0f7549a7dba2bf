"""A fixed list is brought: one contact a line, by our number or an id in WeCom.

Phones are not taken: a list of them would tell whose they are. Whom the person may not
see is as unknown as whoever is not there.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.common.errors import Refused
from apps.common.filters import whole_number
from apps.contacts.models import Contact, Identity
from apps.segments.keep import freeze_as
from apps.segments.models import Segment
from apps.staff.models import User

MOST_LINES = 20_000
SHOWN = 20


class NobodyKnown(Refused):
    """None of these lines names a customer whom you may see."""

    code = "list_of_nobody"


class TooManyLines(Refused):
    """Bring no more than 20,000 lines at once."""

    code = "list_too_long"


@dataclass(frozen=True)
class Brought:
    segment: Segment
    unknown: list[str]


@transaction.atomic
def bring(*, text: str, name: str, folder: str, by: User, at: datetime) -> Brought:
    lines = list(dict.fromkeys(line.strip()[:128] for line in text.splitlines()))
    lines = [line for line in lines if line and "\x00" not in line]
    if len(lines) > MOST_LINES:
        raise TooManyLines
    known = contacts_behind(lines, by=by)
    if not known:
        raise NobodyKnown
    made = freeze_as(known.values(), name=name, folder=folder, by=by, at=at)
    return Brought(made, [line for line in lines if line not in known])


def contacts_behind(lines: list[str], *, by: User) -> dict[str, int]:
    """Whom each line names; whoever was merged is named by either number."""
    ids = Identity.objects.external().filter(value__in=lines)
    found = dict(ids.values_list("value", "contact_id"))
    numbers = {line: whole_number(line.removeprefix("#")) for line in lines}
    told = {line: pk for line, pk in numbers.items() if pk is not None}
    merged = Contact.objects.filter(pk__in=told.values(), merged_into__isnull=False)
    into = dict(merged.values_list("pk", "merged_into"))
    found |= {line: into.get(pk, pk) for line, pk in told.items()}
    seen = Contact.objects.visible_to(by).filter(pk__in=set(found.values()))
    visible = set(seen.values_list("pk", flat=True))
    return {line: pk for line, pk in found.items() if pk in visible}
