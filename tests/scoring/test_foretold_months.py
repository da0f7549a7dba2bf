"""At the end of a month it is kept what was foretold, once."""

from datetime import date

import pytest

from apps.scoring.foretold_months import keep_month, months_of
from apps.scoring.models import Chance, ForetoldMonth, Lifetime
from apps.scoring.tasks import keep_foretold
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db


def test_of_each_who_has_a_chance_or_a_lifetime():
    likely, buyer, _nobody = (make.contact() for _number in range(3))
    Chance.objects.create(contact=likely, chance=12.5, day=day(1).date())
    Lifetime.objects.create(
        contact=buyer, alive=70, expected=1, value=500, day=day(1).date()
    )
    keep_month(at=day(32))  # the first of April
    Chance.objects.update(chance=99)
    keep_month(at=day(33))
    told = ForetoldMonth.objects.values_list("contact", "month", "chance", "alive")
    march = date(2026, 3, 1)
    assert set(told) == {(likely.pk, march, 12.5, None), (buyer.pk, march, None, 70)}


def test_a_year_is_drawn_and_two_are_kept():
    someone = make.contact()
    for number in range(30):
        month = date(2024 + number // 12, number % 12 + 1, 1)
        ForetoldMonth.objects.create(contact=someone, month=month, chance=number)
    drawn = months_of(someone.pk)
    assert len(drawn["bars"]) == 12
    assert drawn["last"] == date(2026, 6, 1)
    assert drawn["bars"][-1]["words"] == "2026-06 29%"
    keep_month(at=day(93))
    assert ForetoldMonth.objects.order_by("month").first().month == date(2024, 6, 1)
    assert months_of(make.contact().pk) is None


def test_the_clock_does_it():
    keep_foretold()
    assert not ForetoldMonth.objects.exists()
