"""What a referral counts for the inviter, and against.

A helper counts +1: at once, or once she has stayed for the campaign's settle hours. If
she walks away before the account closes (the campaign's end and its keep days), she
counts −1, unless the campaign never deducts; when an employee dropped her, the inviter
is not to blame. If she comes again by an invite while the campaign is open, she counts
once more, and so on: never more than one for one person. When nothing is deducted, she
counts once only. Where a campaign asks for groups, she stays as long as she is a friend
and in one of them.

Credits are only ever added. `recount` compares the facts with the account and writes
what is missing, so it can be called at any time, in any order, any number of times.
What turned out to be otherwise is put right by a line with the opposite sign.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from django.db.models import Sum

from apps.campaigns.models import Campaign
from apps.events.bus import record_all
from apps.events.models import EventRecord
from apps.referrals.events import TallyChanged
from apps.referrals.graph_models import Delta
from apps.referrals.in_groups import asks_for_groups, stays_in
from apps.referrals.models import Credit, Invite, Referral

Kind = Credit.Kind


class Span(NamedTuple):
    """While she stays, from one moment to another; None: until today."""

    began_at: datetime
    left_at: datetime | None


class Spell(Protocol):
    """She came, and perhaps walked away again."""

    @property
    def at(self) -> datetime: ...

    @property
    def left_at(self) -> datetime | None: ...


class Line(NamedTuple):
    """What a line of the account comes to."""

    points: int
    at: datetime


class Due(NamedTuple):
    """The lines, and when more may be due."""

    lines: dict[tuple[str, int], Line]
    settles_at: datetime | None


# --- what is due ----------------------------------------------------------------------


def opens_at(campaign: Campaign) -> datetime | None:
    """WeCom tells whole seconds: who comes in the second of its launch is in time."""
    if campaign.launched_at is None:
        return None
    return max(campaign.starts_at, campaign.launched_at).replace(microsecond=0)


def spans_of(spells: Iterable[Spell], *, closes: datetime) -> list[Span]:
    """While she was with any of us, by whichever invite of the campaign. Somebody who
    leaves once the account is closed has stayed."""
    found: list[Span] = []
    for spell in sorted(spells, key=lambda spell: spell.at):
        left = spell.left_at
        if left is not None and left >= closes:
            left = None
        if found and (found[-1].left_at is None or spell.at <= found[-1].left_at):
            before = found.pop()
            latest = None
            if before.left_at is not None and left is not None:
                latest = max(before.left_at, left)
            found.append(Span(before.began_at, latest))
        else:
            found.append(Span(spell.at, left))
    return found


def both(spans: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """While she is in one of these and in one of the others. Each are in order."""
    found = []
    for span in spans:
        for other in others:
            begins = max(span.began_at, other.began_at)
            ends = [at for at in (span.left_at, other.left_at) if at is not None]
            left = min(ends, default=None)
            if left is None or begins < left:
                found.append(Span(begins, left))
    return found


def credits_due(
    spans: Sequence[Span], *, settle: timedelta, deducts: bool, at: datetime
) -> Due:
    """`at` is when we look: who has not stayed long enough by then is waited for."""
    lines: dict[tuple[str, int], Line] = {}
    number = 0
    for began_at, left_at in spans:
        counts_at = began_at + settle
        if left_at is not None and left_at < counts_at:
            continue
        if counts_at > at:
            return Due(lines, counts_at)
        if number and not deducts:
            break
        number += 1
        lines[Kind.HELPED, number] = Line(+1, counts_at)
        if left_at is not None and deducts:
            lines[Kind.LEFT, number] = Line(-1, left_at)
    return Due(lines, None)


def spans_for(referral: Referral, spells: Iterable[Spell]) -> list[Span]:
    """What counts as staying in this campaign."""
    campaign = referral.campaign
    closes = campaign.answers_until
    spans = spans_of(spells, closes=closes)
    if spans and asks_for_groups(campaign):
        stays = stays_in(campaign, referral.contact_id)
        spans = both(spans, spans_of(stays, closes=closes))
    return spans


def due_for(
    referral: Referral, spells: Sequence[Spell], *, at: datetime
) -> tuple[Due, datetime | None]:
    """With what a review takes away; and when she left, if she is gone."""
    campaign = referral.campaign
    spans = spans_for(referral, spells)
    due = credits_due(
        spans,
        settle=timedelta(hours=campaign.settle_hours),
        deducts=campaign.deduction != Campaign.Deduction.NEVER,
        at=at,
    )
    if referral.voided_at:
        counts = sum(line.points for line in due.lines.values())
        due.lines[Kind.VOIDED, 1] = Line(-counts, referral.voided_at)
    return due, spans[-1].left_at if spans else None


# --- what is written ------------------------------------------------------------------


def recount(*, referral: Referral, spells: Sequence[Spell], at: datetime) -> int:
    """Write the referral and the lines that are missing; by how much do they change
    what the inviter's account comes to? The caller has the helper's turn."""
    left_before = referral.left_at
    due, referral.left_at = due_for(referral, spells, at=at)
    referral.settles_at = due.settles_at
    is_new = referral.pk is None
    referral.save()
    written = {} if is_new else written_of(referral)
    lines = missing(referral, due.lines, written)
    Credit.objects.bulk_create(lines)
    if not lines and referral.left_at != left_before:
        Delta.objects.create(invite_id=referral.invite_id, points=0)
    tell(referral, lines)
    return sum(line.points for line in lines if line.invite_id == referral.invite_id)


def written_of(referral: Referral) -> dict[tuple[int, str, int], list[Credit]]:
    """The lines there are, by invite, kind and number."""
    found: dict[tuple[int, str, int], list[Credit]] = defaultdict(list)
    for line in Credit.objects.filter(referral=referral):
        found[line.invite_id, line.kind, line.number].append(line)
    return found


def missing(
    referral: Referral,
    due: Mapping[tuple[str, int], Line],
    written: Mapping[tuple[int, str, int], Sequence[Credit]],
) -> list[Credit]:
    """What must be added to each line, so that it comes to what is due."""
    mine = {(referral.invite_id, *key): line for key, line in due.items()}
    found = []
    for key in sorted({*mine, *written}):
        invite_id, kind, number = key
        there = written.get(key, ())
        wanted = mine[key].points if key in mine else 0
        more = wanted - sum(line.points for line in there)
        if not more:
            continue
        at = mine[key].at if key in mine else there[-1].at
        found.append(
            Credit(
                referral=referral,
                invite_id=invite_id,
                kind=kind,
                number=number,
                version=len(there) + 1,
                points=more,
                at=at,
            )
        )
    return found


def tell(referral: Referral, lines: Sequence[Credit]) -> None:
    """Whoever's account changed: for the counts of all above them, and as news."""
    changed: dict[int, int] = defaultdict(int)
    for line in lines:
        changed[line.invite_id] += line.points
    changed = {invite_id: points for invite_id, points in changed.items() if points}
    if not changed:
        return
    Delta.objects.bulk_create(
        Delta(invite_id=invite_id, points=points)
        for invite_id, points in changed.items()
    )
    owners = {referral.invite_id: referral.invite.contact_id}
    if others := set(changed) - set(owners):
        rows = Invite.objects.filter(pk__in=others)
        owners |= dict(rows.values_list("pk", "contact_id"))
    moments = {line.invite_id: line.at for line in lines}
    record_all(
        TallyChanged(
            at=moments[invite_id],
            source=EventRecord.Source.SYSTEM,
            contact_id=owners[invite_id],
            campaign_id=referral.campaign_id,
            invite_id=invite_id,
            referral_id=referral.pk,
            points=points,
        )
        for invite_id, points in changed.items()
    )


def tally(invite: Invite) -> int:
    """What the inviter's account comes to; the truth, whatever is folded."""
    rows = Credit.objects.filter(invite=invite).order_by()
    return rows.aggregate(all=Sum("points"))["all"] or 0
