"""Labels are put on many contacts, or taken off them.

Our own labels at once. A label that WeCom keeps sits on a follow: WeCom is asked by a
command for each, and what it agreed to is written here as its answer arrives (see
marked.py). It is put on the follow of whoever asks, or
of the contact's owner, or else the earliest that lasts; and taken off all that have it.
Of a connection that has ended WeCom keeps none: ours is taken off by itself.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.audit.note import Note, note_all
from apps.common.errors import Refused
from apps.common.filters import whole_number
from apps.contacts.models import Follow
from apps.events.models import EventRecord
from apps.lists.actions import Action, Handful, offer
from apps.staff.models import User
from apps.tags.ended import take_off_ended
from apps.tags.models import Tag, Tagging, TagGroup
from apps.tags.own import put_on, take_off
from apps.wecom.models import Command
from apps.wecom.outbox import ask_all, wish

PERSON, SYSTEM = EventRecord.Source.PERSON, EventRecord.Source.SYSTEM
LIST = "contacts.contact"
DEEDS = {True: "tagged", False: "untagged"}
NOBODY_CONNECTED = _(
    "Nobody of us is connected with them any more, and a company tag needs a colleague "
    "who is."
)


class NoSuchTag(Refused):
    """This tag exists no longer. Choose another."""

    code = "no_such_tag"


def chosen(told: Any, user: User) -> dict[str, Any]:
    """The tag that somebody picked, as the options of a batch."""
    tag = tag_of(whole_number(str(told.get("picked", ""))) or 0)
    return {"tag": tag.pk, "name": str(tag)}


def tag_of(number: int) -> Tag:
    standing = Tag.objects.filter(pk=number, deleted_at__isnull=True)
    found = standing.select_related("group").first()
    if found is None:
        raise NoSuchTag
    return found


def is_own(tag: Tag) -> bool:
    return tag.group is not None and tag.group.kind == TagGroup.Kind.OWN


def put_on_many(handful: Handful) -> None:
    tag = tag_of(handful.batch.options["tag"])
    mark_own(handful, tag, on=True) if is_own(tag) else ask_to_put_on(handful, tag)


def take_off_many(handful: Handful) -> None:
    tag = tag_of(handful.batch.options["tag"])
    mark_own(handful, tag, on=False) if is_own(tag) else ask_to_take_off(handful, tag)


def mark_own(handful: Handful, tag: Tag, *, on: bool) -> None:
    write = put_on if on else take_off
    kept = set() if on else put_on_since(handful, tag)
    pairs = [(number, tag.pk) for number in handful.things if number not in kept]
    changed = write(pairs, source=PERSON, at=handful.at, by=handful.by)
    now = {contact_id for contact_id, _tag_id in changed}
    for number in handful.things:
        if number in now:
            handful.changed(number, at=handful.at.isoformat())
        else:
            handful.same(number)
    note_marks(now, tag, on=on, by=handful.by, at=handful.at)


def put_on_since(handful: Handful, tag: Tag) -> set[int]:
    """Whoever lost it after what is undone now, and was given it anew: they keep it."""
    then = {n: at for n in handful.things if (at := handful.taken_back(n).get("at"))}
    rows = Tagging.objects.filter(tag=tag, contact__in=then, follow__isnull=True)
    return {
        number
        for number, at in rows.values_list("contact", "at")
        if at != datetime.fromisoformat(then[number])
    }


def note_marks(
    contacts: Iterable[int], tag: Tag, *, on: bool, by: User | None, at: datetime
) -> None:
    """What somebody changed about each of these contacts."""
    side = "after" if on else "before"
    notes = [
        Note(
            deed=DEEDS[on],
            kind=LIST,
            number=contact_id,
            contact_id=contact_id,
            **{side: {"tag": str(tag)}},  # type: ignore[arg-type]
        )
        for contact_id in contacts
    ]
    note_all(notes, by=by, at=at)


# --- WeCom's ------------------------------------------------------------------------


def ask_to_put_on(handful: Handful, tag: Tag) -> None:
    follows = open_follows(handful.things)
    carried = carrying(tag, follows)
    asked: dict[int, list[Follow]] = {}
    for number, contact in handful.things.items():
        mine = follows.get(number, [])
        before = changed_then(handful, number)
        if before is not None:
            wanted = [follow for follow in mine if follow.pk in before]
        else:
            wanted = first_of(mine, by=handful.by, owner_id=contact.owner_id)
        if not wanted:
            handful.failed(number, NOBODY_CONNECTED)
        elif all(follow.pk in carried for follow in wanted):
            handful.same(number)
        else:
            asked[number] = [f for f in wanted if f.pk not in carried]
    ask(handful, tag, asked, on=True)


def ask_to_take_off(handful: Handful, tag: Tag) -> None:
    before = {number: changed_then(handful, number) for number in handful.things}
    gone = take_off_ended(tag, before, by=handful.by, at=handful.at)
    note_marks(gone, tag, on=False, by=handful.by, at=handful.at)
    follows = open_follows(handful.things)
    carried = carrying(tag, follows)
    asked: dict[int, list[Follow]] = {}
    for number, only in before.items():
        theirs = [
            follow
            for follow in follows.get(number, [])
            if follow.pk in carried and (only is None or follow.pk in only)
        ]
        if theirs:
            asked[number] = theirs
        elif number in gone:
            handful.changed(number, follows=[])
        else:
            handful.same(number)
    ask(handful, tag, asked, on=False, changed=gone)


def changed_then(handful: Handful, number: int) -> set[int] | None:
    """The follows on which something changed by what is undone now, if something is:
    where a colleague had done the same in WeCom, their tag stays as it is."""
    then = handful.taken_back(number)
    if "follows" not in then:
        return None
    pairs = zip(then["follows"], then.get("commands", ()), strict=False)
    same = {follow for follow, command in pairs if command in then.get("same", ())}
    return set(then["follows"]) - same


def first_of(
    follows: list[Follow], *, by: User | None, owner_id: int | None
) -> list[Follow]:
    """The one on which a label is put."""
    for employee_id in (by.employee_id if by else None, owner_id):
        for follow in follows:
            if employee_id is not None and follow.employee_id == employee_id:
                return [follow]
    return follows[:1]


def open_follows(contacts: Iterable[int]) -> dict[int, list[Follow]]:
    rows = (
        Follow.objects.open()
        .filter(identity__contact__in=list(contacts))
        .select_related("identity", "employee")
        .order_by("started_at", "pk")
    )
    found: dict[int, list[Follow]] = defaultdict(list)
    for follow in rows:
        found[follow.identity.contact_id].append(follow)
    return found


def carrying(tag: Tag, follows: dict[int, list[Follow]]) -> set[int]:
    pks = [follow.pk for mine in follows.values() for follow in mine]
    rows = Tagging.objects.filter(tag=tag, follow__in=pks)
    return set(rows.values_list("follow_id", flat=True))


def ask(
    handful: Handful,
    tag: Tag,
    asked: dict[int, list[Follow]],
    *,
    on: bool,
    changed: Collection[int] = (),
) -> None:
    """A command for every follow; the rows wait for what becomes of them."""
    commands: dict[int, list[Command]] = {
        number: [wish_marked(follow, tag, on=on, by=handful.by) for follow in follows]
        for number, follows in asked.items()
    }
    ask_all(command for each in commands.values() for command in each)
    for number, each in commands.items():
        journal: dict[str, Any] = {"follows": [follow.pk for follow in asked[number]]}
        if number in changed:
            journal["changed"] = True
        handful.asked(number, [command.pk for command in each], **journal)


def wish_marked(follow: Follow, tag: Tag, *, on: bool, by: User | None) -> Command:
    return wish(
        "externalcontact.mark_tag",
        arguments={
            "userid": follow.employee.wecom_id,
            "external_userid": follow.identity.value,
            "add_tag" if on else "remove_tag": [tag.wecom_id],
        },
        answer="tags.marked",
        about={
            "external_id": follow.identity.value,
            "follow": follow.pk,
            "tag": tag.pk,
            "on": on,
            "by": by.pk if by else None,
        },
    )


def put_on_one(*, follow: Follow, tags: Iterable[Tag], at: datetime) -> None:
    """Nobody asked for it but a rule of the house; what is on already stays."""
    standing = list(tags)
    contact_id = follow.identity.contact_id
    own = [(contact_id, tag.pk) for tag in standing if is_own(tag)]
    put_on(own, source=SYSTEM, at=at)
    theirs = Tagging.objects.filter(follow=follow).values_list("tag", flat=True)
    carried = set(theirs)
    ask_all(
        wish_marked(follow, tag, on=True, by=None)
        for tag in standing
        if not is_own(tag) and tag.pk not in carried
    )


# --- on the list of contacts --------------------------------------------------------

offer(
    Action(
        name="put_on",
        list=LIST,
        title=_("Put a tag on"),
        icon="new_label",
        permission="tags.add_tagging",
        do=put_on_many,
        sentence=_("The tag “%(name)s” was put on %(many)s contacts"),
        picks="tags.tag",
        pick_hint=_("Name of the tag"),
        chosen=chosen,
        undone_by="take_off",
        key="t",
    )
)
offer(
    Action(
        name="take_off",
        list=LIST,
        title=_("Take a tag off"),
        icon="label_off",
        permission="tags.delete_tagging",
        do=take_off_many,
        sentence=_("The tag “%(name)s” was taken off %(many)s contacts"),
        picks="tags.tag",
        pick_hint=_("Name of the tag"),
        chosen=chosen,
        undone_by="put_on",
    )
)
