"""The form of a score rule: what was filled in, and what it is filled in with."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from apps.common.filters import whole_number
from apps.rules.explain import names_of
from apps.rules.operators import Kind
from apps.scoring.models import Axis, ScoreGroup, ScoreVersion
from apps.scoring.said import NoSuchDays, NoSuchNumber, NoSuchPoints, Said
from apps.scoring.scenes import EARNING
from apps.segments.builder import rule_in
from apps.segments.scenes import NotNarrowedSo
from apps.segments.words import choices_of, names_for, picks_of
from apps.staff.models import User

FIELDS = ("name", "axis", "group", "points", "counts", "a_day", "half_life", "cap")
DAYS = ("first_day", "last_day")
MONEY = ("least",)
AT_FIRST = {"axis": "engagement", "points": "10", "counts": "each", "half_life": "30"}
COUNTS = [
    ("each", _("each time")),
    ("once", _("once")),
    ("daily", _("at most so often a day")),
]


def said_in(form: Mapping[str, str]) -> Said:
    """What somebody filled in."""
    told = rule_in(form.get("told", ""))
    if not isinstance(told, dict):
        raise NotNarrowedSo
    scene = str(told.get("scene") or "")
    points = signed(form.get("points", ""))
    if points is None:
        raise NoSuchPoints
    return Said(
        name=form.get("name", "")[:200],
        axis=form.get("axis", ""),
        group=form.get("group", "")[:40],
        points=points,
        scene=scene,
        narrowed=told.get("narrowed") if scene else None,
        conditions=None if scene else told.get("rule"),
        counts=form.get("counts", "each"),
        a_day=number(form.get("a_day", "")),
        half_life=number(form.get("half_life", "")) if scene else None,
        cap=number(form.get("cap", "")),
        first_day=day(form.get("first_day", "")),
        last_day=day(form.get("last_day", "")),
    )


def signed(told: str) -> int | None:
    tidy = told.strip()
    sign = -1 if tidy[:1] in ("-", "−") else 1
    found = whole_number(tidy.lstrip("+-−"))
    return None if found is None else sign * found


def number(told: str) -> int | None:
    if not told.strip():
        return None
    found = whole_number(told.strip())
    if found is None:
        raise NoSuchNumber
    return found


def day(told: str) -> date | None:
    try:
        found = parse_date(told) if told else None
    except ValueError:
        found = None
    if told and found is None:
        raise NoSuchDays
    return found


def filled(form: Mapping[str, str] | None, version: ScoreVersion | None) -> dict:
    """What stands in the fields: what was sent, or what the rule says, or nothing."""
    if form is not None:
        return {name: form.get(name, "")[:200] for name in (*FIELDS, *DAYS)}
    if version is None:
        return {**dict.fromkeys((*FIELDS, *DAYS), ""), **AT_FIRST}
    found = {name: getattr(version, name, None) for name in (*FIELDS[3:], *DAYS)}
    shown = {name: "" if value is None else str(value) for name, value in found.items()}
    group = version.group
    return {"name": version.rule.name, "axis": group.axis, "group": group.name, **shown}


def told_in(form: Mapping[str, str]) -> dict[str, Any]:
    """What the builder sent, to be shown once more; nothing that is none."""
    try:
        found = json.loads(form.get("told", ""))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def scene_words() -> list[dict[str, Any]]:
    return [
        {
            "name": scene.name,
            "title": str(scene.title),
            "options": [
                {
                    "name": option.name,
                    "title": str(option.title),
                    "shape": str(option.shape),
                    "kind": str(Kind.MONEY) if option.name in MONEY else "",
                    "required": option.required,
                    "choices": choices_of(option),
                    "picks": picks_of(option.model),
                    "model": option.model,
                }
                for option in scene.narrows
            ],
        }
        for scene in EARNING.values()
    ]


def names_in(
    scene: str, narrowed: Any, rule: Any, *, user: User
) -> dict[str, dict[int, str]]:
    """Of all that the conditions and the scene name."""
    told = names_for(rule, user=user) if rule else {}
    found = {model: dict(names) for model, names in told.items()}
    options = EARNING[scene].narrows if scene in EARNING else ()
    for option in options:
        chosen = narrowed.get(option.name) if isinstance(narrowed, dict) else None
        if option.model and isinstance(chosen, list):
            numbers = [n for n in chosen if isinstance(n, int)]
            names = names_of(option.model, numbers, user=user)
            found.setdefault(option.model, {}).update(names)
    return found


def groups() -> list[tuple[str, list[str]]]:
    """Of each axis, those that are there."""
    rows = list(ScoreGroup.objects.order_by("pk"))
    return [
        (axis, [row.name for row in rows if row.axis == axis]) for axis in Axis.values
    ]
