"""Labels of connections that have ended: WeCom keeps none of them, so they are taken
off here alone. Until somebody does, they tell what was known of whoever left.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from apps.common.turns import take_turns
from apps.contacts.identify import turn
from apps.events.bus import record_all
from apps.events.models import EventRecord
from apps.staff.models import User
from apps.tags.events import Untagged
from apps.tags.models import Tag, Tagging


def take_off_ended(
    tag: Tag,
    contacts: Mapping[int, Collection[int] | None],
    *,
    by: User,
    at: datetime,
) -> set[int]:
    """Off these contacts, or only off the follows that are said of one. Of whom was
    there any?"""
    ended = Tagging.objects.filter(
        tag=tag, contact__in=contacts, follow__ended_at__isnull=False
    )
    told = list(ended.values_list("follow__identity__value", flat=True))
    if not told:
        return set()
    take_turns(*map(turn, told))  # one may have begun anew
    rows = [
        row
        for row in ended.order_by("pk")
        if (only := contacts[row.contact_id]) is None or row.follow_id in only
    ]
    Tagging.objects.filter(pk__in=[row.pk for row in rows]).delete()
    record_all(
        Untagged(
            at=at,
            source=EventRecord.Source.PERSON,
            contact_id=row.contact_id,
            actor_id=by.pk,
            tag_id=tag.pk,
            follow_id=row.follow_id,
        )
        for row in rows
    )
    return {row.contact_id for row in rows}
