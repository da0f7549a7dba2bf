"""What handovers bring to an employee's page: what waits, and the way onward."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.assignment.handover_models import Handover
from apps.assignment.handover_waits import codes_of, contacts_of, groups_of
from apps.staff.models import Employee
from apps.staff.panels import EMPLOYEE_PAGE, MAIN
from apps.staff.scope import is_in_reach

SHOWN = 3


@EMPLOYEE_PAGE.panel(
    MAIN,
    order=40,
    title=_("Handovers"),
    template="admin/assignment/handover/panel.html",
    permission="assignment.view_handover",
)
def handing_over(employee: Employee, request: HttpRequest) -> dict[str, Any] | None:
    """Of somebody in reach who has something to hand over, or has done so."""
    if not is_in_reach(employee, request.user):
        return None
    rows = Handover.objects.filter(giver=employee).order_by("-made_at", "-pk")
    done = list(rows[:SHOWN])
    if not done and not employee.has_left and not employee.serves:
        return None
    return {
        "done": done,
        "employee": employee,
        "contacts": contacts_of(employee).count(),
        "groups": groups_of(employee).count(),
        "codes": codes_of(employee).count() if employee.has_left else 0,
        "may": request.user.has_perm("assignment.add_handover"),
        "address": f"{reverse('admin:assignment_handover_prepare')}"
        f"?giver={employee.pk}",
    }
