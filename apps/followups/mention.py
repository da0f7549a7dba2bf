"""“@name” in a note asks a colleague: they are reminded of it, and may read it.

Of two names the longer one is meant. Who may not see the contact cannot be asked.
"""

import re
from datetime import datetime

from apps.common.errors import Refused
from apps.contacts.models import Contact
from apps.followups.models import Mention, Note, Notice
from apps.staff.models import Employee

LONGEST_NAME = 32
MOST = 20  # names in one note
AT = re.compile(rf"[@＠]([^\s@＠]{{1,{LONGEST_NAME}}})")


class CannotSeeThem(Refused):
    """This colleague may not see the contact, and would not find the note: write it
    without @."""

    code = "mentioned_cannot_see"


def mentioned_in(text: str) -> list[Employee]:
    """Colleagues whose names stand behind an @."""
    behind = [found[1] for found in AT.finditer(text)][:MOST]
    names = {word[:size] for word in behind for size in range(1, len(word) + 1)}
    if not names:
        return []
    called: dict[str, list[Employee]] = {}
    for employee in Employee.objects.working().filter(name__in=names):
        called.setdefault(employee.name, []).append(employee)
    found: dict[int, Employee] = {}
    for word in behind:
        fits = [name for name in called if word.startswith(name)]
        if fits:
            meant = called[max(fits, key=len)]
            found |= {employee.pk: employee for employee in meant}
    return list(found.values())


def tell_the_mentioned(
    note: Note, *, about: Contact, author: int | None, at: datetime
) -> None:
    """Those who were not told of this note before; the author knows of it."""
    told = set(Mention.objects.filter(note=note).values_list("employee_id", flat=True))
    new = [
        employee
        for employee in mentioned_in(note.text)
        if employee.pk not in told and employee.pk != author
    ]
    for employee in new:
        user = getattr(employee, "user", None)
        seen = Contact.objects.filter(pk=about.pk)
        if user is None or not seen.visible_to(user).exists():
            raise CannotSeeThem(detail=str(employee))
    Mention.objects.bulk_create(Mention(note=note, employee=each) for each in new)
    Notice.objects.bulk_create(
        Notice(
            employee=each,
            kind=Notice.Kind.MENTIONED,
            contact=about,
            note=note,
            at=at,
        )
        for each in new
    )
