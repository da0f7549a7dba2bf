"""One cell, understood as an id, an amount, a number, a moment; or why it is none."""

import re
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext

from apps.contacts.emails import plain_email
from apps.contacts.identities import Id
from apps.contacts.models import Identity
from apps.contacts.querysets import plain_phone
from apps.contacts.reading_values import date_of, decimal_of, places, plain

Kind = Identity.Kind
LONGEST_ID = 128
CLOCK = re.compile(r"[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?$")
MOST_FEN = Decimal(10) ** 15


class Wrong(Exception):
    """A cell that cannot be meant so."""


def id_of(kind: str, written: str) -> Id:
    if kind == Kind.PHONE:
        digits = plain_phone(plain(written))
        if not 5 <= len(digits) <= 15 or "e+" in written.lower():
            raise Wrong(gettext("“%(phone)s” is no phone.") % {"phone": written[:40]})
        return Id(kind, digits)
    if kind == Kind.EMAIL:
        if not (found := plain_email(written)) or len(found) > LONGEST_ID:
            raise Wrong(gettext("“%(email)s” is no e-mail.") % {"email": written[:40]})
        return Id(kind, found)
    return Id(kind, plain(written)[:LONGEST_ID])


def fen(written: str) -> int:
    """Yuan as people write them."""
    word = re.sub(r"^(¥|￥|RMB|CNY|\$)\s*|\s*元$", "", plain(written))
    found = decimal_of(word)
    if found is None or found < 0 or places(found) > 2 or found * 100 >= MOST_FEN:
        raise Wrong(gettext("“%(amount)s” is no amount.") % {"amount": written[:40]})
    return int(found * 100)


def whole(written: str) -> int:
    found = decimal_of(plain(written))
    if found is None or not 0 <= found < 1_000_000 or places(found):
        raise Wrong(gettext("“%(many)s” is no number.") % {"many": written[:40]})
    return int(found)


def moment(written: str) -> datetime:
    """A day, or a day and an hour, by the clock of the house."""
    day, clock = date_of(written), CLOCK.search(plain(written))
    try:
        if day is None or not 1970 <= day.year <= 2200:
            raise ValueError
        hour, minute, second = (
            (int(part or 0) for part in clock.groups()) if clock else (0, 0, 0)
        )
        at = datetime(day.year, day.month, day.day, hour, minute, second)  # noqa: DTZ001
    except ValueError as error:
        raise Wrong(gettext("“%(at)s” is no time.") % {"at": written[:40]}) from error
    return timezone.make_aware(at)
