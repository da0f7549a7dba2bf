"""A part of the contacts every night: those come first who were read longest ago.

Up to a million follows all are read every night; beyond that a part of them for each
million, but everybody at least once a week.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from apps.contacts.models import Follow
from apps.sync.models import AccountRead

A_NIGHT = 1_000_000  # follows
NIGHTS = 7
NEVER = datetime.min.replace(tzinfo=UTC)


def parts() -> int:
    return parts_of(Follow.objects.open().count())


def parts_of(follows: int) -> int:
    """In how many nights that many follows are read."""
    return max(1, min(NIGHTS, -(-follows // A_NIGHT)))


def whose_turn_it_is(accounts: Iterable[str]) -> list[str]:
    """Those of these who are read tonight; who was never read is read first."""
    accounts = list(accounts)
    rows = AccountRead.objects.filter(account__in=accounts)
    read_at = dict(rows.values_list("account", "read_at"))
    ordered = sorted(
        accounts, key=lambda who: (who in read_at, read_at.get(who, NEVER), who)
    )
    return sorted(ordered[: -(-len(ordered) // parts())])


def note_read(accounts: Iterable[str], *, at: datetime) -> None:
    AccountRead.objects.bulk_create(
        [AccountRead(account=who, read_at=at) for who in accounts],
        update_conflicts=True,
        unique_fields=["account"],
        update_fields=["read_at"],
    )
