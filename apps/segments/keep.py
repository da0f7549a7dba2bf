"""A segment is made, changed, frozen into a list, removed; every version is kept."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from pyroaring import BitMap

from apps.audit.note import note
from apps.common.errors import Refused
from apps.common.turns import take_turns
from apps.rules.explain import missing
from apps.rules.tree import leaves, read, told
from apps.segments.models import Segment, SegmentContact
from apps.segments.refresh import ask_for, members_of, note_size, put_in, topics_of
from apps.segments.used import used_by
from apps.staff.models import User

MOST_IN_A_LIST = 200_000  # that somebody waits for
TURN = "segment"  # rules name other segments: two edits at once could make a circle


class NoName(Refused):
    """A segment needs a name."""

    code = "segment_without_a_name"


class NotYours(Refused):
    """Only whoever made a segment, or an administrator, changes it."""

    code = "segment_of_another"


class NameTaken(Refused):
    """There is a segment of this name already."""

    code = "segment_name_taken"


class GoesInCircles(Refused):
    """The rule leads back to this segment itself, by way of others."""

    code = "segment_goes_in_circles"


class NamesNothing(Refused):
    """What the rule names is there no longer, or you may not see it."""

    code = "segment_names_nothing"


class InUse(Refused):
    """Something else is built on it; change that first."""

    code = "segment_in_use"


class NotWorkedOut(Refused):
    """Who is in it is still being worked out. Try again in a minute."""

    code = "segment_not_worked_out"


class TooManyForAList(Refused):
    """A fixed list is made of no more than 200,000 people; narrow the segment first."""

    code = "segment_too_large_for_a_list"


class ChangedMeanwhile(Refused):
    """A colleague has changed this segment meanwhile. Open it again."""

    code = "segment_changed_meanwhile"


@transaction.atomic
def keep(
    *,
    rule: Any,
    name: str,
    folder: str,
    description: str,
    by: User,
    at: datetime,
    segment: Segment | None = None,
    version: int | None = None,
) -> Segment:
    """Make one, or change `segment` as somebody saw it in `version`."""
    take_turns(TURN)
    node = read(rule, user=by)
    if gone := missing(node, user=by):
        raise NamesNothing(detail="；".join(gone))
    if segment is None:
        segment, before = Segment(owner=by, made_at=at), {}
    else:
        segment = held(segment, by=by)
        if version is not None and version != segment.version:
            raise ChangedMeanwhile
        before = told_of(segment)
        refuse_circles(segment, node)
    describe(segment, name=name, folder=folder, description=description)
    same_rule = segment.pk is not None and segment.rule == told(node)
    segment.rule, segment.topics = told(node), topics_of(node, at=at)
    segment.changed_at = at
    if segment.pk is not None and not same_rule:
        segment.version += 1
    written(segment)
    if not same_rule:
        segment.versions.create(number=segment.version, rule=segment.rule, by=by, at=at)
        ask_for([segment])
    after = told_of(segment)
    if before != after:
        deed = "changed" if before else "added"
        note(deed=deed, by=by, at=at, about=segment, before=before, after=after)
    return segment


@transaction.atomic
def freeze(*, segment: Segment, name: str, by: User, at: datetime) -> Segment:
    """Those who are in it now, as a list that stays as it is."""
    return freeze_as(now_in(segment), name=name, folder=segment.folder, by=by, at=at)


def now_in(segment: Segment) -> BitMap:
    """To be made into lists while somebody waits."""
    if not segment.is_filled:
        raise NotWorkedOut
    if segment.many > MOST_IN_A_LIST:
        raise TooManyForAList
    return members_of(segment)


@transaction.atomic
def freeze_as(
    contacts: Iterable[int], *, name: str, folder: str, by: User, at: datetime
) -> Segment:
    made = Segment(kind=Segment.Kind.LIST, owner=by, made_at=at, changed_at=at)
    describe(made, name=name, folder=folder, description="")
    written(made)
    fill(made, contacts, at=at)
    note(deed="added", by=by, at=at, about=made, after=told_of(made))
    return made


def fill(segment: Segment, contacts: Iterable[int], *, at: datetime) -> None:
    found = BitMap(contacts)
    came, went = put_in(segment, found, at=at)
    note_size(segment, found, came=len(came), went=len(went), at=at)


@transaction.atomic
def remove(*, segment: Segment, by: User, at: datetime) -> None:
    take_turns(TURN)
    segment = held(segment, by=by)
    if users := used_by(segment):
        raise InUse(detail="、".join(use.title for use in users[:5]))
    note(deed="deleted", by=by, at=at, about=segment, before=told_of(segment))
    SegmentContact.objects.filter(segment=segment).delete()
    segment.delete()


def may_change(segment: Segment, *, by: User) -> bool:
    if by.has_perm("segments.change_segment"):
        return True
    return segment.owner_id == by.pk and by.has_perm("segments.add_segment")


def held(segment: Segment, *, by: User) -> Segment:
    """Nobody else changes it until the end."""
    if not may_change(segment, by=by):
        raise NotYours
    return Segment.objects.select_for_update().get(pk=segment.pk)


def refuse_circles(segment: Segment, node: Any) -> None:
    """By what each rule was last known to look at: one further along may be broken."""
    topics = dict(Segment.objects.values_list("pk", "topics"))
    seen: set[int] = set()
    ahead = named_in(node)
    while ahead:
        if segment.pk in ahead:
            raise GoesInCircles
        seen |= ahead
        names = [name for one in ahead for name in topics.get(one, ())]
        looked_at = [name.partition(":") for name in names]
        ahead = {int(k) for topic, _, k in looked_at if topic == "segment" and k} - seen


def named_in(node: Any) -> set[int]:
    return {
        pk
        for leaf in leaves(node)
        if leaf.field.name == "segments"
        for pk in leaf.value
    }


def describe(segment: Segment, *, name: str, folder: str, description: str) -> None:
    def tidy(text: str, most: int) -> str:
        return " ".join(text.replace("\x00", "").split())[:most]

    segment.name = tidy(name, 40)
    segment.folder = tidy(folder, 40)
    segment.description = tidy(description, 200)
    if not segment.name:
        raise NoName


def written(segment: Segment) -> None:
    try:
        with transaction.atomic():
            segment.save()
    except IntegrityError as error:
        raise NameTaken from error


def told_of(segment: Segment) -> dict[str, Any]:
    return {
        "name": segment.name,
        "folder": segment.folder,
        "description": segment.description,
        "rule": segment.rule,
    }
