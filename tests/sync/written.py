"""Which rows of ours were written: the same marks, the same rows."""

from django.db import connection

from apps.contacts.models import Contact, Follow, Identity
from apps.events.models import EventRecord
from apps.groups.models import GroupChat, Stay
from apps.staff.models import Department, Employee, Posting
from apps.tags.models import Tag, Tagging, TagGroup

MIRRORED = [
    *(Department, Employee, Posting),
    *(Contact, Follow, Identity),
    *(TagGroup, Tag, Tagging),
    *(GroupChat, Stay),
    EventRecord,
]


def marks() -> dict[str, list]:
    """Where each row lies, and which transaction wrote it last."""
    found = {}
    with connection.cursor() as cursor:
        for model in MIRRORED:
            table = model._meta.db_table
            cursor.execute(f"SELECT ctid::text, xmin::text FROM {table} ORDER BY 1")
            found[table] = cursor.fetchall()
    return found
