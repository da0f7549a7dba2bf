"""WeCom is asked to make, change or delete groups and tags, and what becomes of it.

Here they change when WeCom has agreed: it calls nobody back for what we do ourselves.
After a refusal the page says why, and what can be done.

Whether tags were made cannot be known if the connection was lost meanwhile. Nobody
tries blindly again: the next reading of all tags shows whether they are there.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from apps.audit.note import note
from apps.common.errors import Refused
from apps.common.jobs import Job
from apps.common.turns import take_turns
from apps.events.models import EventRecord
from apps.staff.models import User
from apps.tags.catalogue import TURN, delete_groups, delete_tags
from apps.tags.give_way import (
    Deed,
    State,
    Thing,
    changes_of,
    going,
    settle,
    waiting,
)
from apps.tags.models import Tag, TagChange, TagGroup
from apps.tags.places import LARGEST
from apps.wecom.decide import send_now, was_sent
from apps.wecom.models import Command
from apps.wecom.outbox import Answer, ask, withdraw

PERSON = EventRecord.Source.PERSON
UNKNOWN_THERE, TAKEN_THERE, MADE_ELSEWHERE = 40068, 40071, 81011
SURE = timedelta(minutes=1)  # after a call, a reading shows whether it had its effect


# --- asking -------------------------------------------------------------------------


def ask_to_make(
    *, group: TagGroup | None, name: str, tags: Sequence[str], by: User, at: datetime
) -> None:
    """Tags in a group, or a new group with them; they stand behind those there are."""
    last = standing_in(group).order_by("order").first() if group else None
    top = min(last.order, LARGEST) if last else len(tags) + 1
    told = [
        {"name": each, "order": max(top - place, 0)}
        for place, each in enumerate(tags, start=1)
    ]
    change = TagChange.objects.create(
        deed=Deed.MAKE,
        group=group,
        wanted={"name": name, "tags": list(tags)},
        by=by,
        at=at,
    )
    where = {"group_id": group.wecom_id} if group else {"group_name": name}
    send(change, "externalcontact.add_corp_tag", {**where, "tag": told}, make=True)
    after = {"tag group": name or str(group), "tags": "、".join(tags)}
    note(deed="asked_wecom", by=by, at=at, about=change, after=after)


def ask_to_edit(
    edits: Mapping[Any, Mapping[str, Any]], *, by: User, at: datetime
) -> None:
    """Of each another name, another order, or both. What still waits goes along."""
    for thing, wanted in edits.items():
        earlier = take_back(thing, deed=Deed.EDIT, at=at)
        change = TagChange.objects.create(
            deed=Deed.EDIT,
            wanted={**earlier, **wanted},
            was={"name": thing.name, "order": thing.order},
            by=by,
            at=at,
            **naming(thing),
        )
        arguments = {"id": thing.wecom_id, **change.wanted}
        send(change, "externalcontact.edit_corp_tag", arguments)
        before = {name: change.was[name] for name in wanted}
        changes: dict[str, Any] = {"before": before, "after": dict(wanted)}
        note(deed="asked_wecom", by=by, at=at, about=thing, **changes)


def ask_to_delete(thing: Thing, *, by: User, at: datetime) -> None:
    take_back(thing, deed=Deed.DELETE, at=at)
    if going([thing]):  # WeCom is being told at this moment
        return
    take_back(thing, deed=Deed.EDIT, at=at)
    change = TagChange.objects.create(
        deed=Deed.DELETE, was={"name": thing.name}, by=by, at=at, **naming(thing)
    )
    which = "tag_id" if isinstance(thing, Tag) else "group_id"
    send(change, "externalcontact.del_corp_tag", {which: [thing.wecom_id]})
    before = {"name": thing.name}
    note(deed="asked_wecom", by=by, at=at, about=thing, before=before)


def ask_whether_ours(things: Iterable[Thing], *, by: User, at: datetime) -> None:
    """By putting each where it stands already: WeCom refuses what others have made."""
    for thing in things:
        if waiting().filter(changes_of([thing])).exists():
            continue
        change = TagChange.objects.create(
            deed=Deed.FIND_OUT,
            wanted={"order": thing.order},
            was={"name": thing.name},
            by=by,
            at=at,
            **naming(thing),
        )
        arguments = {"id": thing.wecom_id, "order": thing.order}
        send(change, "externalcontact.edit_corp_tag", arguments)


def naming(thing: Thing) -> dict[str, Any]:
    if isinstance(thing, Tag):
        return {"tag": thing, "group": thing.group}
    return {"group": thing}


def send(
    change: TagChange, call: str, arguments: dict[str, Any], *, make: bool = False
) -> None:
    command = ask(
        call,
        arguments=arguments,
        answer="sync.tags_made" if make else "tags.told",
        about={"change": change.pk},
        once="" if make else f"tag {change.about.wecom_id}",
    )
    TagChange.objects.filter(pk=change.pk).update(command=command and command.pk)


def take_back(thing: Thing, *, deed: TagChange.Deed, at: datetime) -> dict[str, Any]:
    """What nobody has told WeCom yet of this is not told; what was it?"""
    changes = {
        change.command: change
        for change in waiting().filter(changes_of([thing]), deed=deed)
        if change.command is not None
    }
    withdrawn = withdraw(changes, at=at, failed=True)
    gone = [changes[pk] for pk in sorted(withdrawn)]
    TagChange.objects.filter(pk__in=[change.pk for change in gone]).delete()
    return {name: value for change in gone for name, value in change.wanted.items()}


# --- what WeCom answered ------------------------------------------------------------


def told(*, result: dict, about: dict[str, Any], called_at: datetime) -> None:
    """WeCom did it: it is so here too, and no older reading changes it back."""
    take_turns(TURN)
    change = waiting().filter(pk=about["change"]).first()
    if change is None:
        return
    settle(change, State.DONE, at=called_at)
    if change.deed == Deed.DELETE:
        delete_here(change, at=called_at)
    else:
        write_here(change.about, change.wanted, at=called_at)
    if change.deed == Deed.FIND_OUT:
        return
    deed = "deleted" if change.deed == Deed.DELETE else "changed"
    before = {name: change.was.get(name) for name in change.wanted or ["name"]}
    facts: dict[str, Any] = {"before": before, "after": change.wanted}
    note(deed=deed, by=change.by, at=called_at, about=change.about, **facts)


def write_here(thing: Thing, wanted: Mapping[str, Any], *, at: datetime) -> None:
    if thing.read_at and thing.read_at > at:
        return
    for name, value in wanted.items():
        setattr(thing, name, value)
    thing.read_at, thing.made_here = at, True  # or WeCom had refused
    thing.save(update_fields=[*wanted, "read_at", "made_here"])


def delete_here(change: TagChange, *, at: datetime) -> None:
    """In WeCom a group goes with its last tag, and no callback says so."""
    tag, group = change.tag, change.group
    if tag is not None:
        delete_tags([tag.wecom_id], at=at, source=PERSON)
    if group and (tag is None or not standing_in(group).exists()):
        delete_groups([group.wecom_id], at=at, source=PERSON)


def standing_in(group: TagGroup | None) -> QuerySet[Tag]:
    return Tag.objects.filter(group=group, deleted_at__isnull=True)


def made(
    *, change: int, group: str, is_new: bool, tags: Iterable[str], at: datetime
) -> None:
    """What WeCom has made for us, by its ids; all of it is here already."""
    Tag.objects.filter(wecom_id__in=list(tags)).update(made_here=True)
    holder = TagGroup.objects.filter(wecom_id=group).first()
    if holder and is_new:
        TagGroup.objects.filter(pk=holder.pk).update(made_here=True)
    found = TagChange.objects.filter(pk=change, state=State.WAITING).first()
    if found is not None:
        settle(found, State.DONE, at=at)
        after = {"tags": "、".join(found.wanted["tags"])}
        note(deed="added", by=found.by, at=at, about=holder or found, after=after)


def refused(*, errcode: int, about: dict[str, Any], called_at: datetime) -> None:
    """The page says so. What WeCom's code teaches us besides is written down."""
    change = waiting().filter(pk=about["change"]).first()
    if change is None:
        return
    found_out = change.deed == Deed.FIND_OUT and errcode == MADE_ELSEWHERE
    state = State.DONE if found_out else State.REFUSED
    settle(change, state, at=called_at, errcode=errcode)
    if errcode == MADE_ELSEWHERE and change.about:
        type(change.about).objects.filter(pk=change.about.pk).update(made_here=False)
    if errcode in (UNKNOWN_THERE, TAKEN_THERE):  # we do not know what is there
        read_all_again()


ANSWERS = {"tags.told": Answer(told, refused)}


# --- what nobody knows --------------------------------------------------------------


def read_all_again() -> None:
    ask(
        "externalcontact.get_corp_tag_list",
        arguments={},
        answer="sync.tags_read",
        about={"kind": TagGroup.Kind.CORP},
        once=f"{TagGroup.Kind.CORP} tags",
    )


def find_what_was_made(*, read_at: datetime) -> None:
    """All tags of the company were read: what we asked for is there, or never was."""
    for change in waiting().filter(deed=Deed.MAKE):
        command = Command.objects.filter(pk=change.command).first()
        if command is None or command.status != Job.Status.UNKNOWN:
            continue
        if (command.called_at or command.created_at) + SURE > read_at:
            continue
        group = (
            change.group
            or TagGroup.objects.filter(
                name=change.wanted["name"],
                kind=TagGroup.Kind.CORP,
                deleted_at__isnull=True,
            ).first()
        )
        mine = standing_in(group).filter(name__in=change.wanted["tags"])
        try:
            if group is None or len(mine) < len(change.wanted["tags"]):
                send_now(command=command, at=read_at)
                continue
            was_sent(command=command, at=read_at)
        except Refused:  # a person has decided meanwhile
            continue
        made(
            change=change.pk,
            group=group.wecom_id,
            is_new=change.group is None,
            tags=[tag.wecom_id for tag in mine],
            at=read_at,
        )
