"""The page of the learned model: what it foretells, how true it was, what it stands on.

Numbers are of all contacts, so the page is for those who see all.
"""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.common.jobs import Job
from apps.common.progress import progress_in_words
from apps.scoring.feature_words import NAMES, Words
from apps.scoring.learn import FEWEST
from apps.scoring.models import Foretelling, Predictor
from apps.scoring.outcomes import OUTCOMES
from apps.scoring.predict import DAYS, aim

SIDE = 260  # of a drawing
WIDE, HIGH = 400, 180
TICKS = 4
MOVED, MUCH = 0.1, 0.25  # of a drift
SHOWN = 12
KINDS = {"trees": _("gradient boosting"), "card": _("logistic regression")}
WAYS = {"isotonic": _("isotonic"), "sigmoid": _("sigmoid")}
STUCK = timedelta(minutes=15)


def page_of(*, at: datetime) -> dict[str, Any]:
    wanted = aim()
    models = list(Predictor.objects.defer("body", "seen")[:SHOWN])
    used = next((each for each in models if each.is_used), None)
    used = used or Predictor.objects.filter(standing="used").first()
    job = Foretelling.objects.order_by("-pk").first()
    last = Foretelling.objects.filter(learns=True).order_by("-pk").first()
    told = {
        "aim": wanted,
        "outcome": OUTCOMES[wanted.outcome],
        "outcomes": OUTCOMES.values(),
        "all_days": DAYS,
        "few": FEWEST,
        "models": [line_of(each) for each in models],
        "used": used,
        "can_go_back": any(each.standing == "spare" for each in models),
        "newest": models[0] if models else None,
        "job": job,
        "running": running(job, at=at),
        "failed": job is not None and job.status == Job.Status.FAILED,
        "why_not": last.why_not if last and last.status == Job.Status.DONE else "",
        "found": last.found if last else None,
        "features": sorted(
            ((name, str(title)) for name, title in NAMES.items()), key=lambda e: e[1]
        ),
    }
    return told | (shown(used, wanted) if used else {})


def running(job: Foretelling | None, *, at: datetime) -> dict[str, Any] | None:
    if job is None or job.status not in Job.UNFINISHED:
        return None
    learning = job.learns and job.predictor_id is None and not job.why_not
    doing = gettext("Training") if learning else gettext("Reckoning chances")
    far = f"{job.done:,} / {job.total:,}" if job.total else ""
    told = progress_in_words(job, doing=doing, far=far, at=at)
    return told | {"is_stuck": at - job.created_at > STUCK}


def line_of(model: Predictor) -> dict[str, Any]:
    return {
        "model": model,
        "outcome": OUTCOMES[model.outcome].title,
        "kind": KINDS.get(model.kind, model.kind),
        "auc": f"{model.measures['auc']:.3f}",
        "log_loss": f"{model.measures['log_loss']:.3f}",
    }


def shown(used: Predictor, wanted: Any) -> dict[str, Any]:
    measures = used.measures
    words = Words(
        [name for name, _value in used.weights]
        + [name for name, _value in used.suspects]
        + wanted.left_out
        + wanted.believed
        + [name for month in used.drift for name, _value in month["features"]]
    )
    latest = used.drift[-1] if used.drift else None
    return {
        "is_other": (used.outcome, used.days) != (wanted.outcome, wanted.days),
        "used_outcome": OUTCOMES[used.outcome],
        "kind": KINDS.get(used.kind, used.kind),
        "way": WAYS.get(used.calibration, used.calibration),
        "tiles": tiles(measures),
        "unseen": measures["rows"],
        "unseen_won": measures["won"],
        "share": f"{measures['share']:.1%}",
        "reliability": reliability(measures["points"]),
        "lifts": lifts(measures["lifts"]),
        "weights": weights(used, words),
        "suspects": [
            {"name": name, "title": words.title(name), "auc": f"{value:.2f}"}
            for name, value in used.suspects
        ],
        "left_out": [(name, words.title(name)) for name in wanted.left_out],
        "believed": [(name, words.title(name)) for name in wanted.believed],
        "drift": drift(used.drift),
        "drifted": latest is not None and latest["chances"] >= MUCH,
        "moved": [
            {
                "title": words.title(name),
                "psi": f"{value:.2f}",
                "tone": "bad"
                if value >= MUCH
                else "late"
                if value >= MOVED
                else "good",
            }
            for name, value in (latest["features"] if latest else [])[:6]
        ],
    }


def tiles(measures: dict[str, Any]) -> list[dict[str, Any]]:
    best = measures["lifts"][0] if measures["lifts"] else 1.0
    told = (
        (_("AUC"), f"{measures['auc']:.3f}", _("0.5 is chance, 1 is perfect")),
        (_("Brier"), f"{measures['brier']:.3f}", _("the lower, the truer")),
        (_("Log loss"), f"{measures['log_loss']:.3f}", _("the lower, the truer")),
        (
            _("off by"),
            f"{measures['error']:.1%}",
            _("between what was told and what came"),
        ),
        (
            _("best tenth"),
            f"{best:.1f}×",
            _("as often as all"),
        ),
    )
    return [{"title": t, "value": value, "hint": hint} for t, value, hint in told]


def weights(used: Predictor, words: Words) -> list[dict[str, Any]]:
    most = max((value for _name, value in used.weights), default=0) or 1
    return [
        {"title": words.title(name), "share": round(value / most * 100)}
        for name, value in used.weights[:10]
        if value > 0
    ]


# --- drawings -------------------------------------------------------------------------


def reliability(points: list[list[float]]) -> dict[str, Any] | None:
    """What was told to the right, what came upwards; on the diagonal it was true."""
    if not points:
        return None
    most = max(max(told, won) for told, won, _weight in points) or 1
    top = min(1.0, ceiling(most))
    dots = [
        {
            "x": f"{told / top * SIDE:.1f}",
            "y": f"{SIDE - won / top * SIDE:.1f}",
            "words": gettext("told %(told)s, came %(won)s")
            % {"told": f"{told:.1%}", "won": f"{won:.1%}"},
        }
        for told, won, _weight in points
    ]
    return {
        "side": SIDE,
        "dots": dots,
        "line": " ".join(f"{dot['x']},{dot['y']}" for dot in dots),
        "ticks": [
            {
                "at": f"{SIDE * n / TICKS:.1f}",
                "from_top": f"{SIDE - SIDE * n / TICKS:.1f}",
            }
            | {
                "words": f"{top * n / TICKS:.0%}"
                if top > 0.1
                else f"{top * n / TICKS:.1%}"
            }
            for n in range(1, TICKS + 1)
        ],
    }


def ceiling(most: float) -> float:
    """The next number that a scale may end with."""
    steps = (0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
    return next((step for step in steps if step >= most), 1.0)


def lifts(told: list[float]) -> dict[str, Any] | None:
    """Tenths of contacts from the likeliest, and how much oftener each won than all."""
    if not told:
        return None
    top = max(*told, 1.0) * 1.12
    step = WIDE / len(told)
    return {
        "wide": WIDE,
        "high": HIGH,
        "bars": [
            {
                "x": f"{step * n + step * 0.15:.1f}",
                "middle": f"{step * n + step / 2:.1f}",
                "y": f"{HIGH - lift / top * HIGH:.1f}",
                "width": f"{step * 0.7:.1f}",
                "height": f"{lift / top * HIGH:.1f}",
                "label": f"{HIGH - lift / top * HIGH - 5:.1f}",
                "lift": f"{lift:.1f}",
                "number": n + 1,
            }
            for n, lift in enumerate(told)
        ],
        "average": f"{HIGH - HIGH / top:.1f}",
    }


def drift(months: list[dict[str, Any]]) -> dict[str, Any] | None:
    if not months:
        return None
    shown = months[-12:]
    top = max(max(month["chances"] for month in shown), MUCH) * 1.15
    step = WIDE / len(shown)
    return {
        "wide": WIDE,
        "high": HIGH,
        "much": f"{HIGH - MUCH / top * HIGH:.1f}",
        "moved": f"{HIGH - MOVED / top * HIGH:.1f}",
        "bars": [
            {
                "x": f"{step * n + step * 0.2:.1f}",
                "middle": f"{step * n + step / 2:.1f}",
                "y": f"{HIGH - month['chances'] / top * HIGH:.1f}",
                "width": f"{step * 0.6:.1f}",
                "height": f"{month['chances'] / top * HIGH:.1f}",
                "label": f"{HIGH - month['chances'] / top * HIGH - 5:.1f}",
                "psi": f"{month['chances']:.2f}",
                "month": month["month"][2:],
            }
            for n, month in enumerate(shown)
        ],
    }
