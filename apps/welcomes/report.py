"""What welcomes have done lately, and whom no welcome is meant for."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count

from apps.staff.models import Employee
from apps.staff.tree import Branch, read_tree
from apps.welcomes.models import Greeter, Greeting, Welcome

DAYS = 30
NAMED = 60  # of whom no welcome is meant for


@dataclass(kw_only=True)
class Covered:
    """How many employees each welcome greets for, who is left, and how many serve."""

    by_welcome: Counter[int]
    left: list[Employee]
    serving: int

    @property
    def named(self) -> list[Employee]:
        return self.left[:NAMED]


def covered() -> Covered:
    """As `choose` decides it for each, from a handful of questions for all."""
    on = {welcome.pk: welcome for welcome in Welcome.objects.on()}
    default = next((w.pk for w in on.values() if w.is_default), None)
    of_employee: dict[int, int] = {}
    of_department: dict[int, int] = {}
    for greeter in Greeter.objects.filter(welcome__in=on):
        if greeter.employee_id:
            of_employee[greeter.employee_id] = greeter.welcome_id
        elif greeter.department_id:
            of_department[greeter.department_id] = greeter.welcome_id
    nearest = nearest_of_all(of_department) if of_department else {}
    found: Counter[int] = Counter()
    left: list[Employee] = []
    many = 0
    people = Employee.objects.serving().only("name", "wecom_id", "sort_key")
    for employee in people.order_by("sort_key", "pk"):
        many += 1
        which = of_employee.get(employee.pk) or nearest.get(employee.pk) or default
        if which is None:
            left.append(employee)
        else:
            found[which] += 1
    return Covered(by_welcome=found, left=left, serving=many)


def nearest_of_all(of_department: dict[int, int]) -> dict[int, int]:
    """The welcome of the nearest department above each employee."""
    found: dict[int, tuple[int, int, int]] = {}
    for branch in read_tree().walk():
        far = 0
        above: Branch | None = branch
        while above is not None and above.department.pk not in of_department:
            far, above = far + 1, above.above
        if above is None:
            continue
        number = above.department.pk
        for employee in branch.own:
            said = (far, number, of_department[number])
            found[employee] = min(found.get(employee, said), said)
    return {employee: welcome for employee, (_far, _no, welcome) in found.items()}


def lately(*, at: datetime, welcome: Welcome | None = None) -> dict[str, Any]:
    """Greetings of thirty days by outcome, the reasons of those who were not."""
    rows = Greeting.objects.filter(at__gte=at - timedelta(days=DAYS)).order_by()
    if welcome is not None:
        rows = rows.filter(welcome=welcome)
    told = rows.values_list("outcome", "reason").annotate(many=Count("pk"))
    outcomes: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for outcome, reason, many in told:
        outcomes[outcome] += many
        if reason:
            reasons[reason] += many
    return {
        "sent": outcomes[Greeting.Outcome.SENT],
        "missed": outcomes[Greeting.Outcome.MISSED],
        "unknown": outcomes[Greeting.Outcome.UNKNOWN],
        "all": outcomes.total(),
        "reasons": [
            (Greeting.Reason(reason), Greeting.Reason(reason).label, many)
            for reason, many in reasons.most_common()
        ],
    }
