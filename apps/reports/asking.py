"""What the address of a report asks for; what makes no sense is passed over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from apps.common.filters import day_of, whole_number
from apps.reports.attribution import MODELS
from apps.reports.models import Reckoning
from apps.reports.paths import Asked
from apps.reports.table import OTHERS
from apps.reports.touches import GOALS, KINDS, WINDOWS

LONGEST = 731  # days
SPANS = {7: _("7 days"), 30: _("30 days"), 90: _("90 days"), 365: _("a year")}
UNTIL_YESTERDAY = 90  # days from which on today is left out: it is kept at night
MEASURES = {"many": _("conversions"), "worth": _("amount")}
TITLES = {
    "first": _("first touch"),
    "last": _("last touch"),
    "linear": _("linear"),
    "decay": _("time decay"),
    "position": _("by position"),
    "markov": _("Markov"),
    "shapley": _("Shapley"),
}
MEANS = {
    "first": _("The first touch has it all."),
    "last": _("The last touch before the conversion has it all."),
    "linear": _("Every touch has the same."),
    "decay": _("Half as much for each week that a touch lies before the last one."),
    "position": _(
        "40% to the first, 40% to the last, 20% to those between; of two half each."
    ),
    "markov": _(
        "By how many conversions would be missing without it, as contacts "
        "really went from touch to touch; also those who did not convert."
    ),
    "shapley": _("Every one in a path the same, however often it touched."),
}
NOBODY = "none"
WORDS = {"by", "goal", "window", "from", "to", "model", "measure", "margin"}
WORDS |= {"anew", "as", "key", "which", "p"}  # all that an address may say


@dataclass(frozen=True, kw_only=True)
class Looked:
    """A report as somebody looks at it."""

    asked: Asked
    model: str = "linear"
    measure: str = "many"
    today: date

    @property
    def of_file(self) -> dict[str, Any]:
        """What a file of it is named by, see common/report_file.py."""
        kind = Reckoning._meta.label_lower
        return {"kind": kind, "first": self.asked.first, "last": self.asked.last}

    def address(self, **other: Any) -> str:
        """This report with something else in the address."""
        told = {
            "by": self.asked.by.name,
            "goal": self.asked.goal.name,
            "window": self.asked.window,
            "from": self.asked.first,
            "to": self.asked.last,
            "model": self.model,
            "measure": self.measure,
        }
        return "?" + urlencode(
            {k: v for k, v in (told | other).items() if v is not None}
        )

    @property
    def model_words(self) -> Any:
        return TITLES[self.model]

    @property
    def spans(self) -> list[dict[str, Any]]:
        """Spans of days that are offered, each with its address."""
        found = []
        for days, words in SPANS.items():
            last = self.today - timedelta(days=int(days >= UNTIL_YESTERDAY))
            first = last - timedelta(days=days - 1)
            here = (first, last) == (self.asked.first, self.asked.last)
            address = self.address(**{"from": first, "to": last})
            found.append({"words": words, "address": address, "here": here})
        return found


def look(
    told: Mapping[str, str],
    *,
    today: date,
    kinds: Mapping[str, Any] = KINDS,
    goal: str = "first",
    model: str = "linear",
) -> Looked:
    last = min(day_of(told.get("to", "")) or today, today)
    first = day_of(told.get("from", "")) or last - timedelta(days=29)
    first = max(min(first, last), last - timedelta(days=LONGEST - 1))
    window = whole_number(told.get("window", ""))
    asked = Asked(
        goal=GOALS.get(told.get("goal", ""), GOALS[goal]),
        by=kinds.get(told.get("by", ""), next(iter(kinds.values()))),
        window=window if window in WINDOWS else 30,
        first=first,
        last=last,
    )
    chosen, measure = told.get("model", ""), told.get("measure", "")
    return Looked(
        asked=asked,
        model=chosen if chosen in MODELS else model,
        measure=measure if measure in MEASURES else "many",
        today=today,
    )


def key_in(text: str, asked: Asked) -> Any:
    """The key that a link names: a number, or the text itself."""
    if text in (NOBODY, OTHERS) or not asked.by.model:
        return None if text == NOBODY else text.replace("\0", "")[:64]
    return whole_number(text)


def margin_in(text: str) -> float:
    """What stays of the revenue, as a part of one; nothing said: all of it."""
    percent = whole_number(text.strip())
    return min(percent, 100) / 100 if percent is not None else 1.0
