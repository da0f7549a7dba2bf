"""What a person changes in the fields of contacts, before and after, in the audit."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from apps.audit.note import Note, note_all
from apps.contacts.attribute_models import Attribute, AttributeValue
from apps.contacts.attribute_words import in_words, names_of_choices
from apps.staff.models import User

Pair = tuple[int, int]  # a contact and an attribute
Words = Mapping[Pair, tuple[str, str]]  # the name of the field, and its value


def words_of(pairs: Collection[Pair]) -> dict[Pair, tuple[str, str]]:
    """What these fields hold; three queries, however many they are."""
    wanted = set(pairs)
    rows = AttributeValue.objects.filter(
        contact__in={contact_id for contact_id, _attribute_id in wanted},
        attribute__in={attribute_id for _contact_id, attribute_id in wanted},
    )
    attributes = Attribute.objects.in_bulk(
        {attribute_id for _c, attribute_id in wanted}
    )
    values = [
        value for value in rows if (value.contact_id, value.attribute_id) in wanted
    ]
    for value in values:
        value.attribute = attributes[value.attribute_id]
    names = names_of_choices(values)
    return {
        (value.contact_id, value.attribute_id): (
            value.attribute.name,
            in_words(value, names),
        )
        for value in values
    }


def note_changes(
    changed: Iterable[Pair], *, before: Words, after: Words, by: User, at: datetime
) -> None:
    note_all(notes_of(changed, before=before, after=after), by=by, at=at)


def notes_of(changed: Iterable[Pair], *, before: Words, after: Words) -> Iterator[Note]:
    """One for each contact; what their fields say is sealed with their key."""
    for contact_id, of_contact in groupby(sorted(changed), key=itemgetter(0)):
        pairs = list(of_contact)
        old = dict(before[pair] for pair in pairs if pair in before)
        new = dict(after[pair] for pair in pairs if pair in after)
        yield Note(
            deed="changed",
            kind="contacts.contact",
            number=contact_id,
            contact_id=contact_id,
            before=old,
            after=new,
            personal={*old, *new},
        )
