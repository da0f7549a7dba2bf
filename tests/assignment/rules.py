"""Builders: rules of assignment, and contacts who are to be dealt out."""

from datetime import datetime

from apps.assignment.models import AssignmentRule
from apps.staff.models import Employee
from tests import make

ALL_DAY = {"always": True}


def person(employee: Employee, **more):
    return {"employee": employee.pk, **more}


def a_rule(*people, name: str = "新客分配", is_on: bool = True, plan=None, **fields):
    told = {**ALL_DAY, **(plan or {})}
    told["people"] = [p if isinstance(p, dict) else person(p) for p in people]
    return AssignmentRule.objects.create(
        name=name,
        plan=told,
        is_on=is_on,
        place=AssignmentRule.objects.count() + 1,
        **{"keeps": False, **fields},
    )


def leads(many: int, *, at: datetime | None = None, **fields):
    """Contacts whom nobody has added."""
    return [
        make.contact(f"客户{n}", added_at=at, standing="known", **fields)
        for n in range(many)
    ]
