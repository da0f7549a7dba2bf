"""The learned score: how likely a chosen outcome is, learned from the past.

Of each contact is taken what was known at a moment, and whether the outcome came within
the days after it. A model learns from the earlier moments and is judged at the later
ones, which it has not seen. It comes into use only if it is truer there than the one in
use, for the same contacts; or, where there is none, truer than the average alone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from apps.audit.note import note
from apps.common.errors import Refused
from apps.scoring.as_json import read, written
from apps.scoring.drift import drift_by_cut, spread
from apps.scoring.judge import measured
from apps.scoring.known import known_at, words_in_use
from apps.scoring.learn import (
    FEWEST,
    Past,
    TooFewOutcomes,
    learn,
    too_good,
)
from apps.scoring.models import Aim, Predictor
from apps.scoring.outcomes import OUTCOMES, Spells, cuts_before, spells_of
from apps.scoring.sources import Words
from apps.staff.models import User

MOST_CUTS = 12
MOST_WON, MOST_ROWS = 8_000, 24_000
UNSEEN = 0.25  # the share of outcomes that is kept for the judgement
KEPT = 12  # models
EXPLAINED = 400  # contacts by whom features are weighed
PLAIN = Aim(pk=1, outcome="first_order", days=30)
DAYS = (7, 14, 30, 60, 90, 180)


class HistoryTooShort(Refused):
    """It takes two spells of so many days to learn from one and to judge by the other:
    choose fewer days, or wait."""

    code = "history_too_short"


class NotLearned(Refused):
    """There is no model yet."""

    code = "no_model"


class NoneBefore(Refused):
    """There is no earlier model to go back to."""

    code = "no_model_before"


class NoSuchAim(Refused):
    """There is no such outcome, or no such number of days."""

    code = "no_such_aim"


@dataclass(frozen=True)
class Asked:
    """Contacts at a moment, with what came; each stands for `weight` of them."""

    cut: datetime
    contacts: Any
    won: Any
    weight: Any


def aim() -> Aim:
    return Aim.objects.first() or PLAIN


@transaction.atomic
def keep_aim(
    *,
    outcome: str,
    days: int,
    left_out: list[str],
    believed: list[str],
    by: User,
    at: datetime,
) -> Aim:
    if outcome not in OUTCOMES or days not in DAYS:
        raise NoSuchAim
    was = Aim.objects.select_for_update().first()
    kept = Aim(
        pk=1,
        outcome=outcome,
        days=days,
        left_out=sorted(set(left_out)),
        believed=sorted(set(believed) - set(left_out)),
        changed_at=at,
    )
    kept.save()
    before, after = told_of(was or PLAIN), told_of(kept)
    if was is None or before != after:
        deed = "changed" if was else "added"
        told = before if was else {}
        note(deed=deed, by=by, at=at, about=kept, before=told, after=after)
    return kept


def told_of(kept: Aim) -> dict[str, Any]:
    names = ("outcome", "days", "left_out", "believed")
    return {name: getattr(kept, name) for name in names}


# --- the past -------------------------------------------------------------------------


def asked_before(spells: Spells, *, days: int, at: datetime) -> list[Asked]:
    """At each moment all for whom the outcome came, up to a limit, and some of those
    for whom it did not; the same ones each time."""
    first = float(spells.begins.min()) if len(spells.begins) else at.timestamp()
    cuts = cuts_before(at, days=days, first=first, many=MOST_CUTS)
    ends = [*cuts[1:], at]
    found = []
    for cut, end in zip(cuts, ends, strict=True):
        open_then = spells.open_at(cut)
        won = spells.came_by(open_then, end)
        kept, weight = [], []
        for part, most in ((won == 1, MOST_WON), (won == 0, MOST_ROWS - MOST_WON)):
            rows = np.flatnonzero(part)
            some = sample(rows, max(most // len(cuts), 1))
            kept.append(some)
            weight.append(np.full(len(some), len(rows) / max(len(some), 1)))
        rows, stands_for = np.concatenate(kept), np.concatenate(weight)
        # a contact may have had several leads: one of them is enough
        who = spells.contacts[open_then[rows]]
        contacts, one = np.unique(who, return_index=True)
        if len(contacts):
            found.append(Asked(cut, contacts, won[rows][one], stands_for[one]))
    return found


def sample(rows: Any, many: int) -> Any:
    if len(rows) <= many:
        return rows
    return np.sort(np.random.default_rng(1).choice(rows, many, replace=False))


def parted(asked: list[Asked]) -> tuple[list[Asked], list[Asked]]:
    """The earlier moments, and the later ones, which have a quarter of the outcomes."""
    total = sum(each.won.sum() for each in asked)
    first = len(asked) - 1
    while first > 1 and sum(e.won.sum() for e in asked[first:]) < UNSEEN * total:
        first -= 1
    return asked[:first], asked[first:]


def past_of(asked: list[Asked], words: Words) -> Past:
    tables = [known_at(each.contacts, each.cut, words) for each in asked]
    return Past(
        {name: np.concatenate([t[name] for t in tables]) for name in tables[0]},
        np.concatenate([each.won for each in asked]),
        np.concatenate([each.weight for each in asked]),
    )


# --- to learn -------------------------------------------------------------------------


def train(*, at: datetime, by: User | None = None) -> Predictor:
    """A new model; whether it comes into use is told by its standing."""
    wanted = aim()
    asked = asked_before(spells_of(OUTCOMES[wanted.outcome]), days=wanted.days, at=at)
    if len(asked) == 1:
        raise HistoryTooShort
    if sum(each.won.sum() for each in asked) < FEWEST:
        raise TooFewOutcomes
    earlier, later = parted(asked)
    words = words_in_use()
    past = past_of(earlier, words).without(wanted.left_out)
    suspects = [each for each in too_good(past) if each[0] not in wanted.believed]
    learned = learn(past.without([name for name, _auc in suspects]))
    learned.words.update(words)
    unseen = past_of(later, words)
    bins, then = (learned.bins(each.table, each.many) for each in (unseen, past))
    measures = measured(unseen.won, learned.chances(bins), unseen.weight)
    made = Predictor(
        made_at=at,
        outcome=wanted.outcome,
        days=wanted.days,
        kind=learned.kind,
        calibration=learned.calibration.name,
        made_by=learned.made_by,
        body=written(learned),
        rows=past.many,
        won=int(past.won.sum()),
        known_from=timezone.localdate(earlier[0].cut),
        known_until=timezone.localdate(later[0].cut),
        measures=measures,
        weights=[[n, round(v, 4)] for n, v in learned.weights(bins[:EXPLAINED])],
        suspects=[[name, round(value, 3)] for name, value in suspects],
        seen=spread(learned, then, past.weight),
        drift=drift_by_cut(learned, past.weight, then, earlier),
    )
    put_into_use(made, later=later, average=share_of(past), at=at, by=by)
    return made


def share_of(past: Past) -> float:
    return float(np.average(past.won, weights=past.weight))


@transaction.atomic
def put_into_use(
    made: Predictor, *, later: list[Asked], average: float, at: datetime, by: Any
) -> None:
    used = Predictor.objects.select_for_update().filter(standing="used").first()
    same = used and (used.outcome, used.days) == (made.outcome, made.days)
    limit = measured_average(later, average)
    if used and same:
        made.before = judged(used, later)
        limit = made.before["log_loss"] if made.before else limit
    made.save()
    if made.measures["log_loss"] < limit:
        promote(made, at=at, by=by)
    old = Predictor.objects.exclude(standing="used").order_by("-made_at")[KEPT:]
    Predictor.objects.filter(pk__in=[each.pk for each in old]).delete()


def measured_average(later: list[Asked], average: float) -> float:
    """What it costs to tell everybody the same."""
    won = np.concatenate([each.won for each in later])
    weight = np.concatenate([each.weight for each in later])
    loss: float = measured(won, np.full(len(won), average), weight)["log_loss"]
    return loss


def judged(used: Predictor, later: list[Asked]) -> dict[str, Any] | None:
    """The one in use, by contacts that it has not seen either."""
    try:
        learned = read(used.body)
    except Refused:
        return None
    past = past_of(later, learned.words)
    chances = learned.chances(learned.bins(past.table, past.many))
    return measured(past.won, chances, past.weight)


def promote(made: Predictor, *, at: datetime, by: Any) -> None:
    Predictor.objects.filter(standing="used").update(standing="spare")
    made.standing, made.used_since = Predictor.Standing.USED, at
    made.save(update_fields=["standing", "used_since"])
    note(deed="model_used", by=by, at=at, about=made, after={"outcome": made.outcome})


@transaction.atomic
def use(*, predictor: Predictor, by: User, at: datetime) -> Predictor:
    """A person decides, whatever the measures say."""
    chosen = Predictor.objects.select_for_update().get(pk=predictor.pk)
    read(chosen.body)
    if not chosen.is_used:
        promote(chosen, at=at, by=by)
    return chosen


@transaction.atomic
def roll_back(*, by: User, at: datetime) -> Predictor:
    """To the one that was in use before."""
    rows = Predictor.objects.select_for_update()
    before = rows.filter(standing="spare", used_since__isnull=False)
    if (last := before.order_by("-used_since").first()) is None:
        raise NoneBefore
    return use(predictor=last, by=by, at=at)
