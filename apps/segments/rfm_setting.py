"""How this company reckons RFM, kept: which orders, where the classes begin, and what
the eight cells are called.

Cut points are kept as values. So a cell means the same tomorrow as today, and whoever
moves from one to another has done something, not others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from apps.audit.note import note
from apps.common.filters import midnight
from apps.rules.algebra import WHO, Atom
from apps.rules.fields import Field
from apps.segments.models import RfmSetting, Segment
from apps.segments.refresh import ask_for
from apps.segments.rfm import CELLS, MEASURES, Asked, Rfm, is_good
from apps.staff.models import User

LONGEST_NAME = 12
KEPT = ("days", "classes", "channels", "products", *MEASURES, "names")

type Cell = tuple[bool, bool, bool]


def setting() -> RfmSetting | None:
    return RfmSetting.objects.first()


def asked_of(kept: RfmSetting, *, today: date) -> Asked:
    return Asked(
        today=today,
        days=kept.days,
        classes=kept.classes,
        channels=tuple(kept.channels),
        products=tuple(kept.products),
        cuts={name: tuple(getattr(kept, name)) for name in MEASURES},
    )


@transaction.atomic
def keep_setting(
    *, found: Rfm, names: Mapping[str, str], by: User, at: datetime
) -> RfmSetting:
    """From now on it is reckoned like this; segments by cells are worked out anew."""
    before = RfmSetting.objects.select_for_update().first()
    asked = found.asked
    told = {key_of(cell): names.get(key_of(cell), "") for cell in CELLS}
    tidy = {
        key: " ".join(name.replace("\x00", "").split())[:LONGEST_NAME]
        for key, name in told.items()
    }
    kept = RfmSetting(
        pk=1,
        days=asked.days,
        classes=asked.classes,
        channels=list(asked.channels),
        products=list(asked.products),
        names={key: name for key, name in tidy.items() if name},
        changed_at=at,
        **{name: list(found.cuts[name]) for name in MEASURES},
    )
    kept.save()
    was = told_of(before) if before else {}
    if was != told_of(kept):
        deed = "changed" if before else "added"
        note(deed=deed, by=by, at=at, about=kept, before=was, after=told_of(kept))
        ask_for(Segment.objects.filter(kind="rule", topics__contains=["order:"]))
    return kept


def told_of(kept: RfmSetting) -> dict[str, Any]:
    return {name: getattr(kept, name) for name in KEPT}


def key_of(cell: Cell) -> str:
    """Such as 101: good in recency and money."""
    return "".join(str(int(good)) for good in cell)


def cell_names(kept: RfmSetting | None = None) -> dict[Cell, str]:
    """Their own names, or the classic ones."""
    own = kept.names if kept else {}
    return {cell: own.get(key_of(cell)) or str(name) for cell, name in CELLS.items()}


def choices() -> dict[str, str]:
    """Of the word; none before there is a setting."""
    kept = setting()
    return {key_of(c): name for c, name in cell_names(kept).items()} if kept else {}


# --- the cell as a word of the language -----------------------------------------------

BOUGHT = """
SELECT row.contact_id AS contact_id FROM orders_order AS row
WHERE row.contact_id IS NOT NULL AND row.paid_at >= %(since)s AND row.paid_at < %(end)s
    AND row.status <> 'refunded' {narrowed} {who}
GROUP BY row.contact_id HAVING {cell}
"""
IS = """
(max(row.paid_at) >= %(recent)s) = %(r)s AND (count(*) >= %(often)s) = %(f)s
AND (sum(row.amount - row.refunded_amount) >= %(much)s) = %(m)s
"""
KEY = """
SELECT concat((max(row.paid_at) >= %(recent)s)::int, (count(*) >= %(often)s)::int,
    (sum(row.amount - row.refunded_amount) >= %(much)s)::int)
FROM orders_order AS row
WHERE row.contact_id = %(who)s AND row.paid_at >= %(since)s AND row.paid_at < %(end)s
    AND row.status <> 'refunded' {narrowed}
HAVING count(*) > 0
"""
NOBODY = "SELECT row.id AS contact_id FROM contacts_contact AS row WHERE FALSE"


@dataclass(frozen=True, kw_only=True)
class CellField(Field):
    """Who is in a cell, by the setting as it is kept."""

    def atom(self, op: str, value: Any, options: dict, *, today: date) -> Any:
        kept = setting()
        if kept is None:
            return Atom.of(f"{NOBODY} {WHO}", {}, contact="row.id", topic=self.topic)
        narrowed, held = bounds(kept, today=today)
        parts = []
        for number, key in enumerate(value):
            names = {letter: f"{letter}{number}" for letter in "rfm"}
            sql = IS
            for letter, name in names.items():
                sql = sql.replace(f"%({letter})s", f"%({name})s")
            parts.append(f"({sql})")
            goods = zip(names.values(), key, strict=True)
            held |= {name: good == "1" for name, good in goods}
        return Atom.of(
            BOUGHT.format(narrowed=narrowed, who=WHO, cell=" OR ".join(parts)),
            held,
            contact="row.contact_id",
            topic=self.topic,
        )

    def evidence(self, options: dict, *, today: date) -> tuple[str, dict[str, Any]]:
        kept = setting()
        if kept is None:
            return "SELECT NULL WHERE %(who)s IS NULL", {}
        narrowed, held = bounds(kept, today=today)
        return KEY.format(narrowed=narrowed), held


def bounds(kept: RfmSetting, *, today: date) -> tuple[str, dict[str, Any]]:
    """Which orders count, and from where on each of the three is good."""
    asked = asked_of(kept, today=today)
    good = sum(is_good(n, of=asked.classes) for n in range(1, asked.classes + 1))
    recent = today - timedelta(days=kept.recency[good - 1] - 1)
    told = asked.parameters()
    narrowed = asked.narrowed()
    wanted = ["since", "end"]
    wanted += ["channels"] if asked.channels else []
    wanted += ["products"] if asked.products else []
    return narrowed, {name: told[name] for name in wanted} | {
        "recent": midnight(recent),
        "often": kept.frequency[asked.classes - good - 1],
        "much": kept.money[asked.classes - good - 1],
    }
