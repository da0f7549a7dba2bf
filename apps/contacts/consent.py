"""What a contact agreed to, and what they refuse.

Each time is kept as it was said: for which contact, what for, under which words, where,
when, and who wrote it down. How things stand is worked out from that: for each number
that is one person now, what was said last for it counts; of two said at the same
moment, and of several numbers, the stricter holds. So a merge lets a refusal win, and
taking it back brings back what each of the two had said. Whoever refuses marketing is
not disturbed any more.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import OuterRef
from django.db.models.expressions import RawSQL

from apps.audit.note import Note, note_all
from apps.common.copying import copy_in
from apps.common.errors import Refused
from apps.contacts.models import Contact, Merge
from apps.contacts.rights_models import Channel, ConsentRecord, ConsentText, Purpose
from apps.events.models import EventRecord
from apps.staff.models import User

Standing = Mapping[str, ConsentRecord]  # by purpose; without those never asked about

# A refusal stands unless each number that it was said for, and that is theirs still,
# has agreed later. Most never did, which is asked first.
REFUSING = """
SELECT refusal.contact_id FROM contacts_consentrecord AS refusal
WHERE refusal.purpose = %s AND NOT refusal.given {narrowed} AND (
    NOT EXISTS (
        SELECT FROM contacts_consentrecord AS later
        WHERE later.contact_id = refusal.contact_id AND later.given
            AND later.purpose = refusal.purpose AND later.at > refusal.at
    ) OR EXISTS (
        SELECT FROM contacts_contact AS theirs
        WHERE theirs.id = ANY(refusal.said_for)
            AND (theirs.id = refusal.contact_id
                OR theirs.merged_into_id = refusal.contact_id)
            AND NOT EXISTS (
                SELECT FROM contacts_consentrecord AS later
                WHERE later.contact_id = refusal.contact_id AND later.given
                    AND later.purpose = refusal.purpose AND later.at > refusal.at
                    AND theirs.id = ANY(later.said_for)
            )
    )
)
"""


class NoSuchText(Refused):
    """There is no text of this version for this purpose."""

    code = "no_such_text"


def text_of(purpose: str, version: str) -> ConsentText | None:
    """The words that were shown; None where no version was named."""
    if not version:
        return None
    found = ConsentText.objects.filter(purpose=purpose, version=version).first()
    if found is None:
        raise NoSuchText
    return found


@dataclass(frozen=True, kw_only=True)
class Saying:
    """What a person said for one purpose: when, where, under which words."""

    purpose: str
    given: bool
    channel: str
    at: datetime
    text: ConsentText | None = None

    @property
    def what(self) -> tuple[Any, ...]:
        """The same twice is kept once."""
        return self.purpose, self.given, self.channel, self.at


def say(
    *,
    contact: Contact,
    now: datetime,
    source: EventRecord.Source,
    by: User | None = None,
    **said: Any,
) -> bool:
    """Keep what one person said, with the facts of a Saying. False when it was kept
    before."""
    pair = (contact.pk, Saying(**said))
    return bool(say_all([pair], now=now, source=source, by=by))


@transaction.atomic
def say_all(
    said: Iterable[tuple[int, Saying]],
    *,
    now: datetime,
    source: EventRecord.Source,
    by: User | None = None,
) -> list[ConsentRecord]:
    """Keep what these people said; answer what had not been kept before."""
    said = list(said)
    if not said:
        return []
    people = held({pk for pk, _saying in said})
    pks = {person.pk for person in people.values()}
    known, before, numbers = kept_of(pks), standing_of(pks), Numbers(pks)
    records, notes = [], []
    for pk, saying in said:
        person = people[pk]
        if saying.what in known[person.pk]:
            continue
        known[person.pk].add(saying.what)
        records.append(
            ConsentRecord(
                contact=person,
                said_for=numbers.of(person.pk, at=saying.at),
                purpose=saying.purpose,
                given=saying.given,
                text=saying.text,
                channel=saying.channel,
                at=saying.at,
                source=source,
                by=by,
                recorded_at=now,
            )
        )
        notes.append(note_of(person, saying, before=before[person.pk]))
    copy_in(records, numbered=True)
    note_all(notes, by=by, at=now)
    return records


def note_of(person: Contact, saying: Saying, *, before: Standing) -> Note:
    stood = before.get(saying.purpose)
    return Note(
        deed="consent_given" if saying.given else "consent_withdrawn",
        about=person,
        contact_id=person.pk,
        before={"consent": stood.given} if stood else {},
        after={
            "purpose": str(Purpose(saying.purpose).label),
            "consent": saying.given,
            "channel": str(Channel(saying.channel).label),
            "text": str(saying.text or ""),
            "said_at": saying.at,
        },
    )


def held(pks: Collection[int]) -> dict[int, Contact]:
    """Whom these contacts are now, while nobody else merges them."""
    locked = Contact.objects.select_for_update().order_by("pk")
    found = {contact.pk: contact for contact in locked.filter(pk__in=pks)}
    merged = {c.merged_into_id for c in found.values() if c.merged_into_id}
    winners = held(merged) if merged else {}
    return {
        pk: winners[contact.merged_into_id] if contact.merged_into_id else contact
        for pk, contact in found.items()
    }


def kept_of(contact_ids: Collection[int]) -> dict[int, set[tuple[Any, ...]]]:
    """What each of them has said so far."""
    found: dict[int, set[tuple[Any, ...]]] = defaultdict(set)
    kept = ConsentRecord.objects.filter(contact__in=contact_ids)
    for pk, *what in kept.values_list(
        "contact_id", "purpose", "given", "channel", "at"
    ):
        found[pk].add(tuple(what))
    return found


class Numbers:
    """Of all who were one person by then: who spoke before a merge spoke for one."""

    def __init__(self, contact_ids: Collection[int]) -> None:
        merges = Merge.objects.filter(
            loser__merged_into__in=contact_ids, undone_at__isnull=True
        )
        self.merges: dict[int | None, list[tuple[int, datetime]]] = {}
        for pk, loser, at in merges.order_by("loser").values_list(
            "loser__merged_into", "loser", "at"
        ):
            self.merges.setdefault(pk, []).append((loser, at))

    def of(self, pk: int, *, at: datetime) -> list[int]:
        merges = self.merges.get(pk, [])
        if any(merged_at > at for _loser, merged_at in merges):
            return [pk]
        return [pk, *(loser for loser, _at in merges)]


# --- asking ---------------------------------------------------------------------------


def standing_of(contact_ids: Iterable[int]) -> dict[int, Standing]:
    """How things stand with each of these contacts; one query for a page of them."""
    records = (
        ConsentRecord.objects.filter(contact__in=list(contact_ids))
        .annotate(
            merged=ArraySubquery(
                Contact.objects.filter(merged_into=OuterRef("contact")).values("pk")
            )
        )
        .select_related("text")
    )
    found: dict[int, dict[str, dict[int, ConsentRecord]]] = {}
    for record in records.order_by("at", "-given", "pk"):  # the last one counts
        by_number = found.setdefault(record.contact_id, {}).setdefault(
            record.purpose, {}
        )
        theirs = {record.contact_id, *record.merged}
        for number in theirs.intersection(record.said_for):
            by_number[number] = record
    return {
        pk: {
            purpose: strictest(latest.values())
            for purpose, latest in found.get(pk, {}).items()
        }
        for pk in contact_ids
    }


def strictest(records: Iterable[ConsentRecord]) -> ConsentRecord:
    """A refusal, or else an agreement; of several the newest."""
    return max(records, key=lambda record: (not record.given, record.at, record.pk))


def consents_of(contact: Contact) -> Mapping[str, ConsentRecord | None]:
    """By purpose, in the order in which they are asked; None: never asked."""
    found = standing_of([contact.pk])[contact.pk]
    return {purpose: found.get(purpose) for purpose in Purpose.values}


def refusing(purpose: str = Purpose.MARKETING) -> RawSQL:
    """Numbers of those who said no: whoever sends, or computes, leaves them out."""
    return RawSQL(REFUSING.format(narrowed=""), [purpose])


def refusing_among(
    contact_ids: Iterable[int], purpose: str = Purpose.MARKETING
) -> set[int]:
    """Those of them who said no."""
    narrowed = REFUSING.format(narrowed="AND refusal.contact_id = ANY(%s)")
    asked = RawSQL(narrowed, [purpose, list(contact_ids)])
    return set(Contact.objects.filter(pk__in=asked).values_list("pk", flat=True))


def may_be_sent_marketing(contact_ids: Iterable[int]) -> set[int]:
    """Those of them who have not asked to be left alone."""
    ids = set(contact_ids)
    return ids - refusing_among(ids)
