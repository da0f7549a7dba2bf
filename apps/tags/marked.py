"""WeCom has put a label on somebody for us, or taken it off; or why it did not.

It is written here as WeCom agrees, since it calls nobody back for what we do ourselves.
What a refusal teaches us is written down, too: that a tag is gone, or a connection.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from apps.common.jobs import Job
from apps.common.turns import take_turns
from apps.contacts.follow import end_follows
from apps.contacts.identify import turn
from apps.contacts.models import Follow
from apps.contacts.retell import LAG
from apps.contacts.rows import EndRow
from apps.events.bus import record_all
from apps.events.models import EventRecord
from apps.staff.models import User
from apps.tags.events import Tagged, Untagged
from apps.tags.mark import PERSON, SYSTEM, note_marks
from apps.tags.models import Tag, Tagging
from apps.tags.tag import marked_as_read, read_tag, standing_tags
from apps.wecom.outbox import Answer

UNKNOWN_THERE, NOT_CONNECTED = 40068, 84061


def marked(
    *, result: dict, about: dict[str, Any], called_at: datetime
) -> Job.Status | None:
    """WeCom did it: it is so here too, and no older reading changes it back. Nothing
    was to do if a colleague had done the same in WeCom meanwhile."""
    take_turns(turn(about["external_id"]))
    follow = (
        Follow.objects.select_related("identity").filter(pk=about["follow"]).first()
    )
    tag = Tag.objects.filter(pk__in=standing_tags([about["tag"]])).first()
    if follow is None or tag is None:
        return Job.Status.IGNORED
    contact_id, on = follow.identity.contact_id, about["on"]
    source = PERSON if about["by"] else SYSTEM
    by = User.objects.filter(pk=about["by"]).first()
    rows = Tagging.objects.filter(follow=follow, tag=tag)
    if on:
        _tagging, changed = rows.get_or_create(
            follow=follow,
            tag=tag,
            defaults={
                "contact_id": contact_id,
                "source": source,
                "at": called_at,
                "by": by,
            },
        )
    else:
        changed = bool(rows.delete()[0])
    marked_as_read([follow.pk], at=called_at)
    if not changed:
        return Job.Status.IGNORED
    kind: Callable[..., Any] = Tagged if on else Untagged
    told = kind(
        at=called_at,
        source=source,
        contact_id=contact_id,
        actor_id=about.get("by"),
        tag_id=tag.pk,
        follow_id=follow.pk,
    )
    record_all([told])
    note_marks([contact_id], tag, on=on, by=by, at=called_at)
    return None


def not_marked(*, errcode: int, about: dict[str, Any], called_at: datetime) -> None:
    """The batch that asked for it reads the code from the command itself; here stands
    what the code teaches us. A tag that WeCom does not know is read again. Who it says
    is connected no longer was dropped, unless they never confirmed, or only just."""
    if errcode == UNKNOWN_THERE:
        for tag in Tag.objects.filter(pk=about["tag"], deleted_at__isnull=True):
            read_tag(tag.wecom_id)
    elif errcode == NOT_CONNECTED:
        rows = Follow.objects.open().filter(
            pk=about["follow"], confirmed_at__lt=called_at - LAG
        )
        ended = [
            EndRow(
                external_id=about["external_id"],
                employee_id=each.employee_id,
                ended_at=called_at,
                ended_by=Follow.EndedBy.EMPLOYEE,
                known=False,
            )
            for each in rows
        ]
        end_follows(ended, source=EventRecord.Source.RECONCILE)


ANSWERS = {"tags.marked": Answer(marked, not_marked)}
