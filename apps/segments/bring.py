"""Contacts are named by lines: one a line, by our number or an id in WeCom. They become
a fixed list, or something is done to all of them.

Phones are not taken: a list of them would tell whose they are. Whom the person may not
see is as unknown as whoever is not there.
"""

from dataclasses import dataclass
from datetime import datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from apps.common.errors import Refused
from apps.common.filters import whole_number
from apps.common.tables import lines_in
from apps.contacts.models import Contact, Identity
from apps.lists.actions import ACTIONS, NoSuchAction
from apps.lists.batch import begin
from apps.lists.models import Batch
from apps.segments.keep import freeze_as
from apps.segments.models import Segment
from apps.staff.models import User
from apps.tags.mark import LIST, chosen

MOST_LINES = 20_000
LARGEST = 2_000_000  # bytes
TAG = "tags.tag"
SHOWN = 20


class NobodyKnown(Refused):
    """None of these lines names a customer whom you may see."""

    code = "list_of_nobody"


class TooManyLines(Refused):
    """Bring no more than 20,000 lines at once."""

    code = "list_too_long"


class FileOfListTooLarge(Refused):
    """The file is larger than 2 MB; 20,000 lines need no more."""

    code = "list_file_too_large"


@dataclass(frozen=True)
class Brought:
    segment: Segment
    unknown: list[str]


@transaction.atomic
def bring(*, text: str, name: str, folder: str, by: User, at: datetime) -> Brought:
    known, unknown = named_in(text, by=by)
    made = freeze_as(known, name=name, folder=folder, by=by, at=at)
    return Brought(made, unknown)


def mark(
    *, text: str, action: str, tag: int, by: User, at: datetime
) -> tuple[Batch, list[str]]:
    """A batch tags all of them, or takes the tag off; and lines that name nobody."""
    deed = ACTIONS.get((LIST, action))
    if deed is None or deed.picks != TAG:
        raise NoSuchAction
    options = chosen({"picked": tag}, by)
    known, unknown = named_in(text, by=by)
    return begin(action=deed, numbers=known, options=options, by=by, at=at), unknown


def text_of(file: UploadedFile) -> str:
    """Of a text or a table: what stands first in each line."""
    if (file.size or 0) > LARGEST:
        raise FileOfListTooLarge
    assert file.file
    return "\n".join(row.cells[0] for row in lines_in(file.file))


def named_in(text: str, *, by: User) -> tuple[list[int], list[str]]:
    """Whom the lines name, and those that name nobody whom they may see."""
    lines = list(dict.fromkeys(line.strip()[:128] for line in text.splitlines()))
    lines = [line for line in lines if line and "\x00" not in line]
    if len(lines) > MOST_LINES:
        raise TooManyLines
    known = contacts_behind(lines, by=by)
    if not known:
        raise NobodyKnown
    return sorted(set(known.values())), [line for line in lines if line not in known]


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
