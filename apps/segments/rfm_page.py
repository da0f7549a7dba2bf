"""The page of RFM: a heat map, and the eight cells; each leads to its people.

Numbers are of all customers, so the page is for those who see all.
"""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.common.filters import whole_number
from apps.orders.models import Order, Product
from apps.rules.shapes import MOST_DAYS
from apps.segments.rfm import CELLS, CLASSES, MEASURES, Asked, Rfm, rfm, rule_of
from apps.segments.rfm_setting import asked_of, cell_names, key_of, setting

DAYS = {30: _("30 days"), 90: _("90 days"), 180: _("180 days"), 365: _("a year")}
DAYS |= {730: _("two years")}
TITLES = {
    "recency": _("days since the last order"),
    "frequency": _("number of orders"),
    "money": _("amount, in yuan"),
}
YUAN = 100
LARGEST = {"recency": MOST_DAYS, "frequency": 10**12, "money": 10**14}


def asked_by(told: Any, *, today: date) -> Asked:
    """What the address asks for, or else as it is kept; what makes no sense is passed
    over."""
    kept = setting()
    if kept and not told:
        return asked_of(kept, today=today)
    days, classes = whole_number(told.get("days", "")), whole_number(told.get("n", ""))
    channel = told.get("channel", "")
    classes = classes if classes in CLASSES else 5
    return Asked(
        today=today,
        days=days if days in DAYS else 365,
        classes=classes,
        channels=(channel,) if channel in Order.Channel.values else (),
        products=products_in(told.get("product", "")),
        cuts={
            name: cuts
            for name in MEASURES
            if (cuts := cuts_in(told.get(name, ""), classes - 1, of=name))
        },
    )


def products_in(text: str) -> tuple[int, ...]:
    numbers = {whole_number(each) for each in text[:400].split(",")}
    wanted = [number for number in numbers if number is not None]
    found = Product.objects.filter(pk__in=wanted).values_list("pk", flat=True)
    return tuple(sorted(found))


def cuts_in(text: str, many: int, *, of: str) -> tuple[int, ...] | None:
    """So many numbers, each larger than the one before: 7, 30, 90, 180."""
    read = fen_of if of == "money" else whole_number
    numbers = [read(each.strip()) for each in text[:200].split(",")]
    if len(numbers) != many or None in numbers:
        return None
    found = [number for number in numbers if number is not None]
    if sorted(set(found)) != found or found[0] < 1 or found[-1] > LARGEST[of]:
        return None
    return tuple(found)


def fen_of(text: str) -> int | None:
    """Yuan, with or without fen: 12, 12.5, 12.50."""
    yuan, _dot, fen = text.partition(".")
    numbers = whole_number(yuan), whole_number(fen.ljust(2, "0"))
    if len(fen) > 2 or numbers[0] is None or numbers[1] is None:
        return None
    return numbers[0] * YUAN + numbers[1]


def page_of(asked: Asked) -> dict[str, Any]:
    found, kept = rfm(asked), setting()
    return {
        "is_kept": kept is not None and asked_of(kept, today=asked.today) == asked,
        "own": kept.names if kept else {},
        "products": Product.objects.filter(pk__in=asked.products),
        "found": found,
        "days": DAYS,
        "classes": CLASSES,
        "channels": Order.Channel.choices,
        "cuts": [
            {
                "name": name,
                "title": TITLES[name],
                "text": ", ".join(shown_cuts(found, name)),
                "is_set": name in asked.cuts,
            }
            for name in MEASURES
        ],
        "heat": heat_of(found),
        "cells": cells_of(found, cell_names(kept)),
    }


def shown_cuts(found: Rfm, name: str) -> list[str]:
    """To the fen: they come back when this is kept."""
    cuts = found.cuts[name]
    if name != "money":
        return [str(cut) for cut in cuts]
    return [f"{cut / YUAN:.2f}".removesuffix(".00") for cut in cuts]


def heat_of(found: Rfm) -> list[dict[str, Any]]:
    """Rows from the most recent; columns from the rarest."""
    heat, classes = found.heat(), found.asked.classes
    most = max(heat.values(), default=0) or 1
    every = range(1, classes + 1)
    return [
        {
            "r": r,
            "cells": [
                {
                    "f": f,
                    "many": heat.get((r, f), 0),
                    "warmth": heat.get((r, f), 0) / most,
                    "address": address_of(
                        found, r=range(r, r + 1), f=range(f, f + 1), m=every, name=""
                    ),
                }
                for f in every
            ],
        }
        for r in reversed(every)
    ]


def cells_of(
    found: Rfm, names: Mapping[tuple[bool, bool, bool], str]
) -> list[dict[str, Any]]:
    many = found.cells()
    money = found.money_of_cells()
    return [
        {
            "name": name,
            "key": key_of(cell),
            "classic": CELLS[cell],
            "better": [
                (letter, good) for letter, good in zip("RFM", cell, strict=True)
            ],
            "many": many[cell],
            "share": f"{many[cell] / (found.buyers or 1):.1%}",
            "money": money[cell],
            "address": address_of(
                found,
                **{
                    letter: found.classes_of(good)
                    for letter, good in zip("rfm", cell, strict=True)
                },
                name=name,
            ),
        }
        for cell, name in names.items()
    ]


def address_of(found: Rfm, *, r: range, f: range, m: range, name: str) -> str:
    """The builder with the rule of these classes."""
    called = name or gettext("RFM: R%(r)d, F%(f)d") % {"r": r[0], "f": f[0]}
    rule = json.dumps(rule_of(found, r=r, f=f, m=m), separators=(",", ":"))
    told = urlencode({"rule": rule, "name": called})
    return f"{reverse('admin:segments_segment_build')}?{told}"
