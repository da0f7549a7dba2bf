"""Two contacts may be one person: what is proposed, and what becomes of it.

A pair stands once, the lower number first. What a person decided stands: "never these
two" is not proposed again, not even when more speaks for it. A merge overtakes the
other proposals about its loser; taken back, they stand again.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Q

from apps.audit.note import note
from apps.common.errors import Refused
from apps.contacts.merge_models import Sign
from apps.contacts.models import Contact, Merge, Proposal, Uncompared
from apps.staff.models import User

Status = Proposal.Status

# How sure each sign makes us, in percent; those of several add up (see `together`).
CONFIDENCE: dict[str, int] = {
    Sign.UNION: 100,
    Sign.PHONE_VERIFIED: 100,
    Sign.EXTERNAL: 100,
    Sign.OPEN: 95,
    Sign.OTHER: 90,
    Sign.EMAIL: 80,
    Sign.PHONE: 75,
    Sign.COMPANY: 55,
    Sign.CITY: 40,
    Sign.EMAIL_NEAR: 45,
    Sign.NAME: 30,
    Sign.CHOSEN: 50,
}
BY_THEMSELVES = {Sign.UNION, Sign.PHONE_VERIFIED, Sign.EXTERNAL}

# "Never these two" holds for whoever the two were merged into, or from.
KEEP = """
WITH told AS (
    SELECT low, high, confidence, certain,
        string_to_array(reasons, ',')::varchar[] AS reasons
    FROM unnest(%(lows)s::bigint[], %(highs)s::bigint[], %(confidences)s::smallint[],
        %(certains)s::boolean[], %(reasons)s::text[])
        AS told (low, high, confidence, certain, reasons)
), never AS (
    SELECT least(one, other) AS low, greatest(one, other) AS high
    FROM (
        SELECT coalesce(low.merged_into_id, low.id) AS one,
            coalesce(high.merged_into_id, high.id) AS other
        FROM contacts_proposal AS proposal
        JOIN contacts_contact AS low ON low.id = proposal.low_id
        JOIN contacts_contact AS high ON high.id = proposal.high_id
        WHERE proposal.status = 'never'
    ) AS decided
)
INSERT INTO contacts_proposal (low_id, high_id, status, certain, confidence, reasons,
    found_at)
SELECT low, high, 'open', certain, confidence, reasons, %(at)s
FROM told
WHERE NOT EXISTS (
    SELECT FROM never WHERE never.low = told.low AND never.high = told.high
)
ORDER BY low, high
ON CONFLICT (low_id, high_id) DO UPDATE
SET status = 'open',
    certain = excluded.certain OR contacts_proposal.certain
        AND contacts_proposal.status = 'open',
    confidence = excluded.confidence,
    reasons = excluded.reasons,
    found_at = CASE WHEN contacts_proposal.status = 'open'
        THEN contacts_proposal.found_at ELSE excluded.found_at END
WHERE contacts_proposal.status IN ('open', 'gone', 'overtaken')
    AND (contacts_proposal.status <> 'open'
        OR (contacts_proposal.confidence, contacts_proposal.reasons) IS DISTINCT FROM
            (excluded.confidence, excluded.reasons))
"""


class SamePerson(Refused):
    """These two are one and the same contact already."""

    code = "same_person"


class AlreadyDecided(Refused):
    """This pair has been decided about already."""

    code = "already_decided"


class Alike(NamedTuple):
    """Two contacts and what speaks for their being one."""

    low: int
    high: int
    reasons: tuple[str, ...]

    @classmethod
    def of(cls, one: int, other: int, reasons: Iterable[str]) -> "Alike":
        known = sorted(set(reasons), key=lambda r: (-CONFIDENCE[r], r))
        return cls(min(one, other), max(one, other), tuple(known))

    @property
    def certain(self) -> bool:
        return not BY_THEMSELVES.isdisjoint(self.reasons)

    @property
    def confidence(self) -> int:
        return together(self.reasons)


def together(reasons: Iterable[str]) -> int:
    """Signs that have nothing to do with each other: each leaves its share of doubt."""
    doubt = 1.0
    for reason in reasons:
        doubt *= 1 - CONFIDENCE[reason] / 100
    return min(100, round(100 * (1 - doubt)))


@transaction.atomic(savepoint=False)
def propose(pairs: Iterable[Alike], *, at: datetime) -> None:
    found = sorted({(pair.low, pair.high): pair for pair in pairs}.values())
    if not found:
        return
    parameters: dict[str, Any] = {
        "lows": [pair.low for pair in found],
        "highs": [pair.high for pair in found],
        "confidences": [pair.confidence for pair in found],
        "certains": [pair.certain for pair in found],
        "reasons": [",".join(pair.reasons) for pair in found],
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(KEEP, parameters)


@transaction.atomic
def bring_together(one: Contact, other: Contact, *, by: User, at: datetime) -> Proposal:
    """Ask about two whom somebody has chosen; what was decided before still stands."""
    if one.pk == other.pk:
        raise SamePerson
    low, high = sorted((one.pk, other.pk))
    pair = Proposal.objects.filter(low=low, high=high).first()
    if pair is not None and pair.status in (Status.OPEN, Status.NEVER):
        return pair
    propose([Alike.of(low, high, [Sign.CHOSEN])], at=at)
    pair = Proposal.objects.get(low=low, high=high)
    note(deed="added", by=by, at=at, about=pair, after={"reasons": pair.reasons})
    return pair


# --- what is decided ------------------------------------------------------------------


@transaction.atomic
def never(*, proposal: Proposal, by: User | None, at: datetime) -> None:
    decide(proposal, Status.NEVER, by=by, at=at)


@transaction.atomic
def later(*, proposal: Proposal, until: datetime, by: User, at: datetime) -> None:
    """Ask about these two again, but not before."""
    changed = Proposal.objects.filter(pk=proposal.pk, status=Status.OPEN)
    if not changed.update(later_until=until):
        raise AlreadyDecided
    note(deed="changed", by=by, at=at, about=proposal, after={"later_until": until})


@transaction.atomic
def think_again(*, proposal: Proposal, by: User, at: datetime) -> None:
    """A "never" is taken back."""
    changed = Proposal.objects.filter(pk=proposal.pk, status=Status.NEVER)
    if not changed.update(
        status=Status.OPEN,
        certain=False,
        later_until=None,
        decided_at=None,
        decided_by=None,
    ):
        raise AlreadyDecided
    note_decision(proposal, Status.NEVER, Status.OPEN, by=by, at=at)


def decide(
    proposal: Proposal, status: Status, *, by: User | None, at: datetime
) -> None:
    changed = Proposal.objects.filter(pk=proposal.pk, status=Status.OPEN)
    if not changed.update(status=status, decided_by=by, decided_at=at):
        raise AlreadyDecided
    note_decision(proposal, Status.OPEN, status, by=by, at=at)


def note_decision(
    proposal: Proposal, was: Status, now: Status, *, by: User | None, at: datetime
) -> None:
    before, after = {"status": str(was.label)}, {"status": str(now.label)}
    note(deed="decided", by=by, at=at, about=proposal, before=before, after=after)


# --- what a merge does with them ------------------------------------------------------


def overtaken_by(merge: Merge) -> None:
    """The pair is merged; others about the loser are about the winner now."""
    one, other = sorted((merge.winner_id, merge.loser_id))
    pair = Q(low=one, high=other)
    about = Q(low=merge.loser_id) | Q(high=merge.loser_id)
    still = Proposal.objects.filter(status=Status.OPEN)
    Proposal.objects.filter(pair).update(
        status=Status.MERGED, merge=merge, decided_at=merge.at, decided_by=merge.by
    )
    still.filter(about).update(status=Status.OVERTAKEN, merge=merge)
    compare_again([merge.winner_id])


def taken_back(merge: Merge, *, at: datetime, by: User | None) -> None:
    """Whom somebody took apart stay apart; other proposals stand again."""
    one, other = sorted((merge.winner_id, merge.loser_id))
    Proposal.objects.filter(merge=merge, status=Status.OVERTAKEN).update(
        status=Status.OPEN, merge=None
    )
    Proposal.objects.update_or_create(
        low_id=one,
        high_id=other,
        defaults={"status": Status.NEVER, "decided_at": at, "decided_by": by},
        create_defaults={
            "status": Status.NEVER,
            "confidence": together(merge.reasons),
            "reasons": merge.reasons,
            "found_at": at,
            "decided_at": at,
            "decided_by": by,
        },
    )
    compare_again([merge.winner_id, merge.loser_id])


def compare_again(contact_ids: Sequence[int] | set[int]) -> None:
    """Look for the likes of these, soon."""
    if not contact_ids:
        return
    Uncompared.objects.bulk_create(
        [Uncompared(contact_id=pk) for pk in sorted(contact_ids)],
        ignore_conflicts=True,
    )
