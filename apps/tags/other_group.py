"""A label of our own goes to another group of our own.

Who carries it stays as it is, and so does every rule that names it. WeCom knows no such
move: there a tag stays in the group it was made in (wecom/api.md, edit_corp_tag).
"""

from datetime import datetime

from django.db import transaction

from apps.audit.note import note
from apps.common.errors import Refused
from apps.staff.models import User
from apps.tags.keep_order import IsGone, TagTaken, held, standing_tags
from apps.tags.models import Tag, TagGroup


class StaysInItsGroup(Refused):
    """Only a tag that is kept here alone can go to another group, and only to one that
    is kept here alone: WeCom has no way to move a tag."""

    code = "tag_stays_in_its_group"


def other_groups(tag_group: TagGroup) -> list[TagGroup]:
    """Where its tags may go."""
    if not tag_group.is_own:
        return []
    own = TagGroup.objects.filter(kind=TagGroup.Kind.OWN, deleted_at__isnull=True)
    return list(own.exclude(pk=tag_group.pk).order_by("-order", "pk"))


@transaction.atomic
def put_under(*, tag: Tag, group: TagGroup, by: User, at: datetime) -> None:
    """Behind those that stand there already."""
    tag = held(tag)
    group.refresh_from_db()
    before = tag.group
    if before is None or not before.is_own or not group.is_own:
        raise StaysInItsGroup
    if group.deleted_at:
        raise IsGone
    if group == before:
        return
    there = standing_tags(group)
    if there.filter(name=tag.name).exists():
        raise TagTaken(detail=group.name)
    last = there.last()
    tag.group, tag.order = group, last.order - 1 if last else 0
    tag.save(update_fields=["group", "order"])
    changes = {"before": {"tag group": before.name}, "after": {"tag group": group.name}}
    note(deed="changed", by=by, at=at, about=tag, **changes)
