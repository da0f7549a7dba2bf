"""What the form of a code is told, and what it sends back."""

import json
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from apps.channels.models import Channel
from apps.channels.plan import NotAPlan
from apps.common.problems import Problem
from apps.staff.models import Department, Employee
from apps.tags.models import Tag
from apps.welcomes.models import Welcome

LONGEST = 200_000  # characters
TEXTS = ("name", "folder", "target", "cost", "version")


def draft_in(told: str | bytes) -> dict[str, Any]:
    """JSON that the form sent, if it is some."""
    try:
        found = json.loads(told) if len(told) <= LONGEST else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise NotAPlan([Problem("people", gettext("The form was not understood."))])
    return found


def figure(field: str, told: str, *, fen: bool = False) -> int | None:
    if not told.strip():
        return None
    try:
        value = Decimal(told.strip()) * (100 if fen else 1)
        if value == value.to_integral_value() and 0 <= value <= 10**9:
            return int(value)
    except InvalidOperation:
        pass
    raise NotAPlan([Problem(field, gettext("Write a number, or nothing."))])


def texts_of(channel: Channel | None) -> dict[str, Any]:
    if channel is None:
        return dict.fromkeys(TEXTS, "")
    cost = channel.cost_per_day
    return {
        "name": channel.name,
        "folder": channel.folder,
        "target": "" if channel.target is None else channel.target,
        "cost": "" if cost is None else f"{Decimal(cost) / 100:.2f}",
        "version": channel.version,
    }


def welcomes() -> list[tuple[int, str]]:
    return list(Welcome.objects.order_by("name").values_list("pk", "name")[:500])


def folders() -> list[str]:
    used = Channel.objects.exclude(folder="").order_by("folder")
    return list(used.values_list("folder", flat=True).distinct()[:100])


def form_data(draft: dict[str, Any]) -> dict[str, Any]:
    """The draft with the names of whom it names, and where to find others."""
    rows = [row for row in rows_of(draft, "people") if "employee" in row]
    slots = [*rows_of(draft, "slots"), *rows_of(draft, "dates")]
    numbers = {row["employee"] for row in rows}
    for slot in slots:
        numbers |= set(slot.get("people") or ())
    people = names(Employee.objects.filter(pk__in=whole(numbers)))
    departments = Department.objects.filter(pk__in=whole(draft.get("departments")))
    tags = Tag.objects.filter(pk__in=whole(draft.get("tags")))
    return {
        "draft": draft,
        "people": people,
        "departments": names(departments),
        "tags": names(tags),
        "picks": {
            "people": reverse("admin:staff_employee_picks"),
            "departments": reverse("admin:staff_department_picks"),
            "tags": reverse("admin:tags_tag_picks"),
        },
    }


def rows_of(draft: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = draft.get(name)
    if not isinstance(rows, list):
        return []
    return [row for row in rows if isinstance(row, dict)]


def whole(numbers: Any) -> list[int]:
    found = numbers if isinstance(numbers, list | set | tuple) else ()
    return [number for number in found if type(number) is int and number < 2**62]


def names(rows: Iterable[Any]) -> dict[int, str]:
    return {row.pk: str(row) for row in rows}
