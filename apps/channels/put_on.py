"""Tags and a remark that a code puts on whom it brings.

Tags go the house's way (tags/mark.py). A remark tells the customer's own name, not the
code's: until WeCom has told it, we wait. What a colleague wrote stays as it is.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.channels.duty import local
from apps.channels.models import Entry
from apps.channels.plan import LONGEST_REMARK, Plan
from apps.channels.stand import plan_of
from apps.common.errors import TryLater
from apps.contacts.read_again import question_about
from apps.tags.mark import put_on_one
from apps.tags.models import Tag
from apps.wecom.outbox import Answer, ask

NICKNAME = "{nickname}"
SOON = timedelta(seconds=3)


class NameNotKnown(TryLater):
    """WeCom has not told us their name yet."""

    code = "name_not_known"


@transaction.atomic
def put_tags_on(*, follow_id: int, at: datetime) -> None:
    entry = entry_of(follow_id)
    if entry is None or entry.follow.ended_at is not None:
        return
    wanted = plan_of(entry.channel).tags
    tags = Tag.objects.filter(pk__in=wanted, deleted_at__isnull=True)
    put_on_one(follow=entry.follow, tags=tags.select_related("group"), at=at)


@transaction.atomic
def write_remark(*, follow_id: int, at: datetime) -> None:
    entry = entry_of(follow_id)
    if entry is None or entry.follow.ended_at is not None:
        return
    plan, follow = plan_of(entry.channel), entry.follow
    if not plan.remark or follow.remark not in ("", entry.contact.name):
        return
    if NICKNAME in plan.remark and not entry.contact.name:
        raise NameNotKnown(after=SOON)
    ask(
        "externalcontact.remark",
        arguments={
            "userid": follow.employee.wecom_id,
            "external_userid": follow.identity.value,
            "remark": remark_for(plan, entry),
        },
        answer="channels.remarked",
        about={"external_id": follow.identity.value},
        once=f"remark:{follow.pk}",
    )


def remark_for(plan: Plan, entry: Entry) -> str:
    """As long as WeCom keeps; it is the name that is cut."""
    day = f"{local(entry.at):%m%d}"
    text = plan.remark.replace("{channel}", entry.channel.name).replace("{date}", day)
    room = LONGEST_REMARK - len(text.replace(NICKNAME, ""))
    name = entry.contact.name[: max(room, 0)]
    return text.replace(NICKNAME, name)[:LONGEST_REMARK]


def entry_of(follow_id: int) -> Entry | None:
    rows = Entry.objects.select_related(
        "channel", "contact", "follow__identity", "follow__employee"
    )
    return rows.filter(follow=follow_id).first()


def remarked(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> None:
    """WeCom calls nobody back for what we do ourselves: it is read."""
    ask("externalcontact.get", **question_about(about["external_id"]))


def not_remarked(*, errcode: int, about: dict[str, Any], called_at: datetime) -> None:
    """They left, or the colleague may not: there is nobody to remark."""


ANSWERS = {"channels.remarked": Answer(remarked, not_remarked)}
