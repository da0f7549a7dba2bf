"""The page of grades: thresholds, caps of groups, and who is to be followed up."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.http import QueryDict
from django.urls import reverse

from apps.audit.note import note
from apps.common.errors import Refused
from apps.common.filters import whole_number
from apps.scoring.grades import GRADES, LETTERS, NUMBERS
from apps.scoring.keep import others_count_now
from apps.scoring.models import Axis, GradeTask, Rescore, ScoreGroup, Standing
from apps.scoring.rule_form import signed
from apps.scoring.scale import setting_of_grades
from apps.staff.models import User

MOST_TASKS = 10


class NotInOrder(Refused):
    """Thresholds are three whole numbers, each above the one before."""

    code = "grade_thresholds_not_in_order"


class NoSuchMargin(Refused):
    """The margin is a whole number from 0 to 50."""

    code = "grade_margin"


class NoSuchCap(Refused):
    """What a group comes to at most is a whole number from 1 to 1000."""

    code = "score_group_cap"


class NoSuchTask(Refused):
    """A follow-up needs words, working minutes from 1 to 10000, and a grade."""

    code = "grade_task"


@transaction.atomic
def keep_grades(*, told: QueryDict, by: User, at: datetime) -> Rescore:
    """All that the page says; scores are settled anew by a job."""
    setting = setting_of_grades()
    before = told_now()
    for axis in Axis.values:
        found = [signed(told.get(f"{axis}_{n}", "")) for n in range(3)]
        good = [each for each in found if each is not None and abs(each) <= 10_000]
        if len(good) < 3 or sorted(set(good)) != good:
            raise NotInOrder
        setattr(setting, axis, good)
    margin = whole_number(told.get("margin", ""))
    if margin is None or margin > 50:
        raise NoSuchMargin
    setting.margin, setting.changed_at = margin, at
    setting.save()
    for group in ScoreGroup.objects.select_for_update():
        keep_cap(group, told.get(f"cap_{group.pk}", "").strip())
    keep_tasks(told)
    note(deed="changed", by=by, at=at, about=setting, before=before, after=told_now())
    return others_count_now(at=at)


def keep_cap(group: ScoreGroup, told: str) -> None:
    cap = whole_number(told) if told else None
    if told and (cap is None or not 1 <= cap <= 1_000):
        raise NoSuchCap
    if cap != group.cap:
        group.cap = cap
        group.save(update_fields=["cap"])


def keep_tasks(told: QueryDict) -> None:
    """Rows without words fall away."""
    GradeTask.objects.all().delete()
    for row in range(MOST_TASKS):
        text = " ".join(told.get(f"task_{row}", "").replace("\x00", "").split())[:100]
        if not text:
            continue
        within = whole_number(told.get(f"within_{row}", ""))
        grades = [g for g in told.getlist(f"grades_{row}") if g in GRADES]
        if within is None or not 1 <= within <= 10_000 or not grades:
            raise NoSuchTask
        GradeTask.objects.create(text=text, within=within, grades=grades)


def told_now() -> dict[str, Any]:
    setting = setting_of_grades()
    caps = ScoreGroup.objects.exclude(cap=None).values_list("name", "cap")
    tasks = GradeTask.objects.values_list("text", "grades")
    return {
        "fit": "、".join(map(str, setting.fit)),
        "engagement": "、".join(map(str, setting.engagement)),
        "margin": setting.margin,
        "cap": "、".join(f"{name} {cap}" for name, cap in caps),
        "tasks": "、".join(f"{text}（{' '.join(grades)}）" for text, grades in tasks),
    }


def page_of() -> dict[str, Any]:
    setting = setting_of_grades()
    tasks = list(GradeTask.objects.all()[:MOST_TASKS])
    return {
        "setting": setting,
        "axes": [
            {
                "name": axis,
                "title": axis.label,
                "cells": list(
                    zip(range(3), getattr(setting, axis), signs, strict=True)
                ),
            }
            for axis, signs in (
                (Axis.FIT, LETTERS[1:]),
                (Axis.ENGAGEMENT, NUMBERS[1:]),
            )
        ],
        "groups": ScoreGroup.objects.all(),
        "grades": GRADES,
        "tasks": [
            {"row": row, "task": tasks[row] if row < len(tasks) else None}
            for row in range(min(len(tasks) + 1, MOST_TASKS))
        ],
    }


def matrix() -> list[dict[str, Any]]:
    """How many are in each grade, the best first, with the list of them."""
    rows = Standing.objects.exclude(grade="").values("grade").annotate(n=Count("pk"))
    many = {row["grade"]: row["n"] for row in rows.order_by()}
    base = reverse("admin:contacts_contact_changelist")
    return [
        {
            "grade": grade,
            "many": many.get(grade, 0),
            "tone": tone_of(grade),
            "address": f"{base}?grade={grade}",
        }
        for grade in GRADES
    ]


def tone_of(grade: str) -> int:
    """0 for the best, 6 for the least: which shade it has."""
    return 6 - LETTERS.index(grade[0]) - NUMBERS.index(grade[1])
