"""What the papers print of CDNOW comes out here, and nothing overflows."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.scoring.lifetime import (
    Buying,
    Lives,
    Spending,
    TooFewCameBack,
    fit_buying,
    fit_spending,
)
from apps.scoring.lives import error
from tests.scoring.cdnow import END, KNOWN, needs_the_sample, purchases


def numbers(*values):
    return np.array(values, float)


@pytest.fixture(scope="module")
def known():
    """Repeats, last and age in weeks, and the mean of a repeated day in dollars."""
    rows = []
    for days in purchases().values():
        until = sorted(day for day in days if day <= KNOWN)
        first, last = until[0], until[-1]
        spent = [days[day] / 100 for day in until[1:]]
        rows.append(
            (
                len(until) - 1,
                (last - first).days / 7,
                (KNOWN - first).days / 7,
                sum(spent) / len(spent) if spent else 0,
            )
        )
    return np.array(rows, float).T


@pytest.fixture(scope="module")
def buying(known):
    return fit_buying(Lives.of(*known[:3]))


@needs_the_sample
class TestPublished:
    """Fader, Hardie & Lee 2005; Fader & Hardie 2013."""

    def test_the_parameters_of_buying(self, buying, known):
        printed = [round(each, 3) for each in (buying.r, buying.alpha, buying.a)]
        assert printed == [0.243, 4.414, 0.793]
        assert round(buying.b, 3) == 2.426
        found = buying.log_likelihood(Lives.of(*known[:3]))
        assert found == pytest.approx(-9582.43, abs=0.05)

    def test_the_customer_of_the_example(self, buying):
        someone = numbers(2), numbers(30.43), numbers(38.86)
        assert buying.expected(39, *someone)[0] == pytest.approx(1.226, abs=5e-4)
        assert buying.alive(*someone)[0] == pytest.approx(0.7266, abs=5e-5)

    def test_the_parameters_of_spending(self, known):
        x, mean = known[0], known[3]
        again = x > 0
        assert again.sum() == 946
        spending = fit_spending(x[again], mean[again])
        assert round(spending.p, 2) == 6.25
        assert spending.q == pytest.approx(3.74, abs=6e-3)
        assert spending.gamma == pytest.approx(15.44, abs=6e-3)

    def test_it_follows_the_weeks_that_it_has_not_seen(self, buying):
        everybody = purchases().values()
        firsts = [(min(days) - date(1997, 1, 1)).days for days in everybody]
        ends = [KNOWN + timedelta(days=7 * week) for week in range(1, 40)]
        happened = [
            sum(sum(d <= end for d in days) - 1 for days in everybody) for end in ends
        ]
        expected = [
            buying.first_weeks(
                (numbers((end - date(1997, 1, 1)).days) - numbers(*firsts)) / 7
            ).sum()
            for end in ends
        ]
        assert ends[-1] == END
        assert error(numbers(*happened), numbers(*expected)) <= 0.03


HISTORIES = st.tuples(
    st.integers(0, 5_000), st.floats(0, 1), st.floats(0.01, 1_000)
).map(lambda told: (told[0], told[1] * told[2] if told[0] else 0.0, told[2]))
PARAMETERS = st.tuples(*[st.floats(0.01, 50)] * 4)


class TestWhateverTheNumbers:
    @given(told=st.lists(HISTORIES, min_size=1, max_size=20), parameters=PARAMETERS)
    def test_nothing_overflows_and_no_chance_leaves_its_bounds(self, told, parameters):
        buying = Buying(*parameters)
        x, last, age = np.array(told, float).T
        with np.errstate(over="raise", invalid="raise"):
            alive = buying.alive(x, last, age)
            likelihood = buying.log_likelihood(Lives.of(x, last, age))
        expected = buying.expected(52, x, last, age)
        assert np.isfinite(likelihood)
        assert ((alive >= 0) & (alive <= 1)).all()
        assert np.isfinite(expected).all()
        assert (expected > -1e-6).all()

    def test_more_weeks_are_more_purchases_and_silence_is_fewer(self):
        buying = Buying(0.24, 4.4, 0.79, 2.43)
        someone = numbers(3), numbers(20.0), numbers(30.0)
        told = [buying.expected(weeks, *someone)[0] for weeks in (1, 13, 52, 500)]
        assert told == sorted(told)
        ages = numbers(20, 30, 60, 500)
        alive = buying.alive(np.full(4, 3.0), np.full(4, 20.0), ages)
        assert sorted(alive, reverse=True) == list(alive)

    def test_the_expectation_is_smooth_where_its_formula_has_no_term(self):
        someone = numbers(2), numbers(30.43), numbers(38.86)
        told = [
            Buying(0.24, 4.4, a, 2.43).expected(39, *someone)[0]
            for a in (0.999, 1.0, 1.001)
        ]
        assert told[1] == pytest.approx((told[0] + told[2]) / 2, rel=1e-4)

    def test_equal_histories_are_told_once(self):
        lives = Lives.of([1, 0, 1], [2, 0, 2], [3, 3, 3])
        assert lives.weight.tolist() == [1, 2]
        each = Buying(0.24, 4.4, 0.79, 2.43)
        apart = sum(
            each.log_likelihood(Lives.of([x], [last], [3]))
            for x, last in ((1, 2), (0, 0), (1, 2))
        )
        assert each.log_likelihood(lives) == pytest.approx(apart)

    def test_who_spends_much_on_few_days_is_believed_less(self):
        spending = Spending(6.25, 3.74, 15.44)
        once, often = spending.expected(numbers(1, 20), numbers(500, 500))
        assert once < often < 500

    def test_too_few_who_came_back_are_refused(self):
        with pytest.raises(TooFewCameBack):
            fit_buying(Lives.of([0] * 500 + [1] * 29, [0] * 500 + [1] * 29, [9] * 529))
