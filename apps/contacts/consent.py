"""What a contact agreed to, and what they refuse.

Each time is kept as it was said: for which contact, what for, under which words, where,
when, and who wrote it down. How things stand is worked out from that: for each number
that is one person now, what was said last for it counts; of two said at the same
moment, and of several numbers, the stricter holds. So a merge lets a refusal win, and
taking it back brings back what each of the two had said. Whoever refuses marketing is
not disturbed any more.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import OuterRef
from django.db.models.expressions import RawSQL

from apps.audit.note import note
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


@transaction.atomic
def say(
    *,
    contact: Contact,
    purpose: str,
    given: bool,
    channel: str,
    at: datetime,
    now: datetime,
    source: EventRecord.Source,
    text: ConsentText | None = None,
    by: User | None = None,
) -> bool:
    """Keep what the person said at `at`. False when it was kept before."""
    contact = held(contact)
    said: dict[str, Any] = {"purpose": purpose, "given": given, "channel": channel}
    if ConsentRecord.objects.filter(contact=contact, at=at, **said).exists():
        return False
    before = standing_of([contact.pk])[contact.pk].get(purpose)
    ConsentRecord.objects.create(
        contact=contact,
        said_for=numbers_of(contact, at=at),
        at=at,
        text=text,
        source=source,
        by=by,
        recorded_at=now,
        **said,
    )
    note(
        deed="consent_given" if given else "consent_withdrawn",
        about=contact,
        contact_id=contact.pk,
        before={"consent": before.given} if before else {},
        after={
            "purpose": str(Purpose(purpose).label),
            "consent": given,
            "channel": str(Channel(channel).label),
            "text": str(text or ""),
            "said_at": at,
        },
        by=by,
        at=now,
    )
    return True


def held(contact: Contact) -> Contact:
    """Whom this contact is now, while nobody else merges them."""
    found = Contact.objects.select_for_update().get(pk=contact.pk)
    return held(found.merged_into) if found.merged_into else found


def numbers_of(contact: Contact, *, at: datetime) -> list[int]:
    """Of all who were one person by then: who spoke before a merge spoke for one."""
    merged = Merge.objects.filter(loser__merged_into=contact, undone_at__isnull=True)
    if merged.filter(at__gt=at).exists():
        return [contact.pk]
    return [contact.pk, *merged.order_by("loser").values_list("loser", flat=True)]


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
