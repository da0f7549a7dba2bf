"""What tests of points look at."""

from apps.loyalty.models import EarningRule, Level, Membership, PointsEntry
from apps.loyalty.points import balance_of, earn, ledger_of
from tests.conftest import day


def level(name: str = "银卡", growth_from: int = 100, **fields) -> Level:
    return Level.objects.create(name=name, growth_from=growth_from, **fields)


def rule(when: str = "order", *, points: int = 1, growth: int = 1, **fields):
    """Made on the first day, so that what tests tell comes after it."""
    fields = {"made_at": day(1)} | fields
    return EarningRule.objects.create(when=when, points=points, growth=growth, **fields)


def earned(contact, points: int, *, at=None, growth: int = 0, key: str = ""):
    key = key or f"test:{PointsEntry.objects.count()}"
    at = at or day(2)
    return earn(contact_id=contact.pk, points=points, growth=growth, key=key, at=at)


def member(contact) -> Membership:
    return Membership.objects.get(contact=contact)


def points(contact) -> int:
    """By the sum that is kept, which is that of the ledger."""
    kept, added_up = balance_of(contact.pk), ledger_of(contact.pk)
    assert kept == added_up
    return kept
