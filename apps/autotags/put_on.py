"""A rule's tags are put on by the way of a person's: our own at once, a company tag by
a command to WeCom, whose answer says what became of it.

A company tag goes on the follow that has just begun, or else that of the contact's
owner, or else the earliest that lasts.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from apps.audit.note import note
from apps.autotags.models import Hit, TagRule
from apps.common.jobs import Job
from apps.contacts.models import Contact, Follow
from apps.events.models import EventRecord
from apps.staff.models import User
from apps.tags import mark, own
from apps.tags import marked as told
from apps.tags.models import Tag, Tagging
from apps.wecom.errcodes import explain
from apps.wecom.models import Command
from apps.wecom.outbox import Answer, ask_all

SYSTEM = EventRecord.Source.SYSTEM
State = Hit.State
MOST_AGAIN = 5_000
GIVEN_UP = Q(state=State.ASKED, command__status=Command.Status.FAILED)


@transaction.atomic
def put_on(hits: Iterable[Hit], *, at: datetime) -> None:
    by_tag: dict[int, list[Hit]] = defaultdict(list)
    for hit in hits:
        by_tag[hit.tag_id].append(hit)
    tags = Tag.objects.select_related("group").in_bulk(by_tag)
    for pk, mine in by_tag.items():
        tag = tags[pk]
        if tag.deleted_at is not None:
            settle(mine, State.FAILED, why=str(mark.NoSuchTag()))
        elif mark.is_own(tag):
            put_on_own(mine, tag, at=at)
        else:
            ask_wecom(mine, tag)
    Hit.objects.bulk_update(
        [hit for mine in by_tag.values() for hit in mine],
        ["state", "why", "follow", "command"],
    )


def settle(hits: Iterable[Hit], state: str, *, why: str = "") -> None:
    for hit in hits:
        hit.state, hit.why = state, why[:300]


def put_on_own(hits: list[Hit], tag: Tag, *, at: datetime) -> None:
    changed = own.put_on([(h.contact_id, tag.pk) for h in hits], source=SYSTEM, at=at)
    new = {contact_id for contact_id, _tag_id in changed}
    mark.note_marks(new, tag, on=True, by=None, at=at)
    for hit in hits:
        hit.follow_id = None
        settle([hit], State.PUT if hit.contact_id in new else State.SAME)
        new.discard(hit.contact_id)


def ask_wecom(hits: list[Hit], tag: Tag) -> None:
    follows = mark.open_follows({hit.contact_id for hit in hits})
    carried = mark.carrying(tag, follows)
    owners = dict(Contact.objects.filter(pk__in=follows).values_list("pk", "owner_id"))
    asked: dict[int, Command] = {}
    for hit in hits:
        follow = chosen(hit, follows.get(hit.contact_id, []), owners)
        hit.follow_id = follow.pk if follow else None
        if follow is None:
            settle([hit], State.FAILED, why=str(mark.NOBODY_CONNECTED))
        elif follow.pk in carried:
            settle([hit], State.SAME)
        else:
            settle([hit], State.ASKED)
            wish = mark.wish_marked(follow, tag, on=True, by=None)
            wish.answer, wish.about = "autotags.marked", {**wish.about, "hit": hit.pk}
            asked[hit.pk] = wish
    ask_all(asked.values())
    for hit in hits:
        hit.command = asked.get(hit.pk)


def chosen(
    hit: Hit, follows: list[Follow], owners: Mapping[int, int | None]
) -> Follow | None:
    for follow in follows:
        if follow.pk == hit.follow_id:
            return follow
    found = mark.first_of(follows, by=None, owner_id=owners.get(hit.contact_id))
    return found[0] if found else None


@transaction.atomic
def try_again(*, rule: TagRule, by: User, at: datetime) -> int:
    """Those that failed, and those whose command did."""
    hits = rule.hits.filter(taken_back=None).select_for_update(of=("self",))
    failed = Q(state=State.FAILED) | GIVEN_UP
    rows = list(hits.filter(failed).order_by("pk")[:MOST_AGAIN])
    put_on(rows, at=at)
    if rows:
        after = {"many": len(rows)}
        note(deed="tried_again", by=by, at=at, about=rule, after=after)
    return len(rows)


# --- WeCom's answers ------------------------------------------------------------------


def marked(
    *, result: dict, about: dict[str, Any], called_at: datetime
) -> Job.Status | None:
    outcome = told.marked(result=result, about=about, called_at=called_at)
    carried = Tagging.objects.filter(follow=about["follow"], tag=about["tag"]).exists()
    state = State.PUT if carried else State.FAILED  # the follow or the tag is gone
    if carried and outcome == Job.Status.IGNORED:  # a colleague was first
        state = State.SAME
    Hit.objects.filter(pk=about["hit"]).update(state=state, why="")
    return outcome


def not_marked(*, errcode: int, about: dict[str, Any], called_at: datetime) -> None:
    told.not_marked(errcode=errcode, about=about, called_at=called_at)
    found = explain(errcode)
    why = f"{found.cause}，{found.remedy}（{errcode}）"
    Hit.objects.filter(pk=about["hit"]).update(state=State.FAILED, why=why[:300])


ANSWERS = {"autotags.marked": Answer(marked, not_marked)}
