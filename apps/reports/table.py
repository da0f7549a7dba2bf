"""All models side by side: for each channel, employee or campaign what it is given."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import nlargest
from typing import Any

from django.apps import apps
from django.utils.translation import gettext

from apps.contacts.models import Contact
from apps.reports.attribution import MODELS, Credit, Path, credits_of
from apps.reports.paths import Walked
from apps.reports.touches import Kind
from apps.staff.models import User

MOST = 1_000  # keys that are told apart; the rest are one
OTHERS = "others"


@dataclass(frozen=True, kw_only=True)
class Row:
    """`touched` are the conversions in whose path it stands."""

    key: Any
    touched: int
    credits: Mapping[str, Credit]
    name: str = ""

    @property
    def is_others(self) -> bool:
        return self.key == OTHERS


@dataclass(frozen=True, kw_only=True)
class Table:
    rows: list[Row]
    many: int
    worth: int
    untouched: int
    untouched_worth: int
    made_at: datetime | None = None  # None: just now
    names: Mapping[Any, str] = field(default_factory=dict)


def table_of(found: Walked) -> Table:
    paths = few(found.paths)
    credits = {model: credits_of(paths, model=model) for model in MODELS}
    touched = counted(paths)
    rows = [
        Row(
            key=key,
            touched=round(touched[key]),
            credits={model: credits[model][key] for model in MODELS},
        )
        for key in credits["linear"]
    ]
    rows.sort(key=lambda row: (-row.credits["linear"].many, -row.touched, str(row.key)))
    return Table(
        rows=rows,
        many=found.many,
        worth=found.worth,
        untouched=found.untouched,
        untouched_worth=found.untouched_worth,
    )


def counted(paths: Iterable[Path]) -> dict[Any, float]:
    touched: dict[Any, float] = defaultdict(float)
    for path in paths:
        for key in set(path.keys):
            touched[key] += path.many
    return touched


def few(paths: list[Path]) -> list[Path]:
    """Beyond a thousand keys those that touched fewest are taken together."""
    touched: dict[Any, float] = defaultdict(float)
    for path in paths:
        for key in set(path.keys):
            touched[key] += path.many + path.lost / 1_000_000
    if len(touched) <= MOST:
        return paths
    kept = set(nlargest(MOST, touched, key=touched.__getitem__))

    def taken(key: Any) -> Any:
        return key if key in kept else OTHERS

    return [replace(path, keys=tuple(map(taken, path.keys))) for path in paths]


# --- as JSON, and back ----------------------------------------------------------------


def as_json(table: Table) -> dict[str, Any]:
    return {
        "many": table.many,
        "worth": table.worth,
        "untouched": table.untouched,
        "untouched_worth": table.untouched_worth,
        "rows": [
            {
                "key": row.key,
                "touched": row.touched,
                "credits": {
                    model: [round(credit.many, 6), round(credit.worth, 2)]
                    for model, credit in row.credits.items()
                },
            }
            for row in table.rows
        ],
    }


def from_json(told: dict[str, Any], *, made_at: datetime) -> Table:
    rows = [
        Row(
            key=row["key"],
            touched=row["touched"],
            credits={model: Credit(*pair) for model, pair in row["credits"].items()},
        )
        for row in told["rows"]
    ]
    return Table(
        rows=rows,
        many=told["many"],
        worth=told["worth"],
        untouched=told["untouched"],
        untouched_worth=told["untouched_worth"],
        made_at=made_at,
    )


# --- names ----------------------------------------------------------------------------


def named(table: Table, *, by: Kind, user: User | None) -> Table:
    names = names_of([row.key for row in table.rows], by=by, user=user)
    rows = [replace(row, name=names[row.key]) for row in table.rows]
    return replace(table, rows=rows)


def names_of(keys: Iterable[Any], *, by: Kind, user: User | None) -> dict[Any, str]:
    """How each is called; one query. Contacts whom the user may not see have none."""
    keys = list(keys)
    found: dict[Any, str] = {}
    if by.model:
        numbers = [key for key in keys if isinstance(key, int)]
        rows: Any = apps.get_model(by.model)._default_manager.all()
        if by.model == Contact._meta.label_lower:
            rows = Contact.objects.current()
            if user is not None:
                rows = rows.visible_to(user)
        found = {row.pk: str(row) for row in rows.filter(pk__in=numbers)}
    else:
        found = {key: str(key) for key in keys}
    found[OTHERS] = gettext("all others")
    return {key: found.get(key, gettext("not yours to see")) for key in keys}
