"""What became of the changes that somebody wanted in WeCom, as the page tells it.

What waits is told where it stands; what WeCom refused, or had changed by itself, with
its reason and a way out, until somebody has seen it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from apps.audit.note import note
from apps.common.errors import Refused
from apps.common.jobs import Job
from apps.staff.models import User
from apps.tags.ask_wecom import ask_to_edit, ask_whether_ours, read_all_again
from apps.tags.give_way import Deed, State, settle, wanted_of
from apps.tags.keep_order import (
    MadeElsewhere,
    add_tags,
    delete,
    held,
    make_group,
    rename,
    standing_tags,
    why_not,
)
from apps.tags.models import Tag, TagChange, TagGroup
from apps.wecom.errors import described
from apps.wecom.models import Command
from apps.wecom.outbox import withdraw

SHOWN = 20


class NothingToTry(Refused):
    """There is nothing to try again: WeCom has been told, or is being told."""

    code = "nothing_to_try_again"


@dataclass(frozen=True)
class Told:
    """One change in words. `mood`: it waits, nobody knows, or it went wrong."""

    change: TagChange
    sentence: str
    mood: str
    why: str = ""

    @property
    def may_again(self) -> bool:
        return self.mood == "bad" and self.change.state != State.OVERTAKEN

    @property
    def may_see(self) -> bool:
        return self.mood == "bad"


def changes_told(of: TagGroup | None = None) -> list[Told]:
    """All that somebody should see, or what concerns one group and its tags."""
    rows = TagChange.objects.filter(seen_at__isnull=True).exclude(state=State.DONE)
    if of is not None:
        rows = rows.filter(group=of)
    changes = list(rows.select_related("tag", "group", "by").order_by("pk")[:SHOWN])
    waiting = [change for change in changes if change.state == State.WAITING]
    commands = Command.objects.in_bulk(
        [change.command for change in waiting if change.command]
    )
    return [told_of(change, commands.get(change.command or 0)) for change in changes]


def told_of(change: TagChange, command: Command | None) -> Told:
    sentence = sentence_of(change)
    if change.state == State.REFUSED:
        return Told(change, sentence, "bad", described(change.errcode or 0))
    if change.state == State.OVERTAKEN:
        return Told(change, sentence, "bad", now_in_wecom(change))
    if command is not None and command.status == Job.Status.UNKNOWN:
        return Told(change, sentence, "unknown")
    if command is not None and command.status == Job.Status.FAILED:
        return Told(change, sentence, "bad", command.last_error)
    return Told(change, sentence, "waits", command.last_error if command else "")


def now_in_wecom(change: TagChange) -> str:
    about = change.about
    if about is None or about.deleted_at:
        return gettext("It was deleted in WeCom meanwhile, and that holds.")
    told = {"name": about.name}
    return (
        gettext("It was changed in WeCom meanwhile to “%(name)s”, and that holds.")
        % told
    )


def sentence_of(change: TagChange) -> str:
    """What somebody wanted, such as: rename “VIP” to “贵宾”."""
    wanted, about = change.wanted, change.about
    name = change.was.get("name") or (about.name if about else "")
    told = {"name": name, "group": change.group.name if change.group else ""}
    if change.deed == Deed.FIND_OUT:
        return gettext("say whether “%(name)s” can be changed here") % told
    if change.deed == Deed.DELETE:
        return gettext("delete “%(name)s”") % told
    if change.deed == Deed.MAKE:
        told |= {"tags": "、".join(wanted["tags"]), "name": wanted["name"]}
        if change.group is None:
            return gettext("make the group “%(name)s” with %(tags)s") % told
        return gettext("add %(tags)s to “%(group)s”") % told
    if "name" in wanted:
        told["new"] = wanted["name"]
        return gettext("rename “%(name)s” to “%(new)s”") % told
    return gettext("move “%(name)s”") % told


def is_under_way() -> bool:
    """Is there anything that a worker will soon have told WeCom?"""
    waiting = TagChange.objects.filter(state=State.WAITING, seen_at__isnull=True)
    numbers = list(waiting.values_list("command", flat=True)[:SHOWN])
    soon = Command.objects.filter(pk__in=[n for n in numbers if n], attempts__lte=2)
    return soon.filter(status__in=(Job.Status.WAITING, Job.Status.CALLING)).exists()


def wanted_by_number(things: Iterable[Any]) -> dict[int, dict[str, Any]]:
    things = list(things)
    return wanted_of(things) if things else {}


@transaction.atomic
def seen(*, change: TagChange, by: User, at: datetime) -> None:
    """Somebody has read what became of it. What waits stays where it is."""
    let_go(change, at=at)
    rows = TagChange.objects.filter(pk=change.pk).exclude(state=State.WAITING)
    if rows.update(seen_at=at):
        note(deed="seen", by=by, at=at, about=change)


def let_go(change: TagChange, *, at: datetime) -> None:
    """What failed before WeCom could answer: from now on it is refused, and nobody
    sends it later, when something else is wanted."""
    mine = Command.objects.filter(pk=change.command or 0, status=Job.Status.FAILED)
    if change.state != State.WAITING or not mine.exists():
        return
    if withdraw([change.command or 0], at=at, failed=True):
        settle(change, State.REFUSED, at=at)


@transaction.atomic
def read_again(*, by: User, at: datetime) -> None:
    read_all_again()
    note(deed="read_again", by=by, at=at, kind="tags.taggroup")


@transaction.atomic
def find_out(*, group: TagGroup, by: User, at: datetime) -> None:
    """Whether WeCom lets us change this group and its tags, as after we were installed
    anew: by whom a tag was made, WeCom does not tell."""
    things = [group, *standing_tags(group)]
    strange = [thing for thing in things if why_not(thing) is MadeElsewhere]
    if strange:
        ask_whether_ours(strange, by=by, at=at)
        note(deed="asked_wecom", by=by, at=at, about=group)


@transaction.atomic
def try_again(*, change: TagChange, by: User, at: datetime) -> None:
    """The same once more, as the rules are now."""
    change = TagChange.objects.select_for_update(of=("self",)).get(pk=change.pk)
    let_go(change, at=at)
    if change.state != State.REFUSED or change.seen_at:
        raise NothingToTry
    told: dict[str, Any] = {"by": by, "at": at}
    wanted, about = change.wanted, change.about
    if change.deed == Deed.MAKE and change.group is None:
        make_group(name=wanted["name"], tags=wanted["tags"], own=False, **told)
    elif change.deed == Deed.MAKE and change.group is not None:
        add_tags(group=change.group, names=wanted["tags"], **told)
    elif change.deed == Deed.FIND_OUT:
        ask_whether_ours([about], **told)
    elif change.deed == Deed.DELETE:
        delete(thing=about, **told)
    elif "name" in wanted:
        rename(thing=about, name=wanted["name"], **told)
    if change.deed == Deed.EDIT and "order" in wanted:
        ask_to_edit({held(about): {"order": wanted["order"]}}, **told)
    seen(change=change, **told)


def in_order(tags: Iterable[Tag], wanted: dict[int, dict[str, Any]]) -> list[Tag]:
    """As they will stand; those that were deleted at the end."""
    return sorted(
        tags,
        key=lambda tag: (
            tag.deleted_at is not None,
            -wanted[tag.pk].get("order", tag.order),
            tag.pk,
        ),
    )
