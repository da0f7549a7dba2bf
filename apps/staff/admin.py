"""Employees by department, and the tree of departments, to read."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.common.admin import ReadOnlyAdmin, ScopedAdmin
from apps.common.filters import Choice, Pick, Pickable
from apps.common.listing import ListPage
from apps.common.spelling import spelled_like
from apps.staff.models import Department, Employee, Posting
from apps.staff.panels import EMPLOYEE_PAGE, FIGURES, MAIN
from apps.staff.tree import Branch, Tree, read_tree

STATUS_COLOURS = {
    Employee.Status.ACTIVE: "success",
    Employee.Status.NOT_ACTIVATED: "warning",
    Employee.Status.DISABLED: "warning",
}


def tree_of(request: HttpRequest) -> Tree:
    """The tree, read once for a page."""
    if not hasattr(request, "tree_of_departments"):
        request.tree_of_departments = read_tree()
    return request.tree_of_departments


class DepartmentFilter(Pick):
    """Those who work in a department or below it."""

    title = _("department")
    parameter_name = "department"
    model = "staff.department"
    hint = _("Name of the department")

    def narrow(self, employees: QuerySet, department: Department) -> QuerySet:
        branch = tree_of(self.request).branches.get(department.pk)
        return employees.filter(pk__in=branch.people if branch else [])


class StatusFilter(Choice):
    """Those who work here, unless others are asked for."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        statuses = [s for s in Employee.Status if s != Employee.Status.LEFT]
        return [
            *((str(status.value), status.label) for status in statuses),
            ("left", _("left the company")),
            ("all", _("all, with those who left")),
        ]

    def queryset(self, request: HttpRequest, rows: QuerySet) -> QuerySet:
        if self.value() is None:
            return rows.filter(left_at__isnull=True)
        return super().queryset(request, rows)

    def narrow(self, employees: QuerySet, value: str) -> QuerySet:
        if value == "all":
            return employees
        if value == "left":
            return employees.filter(left_at__isnull=False)
        return employees.filter(left_at__isnull=True, status=int(value))

    def choices(self, changes: Any) -> Any:
        first, *others = super().choices(changes)
        return [{**first, "display": _("works here")}, *others]


class ServesFilter(Choice):
    title = _("serves customers")
    parameter_name = "serves"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("yes")), ("0", _("no"))]

    def narrow(self, employees: QuerySet, value: str) -> QuerySet:
        return employees.filter(serves=value == "1")


@admin.register(Employee)
class EmployeeAdmin(ListPage, Pickable, ScopedAdmin, ReadOnlyAdmin):
    page_template = "admin/staff/employee/page.html"
    rows_template = "admin/staff/employee/rows.html"
    list_filter = [DepartmentFilter, StatusFilter, ServesFilter]
    list_select_related = ["main_department"]
    ordering = ["sort_key", "pk"]
    search_fields = ["name"]
    search_help_text = _("Name, pinyin or account")
    counted_as = _("%(count)s employees")
    empty_title = _("No employee is known yet")
    empty_hint = _("A pull reads them from WeCom's address book.")

    def found(self, employees: QuerySet, term: str) -> QuerySet:
        return employees.filter(
            spelled_like(term) | Q(wecom_id__startswith=term.lower())
        )

    def more_about(self, employee: Employee) -> str:
        return str(employee.main_department or employee.wecom_id)

    def rows(self, request: HttpRequest, found: list[Employee]) -> list[dict[str, Any]]:
        columns = EMPLOYEE_PAGE.columns(request.user)
        cells = [column.cells(found) for column in columns]
        departments = departments_of(found)
        return [
            {
                "employee": employee,
                "departments": departments.get(employee.pk, []),
                "colour": STATUS_COLOURS.get(employee.status, "default"),
                "cells": [
                    (column, cell.get(employee.pk))
                    for column, cell in zip(columns, cells, strict=True)
                ],
            }
            for employee in found
        ]

    def head(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "aside_template": "admin/staff/employee/tree.html",
            "tree": tree_of(request),
            "chosen": request.GET.get("department", ""),
            "columns": EMPLOYEE_PAGE.columns(request.user),
        }

    def page(self, request: HttpRequest, shown: Employee) -> dict[str, Any]:
        panels = EMPLOYEE_PAGE.panels(shown, request)
        tree = tree_of(request)
        postings = [
            {"path": tree.branches[p.department_id].path, "leads": p.leads}
            for p in shown.postings.order_by("pk")
            if p.department_id in tree.branches
        ]
        return {
            "colour": STATUS_COLOURS.get(shown.status, "default"),
            "postings": postings,
            "figures": panels.get(FIGURES, []),
            "panels": panels.get(MAIN, []),
            "former": list(shown.former_accounts.order_by("-renamed_at")[:5]),
        }


def departments_of(employees: list[Employee]) -> dict[int, list[Posting]]:
    """Where they work, the main department first; one query."""
    found: dict[int, list[Posting]] = {}
    postings = Posting.objects.filter(employee__in=employees)
    for posting in postings.select_related("department").order_by("pk"):
        found.setdefault(posting.employee_id, []).append(posting)
    for employee in employees:
        found.get(employee.pk, []).sort(
            key=lambda p, main=employee.main_department_id: p.department_id != main
        )
    return found


@admin.register(Department)
class DepartmentAdmin(ListPage, Pickable, ReadOnlyAdmin):
    """The tree, opened; a department's own page is the list of its people."""

    rows_template = "admin/staff/department/rows.html"
    page_template = "admin/staff/department/page.html"
    search_fields = ["name"]
    search_help_text = _("Name of the department")
    ordering = ["-order", "wecom_id"]
    counted_as = _("%(count)s departments")
    empty_title = _("No department is known yet")
    empty_hint = _("A pull reads them from WeCom's address book.")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(deleted_at__isnull=True)

    def found(self, departments: QuerySet, term: str) -> QuerySet:
        return departments.filter(name__icontains=term)

    def more_about(self, department: Department) -> str:
        return gettext("number %(number)d") % {"number": department.wecom_id}

    def rows(self, request: HttpRequest, found: list[Department]):
        branches = tree_of(request).branches
        return [line(branches[d.pk]) for d in found if d.pk in branches]

    def page(self, request: HttpRequest, shown: Department) -> dict[str, Any]:
        branch = tree_of(request).branches[shown.pk]
        return {
            "line": line(branch),
            "below": [line(child) for child in branch.branches],
            "leaders": shown.postings.filter(leads=True).select_related("employee"),
        }


def line(branch: Branch) -> dict[str, Any]:
    return {
        "department": branch.department,
        "above": branch.path[:-1],
        "own": len(branch.own),
        "people": len(branch.people),
        "below": len(branch.branches),
    }
