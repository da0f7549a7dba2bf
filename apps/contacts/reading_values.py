"""What somebody wrote into a field, as a value of its type; or why it is none.

People write 1,200, ¥99.50, 3万, 2026年3月8日 and 是; full-width digits are digits. What
cannot be understood is refused in a sentence that says what is wanted.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from django.utils.translation import gettext

from apps.common.errors import RefusedBecause
from apps.contacts.attribute_models import LONGEST_TEXT, Attribute, AttributeChoice

Type = Attribute.Type

YES = {"是", "有", "对", "y", "yes", "true", "1", "√", "✓"}
NO = {"否", "无", "没有", "不是", "n", "no", "false", "0", "×", "✗"}
BETWEEN_CHOICES = re.compile(r"[、，,;；|/\n]+")
DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
TEN_THOUSAND = re.compile(r"万$")
MOST = Decimal(10) ** 15  # beyond it something went wrong
FIRST_YEAR, LAST_YEAR = 1900, 2200


class NotOfTheField(RefusedBecause):
    """The value does not fit the field."""

    code = "not_of_the_field"


class Value(NamedTuple):
    """A value in the column of its type; the other columns stay empty."""

    text: str = ""
    number: Decimal | None = None
    day: date | None = None
    choice: int | None = None
    choices: tuple[int, ...] | None = None
    yes: bool | None = None
    fen: int | None = None


@dataclass(frozen=True)
class Field:
    """An attribute with what may be chosen in it, to read many values."""

    attribute: Attribute
    options: dict[str, int] = field(default_factory=dict)  # by name, without archived


def fields_of(attributes: Iterable[Attribute]) -> list[Field]:
    """With one query for the choices of all of them."""
    attributes = list(attributes)
    options: dict[int, dict[str, int]] = {}
    chosen = [a.pk for a in attributes if a.type in Attribute.CHOSEN]
    if chosen:
        rows = AttributeChoice.objects.filter(attribute__in=chosen, archived=False)
        for option in rows:
            options.setdefault(option.attribute_id, {})[option.name] = option.pk
    return [Field(a, options.get(a.pk, {})) for a in attributes]


def read_value(of: Field, written: Any) -> Value | None:
    """The value that is meant; None where nothing is written."""
    if written is None or plain(written) == "":
        return None
    reader = READERS[Type(of.attribute.type)]
    return reader(of, written)


def plain(written: Any) -> str:
    """Full-width letters and digits as everybody else's, without blanks around."""
    return unicodedata.normalize("NFKC", str(written)).strip()


def text(of: Field, written: Any) -> Value:
    kept = str(written).strip()
    if "\x00" in kept:
        raise refuse(of, gettext("contains a character that cannot be kept"))
    if len(kept) > LONGEST_TEXT:
        raise refuse(
            of, gettext("is longer than %(most)d characters") % {"most": LONGEST_TEXT}
        )
    return Value(text=kept)


def number(of: Field, written: Any) -> Value:
    found = decimal_of(written)
    if found is None:
        raise refuse(of, gettext("must be a number, such as 1200 or 3.5"), written)
    if places(found) > 4:
        raise refuse(of, gettext("has more than four digits after the point"), written)
    return Value(number=found)


def money(of: Field, written: Any) -> Value:
    """Written in yuan, kept in fen."""
    found = decimal_of(re.sub(r"^(¥|￥|RMB|CNY)\s*|\s*元$", "", plain(written)))
    if found is None:
        raise refuse(of, gettext("must be an amount in yuan, such as 99.50"), written)
    if places(found) > 2:
        raise refuse(of, gettext("has more than two digits after the point"), written)
    return Value(fen=int(found * 100))


def read_day(of: Field, written: Any) -> Value:
    found = date_of(written)
    if found is None:
        raise refuse(of, gettext("must be a date, such as 2026-03-08"), written)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise refuse(of, gettext("is a date that cannot be meant"), written)
    return Value(day=found)


def yes_or_no(of: Field, written: Any) -> Value:
    word = plain(written).lower()
    if word not in YES | NO:
        raise refuse(of, gettext("must be yes or no"), written)
    return Value(yes=word in YES)


def one_choice(of: Field, written: Any) -> Value:
    return Value(choice=option_called(of, str(written).strip()))


def several_choices(of: Field, written: Any) -> Value | None:
    names = written if isinstance(written, list | tuple) else [written]
    if not (len(names) == 1 and str(names[0]).strip() in of.options):
        names = [n for name in names for n in BETWEEN_CHOICES.split(str(name))]
    found = {option_called(of, name.strip()) for name in names if name.strip()}
    return Value(choices=tuple(sorted(found))) if found else None


def option_called(of: Field, name: str) -> int:
    found = of.options.get(name) or of.options.get(plain(name))
    if found is None:
        known = list(of.options)
        offered = "、".join(known[:8]) + ("…" if len(known) > 8 else "")
        raise refuse(of, gettext("may be: %(offered)s") % {"offered": offered}, name)
    return found


READERS = {
    Type.TEXT: text,
    Type.NUMBER: number,
    Type.DATE: read_day,
    Type.CHOICE: one_choice,
    Type.CHOICES: several_choices,
    Type.YES_NO: yes_or_no,
    Type.MONEY: money,
}


def decimal_of(written: Any) -> Decimal | None:
    """A finite number of a sensible size, or None."""
    if isinstance(written, bool):
        return None
    word = plain(written).replace(",", "").replace(" ", "")
    factor = Decimal(10_000) if TEN_THOUSAND.search(word) else Decimal(1)
    try:
        found = Decimal(TEN_THOUSAND.sub("", word)) * factor
    except InvalidOperation:
        return None
    if not found.is_finite() or abs(found) >= MOST:
        return None
    return found


def places(found: Decimal) -> int:
    exponent = found.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def date_of(written: Any) -> date | None:
    if isinstance(written, datetime):
        return written.date()
    if isinstance(written, date):
        return written
    word = plain(written)
    # a table may say the hour as well
    word = re.sub(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$", "", word)
    found = DATE.fullmatch(word) or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", word)
    if not found:
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:  # the 31st of February
        return None


def refuse(of: Field, why: str, written: Any = "") -> NotOfTheField:
    places = {"field": of.attribute.name, "why": why}
    if written == "":
        return NotOfTheField(gettext("“%(field)s” %(why)s.") % places)
    places["written"] = str(written)[:40]
    return NotOfTheField(gettext("“%(field)s” %(why)s; “%(written)s” is not.") % places)
