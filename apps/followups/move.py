"""A lead is opened, moves from stage to stage, and is won or lost.

A contact has at most one open lead. Whoever moves one says where they saw it: if a
colleague was faster, the move is refused. A lead is lost for a reason, comes only with
an expected amount into a stage that needs one, and is opened again by moving it back.
A stage may demand that somebody follows up within so many working minutes: that is a
task of its own. Where nobody is named who does it, another system does, by our API.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from apps.audit.note import Note as Audited
from apps.audit.note import note, note_all
from apps.common.errors import Refused, RefusedBecause
from apps.common.turns import take_turns
from apps.contacts.models import Contact
from apps.events.bus import record, record_all
from apps.events.models import EventRecord
from apps.followups.events import LeadOpened, StageChanged
from apps.followups.models import Lead, Stage, Task
from apps.followups.stages import StageIsGone, first_stage
from apps.followups.tasks_of import demand_contact, end_first_contact
from apps.followups.working_time import setting
from apps.staff.models import User

Source = EventRecord.Source
MOST = 10**13  # fen


class OpenAlready(Refused):
    """This contact has an open lead already."""

    code = "lead_is_open"


class SayWhy(Refused):
    """Say why the lead was lost."""

    code = "lost_without_reason"


class NoSuchReason(Refused):
    """There is no such reason; choose one of the list."""

    code = "no_such_lost_reason"


class NeedsAmount(Refused):
    """This stage needs an expected amount: enter it first."""

    code = "stage_needs_amount"


class BadAmount(Refused):
    """An amount is a number of yuan, such as 1200 or 99.50."""

    code = "bad_amount"


class MovedMeanwhile(RefusedBecause):
    """A colleague moved it meanwhile."""

    code = "lead_moved_meanwhile"


class IsFolded(Refused):
    """This contact turned out to be somebody else; look there."""

    code = "lead_is_folded"


@transaction.atomic
def open_lead(
    *,
    contact: Contact,
    at: datetime,
    by: User | None = None,
    stage: Stage | None = None,
    amount: int | None = None,
    source: str = Source.PERSON,
) -> Lead:
    take_turns(f"lead:{contact.pk}")
    if Lead.objects.open().filter(contact=contact).exists():
        raise OpenAlready
    stage = stage or first_stage()
    kept = Lead.objects.create(
        contact=contact,
        owner_id=contact.owner_id,
        stage=stage,
        stage_since=at,
        amount=amount,
        opened_at=at,
        touched_at=at,
        folded=contact.merged_into_id is not None,
    )
    if by is not None:
        audited("added", kept, before={}, after={"stage": stage.name}, by=by, at=at)
    record(
        LeadOpened(
            at=at,
            source=Source(source),
            contact_id=contact.pk,
            actor_id=by.pk if by else None,
            lead_id=kept.pk,
            stage_id=stage.pk,
        )
    )
    demand_contact(lead=kept, stage=stage, at=at)
    return kept


@transaction.atomic
def welcome_as_lead(*, contact: Contact, at: datetime, source: str) -> Lead | None:
    """Whoever is added becomes a lead by themselves, unless they are one, or have
    bought already: who was won is looked after, not won again."""
    if not setting().opens_leads:
        return None
    take_turns(f"lead:{contact.pk}")
    theirs = Lead.objects.filter(contact=contact)
    if theirs.filter(Q(closed_at__isnull=True) | Q(stage__ends="won")).exists():
        return None
    return open_lead(contact=contact, at=at, source=source)


@transaction.atomic
def move_lead(
    *,
    lead: Lead,
    to: Stage,
    by: User | None,
    at: datetime,
    seen_in: int | None = None,
    reason: str = "",
) -> Lead:
    """`seen_in` is the stage in which whoever moves it has seen it."""
    lead = held(lead)
    was = lead.stage
    if seen_in is not None and seen_in != was.pk and to.pk != was.pk:
        words = gettext("It is in “%(stage)s” by now: somebody moved it meanwhile.")
        raise MovedMeanwhile(words % {"stage": was.name})
    if to.retired_at:
        raise StageIsGone
    if to.pk == was.pk:
        return lead
    check(lead, to, reason=reason)
    before = {"stage": was.name}
    after = {"stage": to.name} | ({"lost_reason": reason} if reason else {})
    lead.stage, lead.stage_since = to, at
    lead.closed_at = at if to.ends else None
    lead.lost_reason = reason if to.ends == Stage.Ends.LOST else ""
    lead.touched_at = at
    lead.save(
        update_fields=["stage", "stage_since", "closed_at", "lost_reason", "touched_at"]
    )
    audited("changed", lead, before=before, after=after, by=by, at=at)
    record(changed(lead, was=was, by=by, at=at))
    end_first_contact(lead=lead, at=at)
    demand_contact(lead=lead, stage=to, at=at)
    return lead


def check(lead: Lead, to: Stage, *, reason: str) -> None:
    """Why a lead may not come there."""
    if to.ends == Stage.Ends.LOST:
        reasons = setting().lost_reasons
        if not reason:
            raise SayWhy
        if reasons and reason not in reasons:
            raise NoSuchReason
    if to.needs_amount and lead.amount is None:
        raise NeedsAmount
    others = Lead.objects.open().filter(contact=lead.contact_id).exclude(pk=lead.pk)
    if not to.ends and not lead.is_open and others.exists():
        raise OpenAlready


@transaction.atomic
def expect(*, lead: Lead, amount: int | None, by: User | None, at: datetime) -> Lead:
    """What it may bring, in fen; None: nobody knows."""
    if amount is not None and not 0 <= amount < MOST:
        raise BadAmount
    lead = held(lead)
    if lead.amount == amount:
        return lead
    before, lead.amount = {"amount": lead.amount}, amount
    lead.save(update_fields=["amount"])
    audited("changed", lead, before=before, after={"amount": amount}, by=by, at=at)
    return lead


def move_all(*, stage: Stage, to: Stage, by: User, at: datetime) -> int:
    """All open leads of a stage that is taken out; whatever the other one demands."""
    rows = list(
        Lead.objects.open().filter(stage=stage).select_for_update().order_by("pk")
    )
    closes = {"closed_at": at} if to.ends else {}
    numbers = [row.pk for row in rows]
    Lead.objects.filter(pk__in=numbers).update(stage=to, stage_since=at, **closes)
    if to.ends:
        left = Task.objects.open().filter(lead__in=numbers, kind=Task.Kind.CONTACT)
        left.update(done_at=at, dropped=True, next_at=None)
    before, after = {"stage": stage.name}, {"stage": to.name}
    note_all(
        (
            Audited(
                deed="changed",
                about=row,
                contact_id=row.contact_id,
                before=before,
                after=after,
            )
            for row in rows
        ),
        by=by,
        at=at,
    )
    for row in rows:
        row.stage = to
    record_all(changed(row, was=stage, by=by, at=at) for row in rows)
    return len(rows)


def held(lead: Lead) -> Lead:
    """As it stands now, until the transaction ends."""
    rows = Lead.objects.select_for_update(of=("self",)).select_related("stage")
    found = rows.get(pk=lead.pk)
    if found.folded:
        raise IsFolded
    return found


def changed(lead: Lead, *, was: Stage, by: User | None, at: datetime) -> StageChanged:
    return StageChanged(
        at=at,
        source=Source.PERSON if by else Source.CLIENT,
        contact_id=lead.contact_id,
        actor_id=by.pk if by else None,
        lead_id=lead.pk,
        stage_id=lead.stage_id,
        was_id=was.pk,
        ends=lead.stage.ends,
    )


def audited(
    deed: str, lead: Lead, *, before: dict, after: dict, by: User | None, at: datetime
) -> None:
    note(
        deed=deed,
        about=lead,
        contact_id=lead.contact_id,
        before=before,
        after=after,
        by=by,
        at=at,
    )


def fen_in(text: str) -> int | None:
    """Yuan as somebody writes them: 1200, 1,200.50, ¥99. Nothing: None."""
    plain = text.replace(",", "").replace("，", "").replace("¥", "").strip()
    if not plain:
        return None
    yuan, _dot, fen = plain.partition(".")
    digits = yuan + fen
    if not digits.isascii() or not digits.isdecimal() or len(fen) > 2 or not yuan:
        raise BadAmount
    if len(yuan) > 11:
        raise BadAmount
    return int(yuan) * 100 + int(fen.ljust(2, "0") or 0)
