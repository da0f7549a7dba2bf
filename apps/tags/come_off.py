"""A label of our own that is deleted comes off everybody.

From that moment nobody sees it, and it is put on nobody. Off a few it comes at once;
off very many by the clock, so many at a time. Nothing is kept of how far that is: what
is still on somebody is what is left to do, whoever dies meanwhile; until then, rules
find them.
"""

from collections.abc import Collection

from django.db import connection
from django.db.models import Exists, OuterRef

from apps.tags.models import Tag, Tagging, TagGroup

AT_ONCE = 5_000  # that a person waits for
HANDFUL = 100_000

TAKE_OFF = """
DELETE FROM tags_tagging WHERE id = ANY (ARRAY(
    SELECT id FROM tags_tagging WHERE tag_id = ANY(%s) LIMIT %s
))
"""


def carriers(tags: Collection[int]) -> int:
    """How many contacts carry one of them."""
    rows = Tagging.objects.filter(tag__in=tags)
    return rows.values("contact").distinct().count()


def come_off(tags: Collection[int], *, most: int) -> int:
    """Answer off how many they came."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_OFF, [list(tags), most])
        return cursor.rowcount


def go_on() -> int:
    """A handful of what was deleted and is still on somebody."""
    deleted = Tag.objects.filter(
        Exists(Tagging.objects.filter(tag=OuterRef("pk"))),
        group__kind=TagGroup.Kind.OWN,
        deleted_at__isnull=False,
    )
    left = list(deleted.order_by("pk").values_list("pk", flat=True))
    return come_off(left, most=HANDFUL) if left else 0
