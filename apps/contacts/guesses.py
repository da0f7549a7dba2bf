"""Looking for contacts by a phone, but not trying one phone after another.

A phone is shown with its ends: whoever asks whether 138 0000 5678 is known, whether
138 0001 5678 is, and so on, would find its middle. So of phones with the same ends only
some can be looked for, by one person in a month and in one table that is brought.
"""

from datetime import datetime

from apps.audit.watch import GUESSES, look
from apps.common.allowance import spend
from apps.common.errors import Refused
from apps.common.masking import masked_phone
from apps.common.sealing import digest
from apps.contacts.querysets import ContactQuerySet, phone_in, plain_phone
from apps.staff.models import User


class TooManyGuesses(Refused):
    """You have looked for many phones that differ only in the middle. This one cannot
    be looked for now: search by name, or ask an administrator."""

    code = "too_many_guesses"


def look_for(
    contacts: ContactQuerySet, term: str, *, by: User, at: datetime
) -> ContactQuerySet:
    """Those whom the term finds; see ContactQuerySet.called."""
    if phone := phone_in(term):
        guess(phone, by=by, at=at)
    return contacts.called(term)


def guess(phone: str, *, by: User, at: datetime) -> None:
    """To look for the same phone again is no new guess."""
    this = f"phone:{by.pk}:{digest('a phone looked for', phone).hex()[:16]}"
    if spend(this, limit=1, at=at, window=GUESSES.window).used > 1:
        return
    ends = digest("the ends of a phone", ends_of(phone)).hex()[:16]
    if look(GUESSES, by=by, at=at, at_what=ends).is_spent:
        raise TooManyGuesses


def ends_of(phone: str) -> str:
    """What is shown of it to everybody."""
    return masked_phone(plain_phone(phone))


class GuessesOfATable:
    """The same for the rows of one table."""

    def __init__(self) -> None:
        self.alike: dict[str, set[str]] = {}

    def is_one_too_many(self, phone: str) -> bool:
        known = self.alike.setdefault(ends_of(phone), set())
        known.add(plain_phone(phone))
        return len(known) > GUESSES.most
