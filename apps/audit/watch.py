"""Whoever looks at more than a person can is slowed, and it is told.

Looks are counted for each who has signed in, by one statement. The first that is too
many stands in the audit, and on the front page of those who look after the product.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.audit.note import note
from apps.common.allowance import Allowance, spend

LOOKED_TOO_MUCH = "looked_too_much"


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What is looked at, and how much of it is more than anybody needs."""

    name: str
    most: int
    window: timedelta


# Half of what a program would open in the same time, at least ten times what people do.
PAGES = Watched(name="pages", most=1_000, window=timedelta(minutes=10))
# Whole phones that are looked for and have both ends in common: who knows the ends can
# find the middle by asking for each. Two such customers are rare, ten are not.
GUESSES = Watched(name="guess", most=10, window=timedelta(days=30))


def look(what: Watched, *, by: Any, at: datetime, at_what: str = "") -> Allowance:
    """One look more; whether it is one too many says `is_spent`."""
    who = f"{what.name}:{by.pk}:{at_what}"[:64]
    spent = spend(who, limit=what.most, at=at, window=what.window)
    if spent.used == what.most + 1:
        with transaction.atomic():
            note(
                deed=LOOKED_TOO_MUCH,
                by=by,
                at=at,
                about=by,
                after={"looked_at": what.name, "many": spent.used},
            )
    return spent
