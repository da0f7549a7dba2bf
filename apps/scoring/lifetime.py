"""How alive a customer is, and what is still to come: BG/NBD and Gamma-Gamma.

A customer buys at random at a rate of their own, and after each purchase may be lost
for good (Fader, Hardie & Lee 2005, "Counting Your Customers the Easy Way"). What they
spend varies around a mean of their own (Fader & Hardie 2013, "The Gamma-Gamma Model of
Monetary Value"). Both are fitted by maximum likelihood, and all is reckoned in
logarithms: a thousand purchases overflow nothing.

Time is in weeks. `repeats` are the days with a purchase after the first; `last` is the
age at the last of them, 0 if there is none; `age` is how long ago the first was.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy  # loads its parts when they are used

from apps.common.errors import Refused

type Numbers = np.ndarray[Any, np.dtype[np.float64]]

BOUNDS = (-12.0, 12.0)  # of the logarithm of a parameter
NEARLY = 1e-6  # the expectation has no term for a = 1
FEWEST = 30  # customers who came back
TERMS, SMALLEST = 5_000, 1e-15  # of a series


class TooFewCameBack(Refused):
    """Fewer than 30 customers bought on a second day: nothing can be learned yet."""

    code = "too_few_came_back"


class NoFit(Refused):
    """No parameters fit these orders; look whether their dates are right."""

    code = "no_fit"


class Lives(NamedTuple):
    """Histories of customers, one place in each array; `weight` says how many have
    this very history."""

    repeats: Numbers
    last: Numbers
    age: Numbers
    weight: Numbers

    @classmethod
    def of(cls, repeats: Any, last: Any, age: Any) -> "Lives":
        """The same histories told once: what the likelihood costs depends on them."""
        told = np.stack([np.asarray(each, float) for each in (repeats, last, age)], 1)
        once, often = np.unique(told, axis=0, return_counts=True)
        return cls(once[:, 0], once[:, 1], once[:, 2], often.astype(float))


@dataclass(frozen=True)
class Buying:
    """BG/NBD: the rate is gamma(r, alpha), the chance to be lost is beta(a, b)."""

    r: float
    alpha: float
    a: float
    b: float

    def log_likelihood(self, lives: Lives) -> float:
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        x, last, age, weight = lives
        begins = (
            scipy.special.gammaln(r + x) - scipy.special.gammaln(r) + r * np.log(alpha)
        )
        alive = (
            scipy.special.betaln(a, b + x)
            - scipy.special.betaln(a, b)
            - (r + x) * np.log(alpha + age)
        )
        with np.errstate(divide="ignore"):
            again = np.where(x > 0, 0.0, -np.inf)
        lost = (
            scipy.special.betaln(a + 1, b + np.maximum(x, 1) - 1)
            - scipy.special.betaln(a, b)
            - (r + x) * np.log(alpha + last)
            + again
        )
        return float(weight @ (begins + np.logaddexp(alive, lost)))

    def alive(self, x: Numbers, last: Numbers, age: Numbers) -> Numbers:
        """The chance that somebody with this history is not lost."""
        odds = self.odds_of_loss(x, last, age)
        return np.asarray(1 / (1 + odds), float)

    def odds_of_loss(self, x: Numbers, last: Numbers, age: Numbers) -> Numbers:
        told = np.maximum(x, 1)
        power = (self.r + x) * np.log((self.alpha + age) / (self.alpha + last))
        odds = np.exp(
            np.minimum(np.log(self.a) - np.log(self.b + told - 1) + power, 700.0)
        )
        return np.where(x > 0, odds, 0.0)

    def expected(self, weeks: Any, x: Numbers, last: Numbers, age: Numbers) -> Numbers:
        """How many days with a purchase are to come in the next `weeks`."""
        return self.to_come(weeks, x, age) * self.alive(x, last, age)

    def first_weeks(self, weeks: Any) -> Numbers:
        """How often somebody new comes back within so many weeks."""
        told = np.asarray(weeks, float)
        return self.to_come(told, np.zeros_like(told), np.zeros_like(told))

    def to_come(self, weeks: Any, x: Numbers, age: Numbers) -> Numbers:
        """Of somebody who is alive. The series is taken as it stands or by Euler's
        transformation, whichever does not grow with x."""
        a = self.a if abs(self.a - 1) > NEARLY else 1 + NEARLY
        b = self.b if abs(a + self.b - 1) > NEARLY else self.b + NEARLY
        c, z = a + b + x - 1, weeks / (self.alpha + age + weeks)
        left, power = np.log1p(-z), self.r + x
        rest, few = np.empty_like(z), power < a - 1
        rest[few] = np.exp(power[few] * left[few]) * series(
            power[few], b + x[few], c[few], z[few]
        )
        rest[~few] = np.exp((a - 1) * left[~few]) * series(
            a + b - 1 - self.r, a - 1, c[~few], z[~few]
        )
        return np.asarray(c / (a - 1) * (1 - rest), float)


@dataclass(frozen=True)
class Spending:
    """Gamma-Gamma: what a purchase comes to is gamma(p, v), and v is gamma(q, gamma).

    `mean` is what somebody spent on a day after the first, on average.
    """

    p: float
    q: float
    gamma: float

    def log_likelihood(self, x: Numbers, mean: Numbers) -> float:
        p, q, gamma = self.p, self.q, self.gamma
        each = (
            scipy.special.gammaln(p * x + q)
            - scipy.special.gammaln(p * x)
            - scipy.special.gammaln(q)
            + q * np.log(gamma)
            + (p * x - 1) * np.log(mean)
            + p * x * np.log(x)
            - (p * x + q) * np.log(gamma + mean * x)
        )
        return float(each.sum())

    def expected(self, x: Numbers, mean: Numbers) -> Numbers:
        """What a purchase of theirs comes to; of whom there is no mean yet, that of
        all. Of nobody if the mean of all has no bound (q of 1 or less)."""
        below = np.maximum(self.p * x + self.q - 1, NEARLY)
        return np.asarray((self.gamma + mean * x) * self.p / below, float)


def series(a: Any, b: Any, c: Numbers, z: Numbers) -> Numbers:
    """Gauss's hypergeometric function. Where a large `c` overflows scipy's way to it,
    its terms are few, and summed up."""
    with np.errstate(over="ignore", invalid="ignore"):
        found = np.asarray(scipy.special.hyp2f1(a, b, c, z), float)
    lost = ~np.isfinite(found)
    if lost.any():
        a, b, c, z = (np.broadcast_to(e, found.shape)[lost] for e in (a, b, c, z))
        term = total = np.ones_like(z)
        for number in range(TERMS):
            term = term * (a + number) * (b + number) / (c + number) / (number + 1) * z
            total = total + term
            if np.abs(term).max() < SMALLEST:
                break
        found[lost] = total
    return found


# --- to fit them ----------------------------------------------------------------------


def fit_buying(lives: Lives) -> Buying:
    if lives.weight @ (lives.repeats > 0) < FEWEST:
        raise TooFewCameBack
    best = fitted(
        lambda told: Buying(*told).log_likelihood(lives), [1.0, 5.0, 1.0, 2.0]
    )
    return Buying(*best)


def fit_spending(x: Numbers, mean: Numbers) -> Spending:
    """From those who came back. Amounts are measured by their mean, in any unit."""
    if len(x) < FEWEST:
        raise TooFewCameBack
    unit = float(mean.mean())
    p, q, gamma = fitted(
        lambda told: Spending(*told).log_likelihood(x, mean / unit), [4.0, 3.0, 1.0]
    )
    return Spending(p, q, gamma * unit)


def fitted(likelihood: Callable[[Any], float], start: list[float]) -> list[float]:
    """The parameters, all above 0, under which what happened is likeliest."""
    with np.errstate(over="ignore", invalid="ignore"):
        found = scipy.optimize.minimize(
            lambda logs: -likelihood(np.exp(logs)),
            np.log(start),
            method="Nelder-Mead",
            bounds=[BOUNDS] * len(start),
            options={"maxiter": 4_000, "maxfev": 4_000, "xatol": 1e-7, "fatol": 1e-8},
        )
    if not np.isfinite(found.fun):
        raise NoFit
    return [float(each) for each in np.exp(found.x)]
