"""The plan of a code in audit rows: what of it was changed, part by part, in words."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Value
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.audit.telling import PARTS
from apps.channels.words import ROTATIONS, VERIFY
from apps.staff.models import Department, Employee
from apps.tags.models import Tag
from apps.welcomes.models import Welcome

TITLES = {
    "people": _("Employees"),
    "departments": _("Departments"),
    "rotation": _("Rotation"),
    "slots": _("weekly slots"),
    "dates": _("special dates"),
    "daily_cap": _("at most a day"),
    "total_cap": _("at most in all"),
    "each_daily_cap": _("at most a day for each"),
    "verify": _("how new friends come in"),
    "is_exclusive": _("exclusive"),
    "tags": _("Tags"),
    "remark": _("Remark"),
    "welcome": _("Welcome"),
}
Names = Mapping[str, Mapping[Any, str]]


def names() -> Names:
    """Everybody and everything that a plan may name: one statement for a page."""
    kinds = {
        "people": Employee.objects.all(),
        "departments": Department.objects.all(),
        "tags": Tag.objects.all(),
        "welcome": Welcome.objects.all(),
    }
    first, *others = (
        rows.order_by().values_list(Value(kind), "pk", "name")
        for kind, rows in kinds.items()
    )
    found: dict[str, dict[Any, str]] = {kind: {} for kind in kinds}
    for kind, pk, name in first.union(*others, all=True):
        found[kind][pk] = name
    return found


def in_words(plan: Mapping[str, Any], names: Names) -> dict[Any, str]:
    told = {name: plan.get(name) for name in TITLES}
    if plan.get("always") is True:
        told["slots"] = gettext("at all hours")
    return {TITLES[name]: words_of(name, told[name], names) for name in TITLES}


def words_of(name: str, value: Any, names: Names) -> str:
    if name == "welcome" and value == 0:
        return gettext("none")
    if value is None or value in ("", [], False):
        return ""
    if name == "rotation":
        return str(ROTATIONS.get(value, value))
    if name == "verify":
        return str(VERIFY.get(value, value))
    if value is True:
        return gettext("yes")
    if isinstance(value, list):
        return "、".join(one_of(name, each, names) for each in value)
    return called(name, value, names)


def called(name: str, value: Any, names: Names) -> str:
    return str(names.get(name, {}).get(value, value))


def one_of(name: str, row: Any, names: Names) -> str:
    """An employee with what holds for them; a slot with its days and times."""
    if not isinstance(row, dict):
        return called(name, row, names)
    if name == "people":
        return with_more(called(name, row.get("employee"), names), person(row))
    days = [str(WEEKDAYS_ABBR[day - 1]) for day in row.get("days") or () if 0 < day < 8]
    if first := row.get("first"):
        days = ["～".join(filter(None, (str(first), str(row.get("last") or ""))))]
    times = f"{row.get('from') or '00:00'}–{row.get('until') or '24:00'}"
    if row.get("is_closed") is True:
        times = gettext("closed")
    people = [called("people", each, names) for each in row.get("people") or ()]
    return with_more(" ".join([*days, times]), people)


def person(row: Mapping[str, Any]) -> list[str]:
    told = []
    if row.get("weight") not in (None, 1):
        told.append(gettext("weight %(many)s") % {"many": row["weight"]})
    if row.get("daily_cap"):
        told.append(gettext("%(many)s a day") % {"many": row["daily_cap"]})
    if row.get("total_cap"):
        told.append(gettext("%(many)s in all") % {"many": row["total_cap"]})
    if row.get("is_backup") is True:
        told.append(gettext("backup"))
    if row.get("is_off") is True:
        told.append(gettext("paused"))
    return told


def with_more(text: str, more: list[str]) -> str:
    return f"{text}（{'，'.join(more)}）" if more else text


for field in ("draft", "plan"):
    PARTS["channels.channel", field] = in_words, names
