"""The balance from which the corp pays for whom links bring: read, and told when low.

WeCom tells when less than twenty are left, when none are, and when some expire; each
time the balance is read, and once an hour besides while a link is published.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.channels.duty import local
from apps.channels.models import Balance, Channel
from apps.wecom.outbox import Answer, ask


@transaction.atomic
def read_balance() -> None:
    ask(
        "externalcontact.customer_acquisition_quota",
        arguments={},
        answer="channels.balance_read",
        once="balance of links",
    )


def read_if_there_are_links() -> None:
    if Channel.objects.published().filter(kind=Channel.Kind.LINK).exists():
        read_balance()


def balance_read(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> None:
    parts = [part for part in result.get("quota_list") or () if part.get("balance")]
    first = min(parts, key=lambda part: part["expire_date"], default=None)
    keep(
        total=int(result.get("total") or 0),
        left=int(result.get("balance") or 0),
        expires_on=local_day(first["expire_date"]) if first else None,
        expiring=int(first["balance"]) if first else 0,
        read_at=called_at,
    )


def not_read(*, errcode: int, about: dict[str, Any], called_at: datetime) -> None:
    """The corp has no acquisition links, or the app may not ask."""


@transaction.atomic
def expires_soon(*, at: datetime, many: int, told_at: datetime) -> None:
    Balance.objects.filter(row=1, read_at__lte=told_at).update(
        expires_on=local(at).date(), expiring=many
    )
    read_balance()


def local_day(seconds: Any) -> Any:
    return local(datetime.fromtimestamp(int(seconds)).astimezone()).date()


def keep(*, read_at: datetime, **told: Any) -> None:
    """Unless what we know is newer."""
    if Balance.objects.filter(row=1, read_at__gt=read_at).exists():
        return
    Balance.objects.update_or_create(row=1, defaults={**told, "read_at": read_at})


ANSWERS = {"channels.balance_read": Answer(balance_read, not_read)}
