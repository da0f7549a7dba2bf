"""Whom a signed-in person may see: the one place that decides.

The scope is set for each role: oneself, one's own department, the department with all
below it, or everybody. Whoever has several roles sees by the widest. A superuser sees
everybody; whoever has no role sees nobody, nor does whoever belongs to no employee, if
their role does not see everybody.

Answered anew for each request, so that a right that was taken away is gone at once.
"""

from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import Case, CharField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from apps.staff.models import Employee, Reach, Role, Scope, User

WIDTH = {Scope.SELF: 0, Scope.DEPARTMENT: 1, Scope.BELOW: 2, Scope.ALL: 3}

# Colleagues of the departments that somebody works in, and of those below when asked
# for. Who resigned has no posting any more, but is still known by a main department.
COLLEAGUES = """
WITH RECURSIVE branch (id) AS (
    SELECT department_id FROM staff_posting WHERE employee_id = %(me)s
    UNION
    SELECT department.id FROM staff_department AS department
    JOIN branch ON department.parent_id = branch.id
    WHERE %(below)s AND department.deleted_at IS NULL
)
SELECT id, (SELECT count(*) FROM staff_employee) FROM (
    SELECT employee_id FROM staff_posting WHERE department_id IN (SELECT id FROM branch)
    UNION
    SELECT id FROM staff_employee WHERE main_department_id IN (SELECT id FROM branch)
    UNION
    SELECT %(me)s
) AS colleague (id)
"""
WIDE = 20  # who sees a twentieth of all employees or more, sees many contacts


class Colleagues(frozenset[int]):
    """Numbers of employees, and whether they are a good part of all."""

    are_many = False


def scopes_in(groups: QuerySet[Group]) -> QuerySet:
    """The scope of each role among these groups."""
    said = Reach.objects.filter(role=OuterRef("name")).values("scope")
    first = [When(name=role, then=Value(at.scope)) for role, at in Reach.FIRST.items()]
    scope = Coalesce(Subquery(said), Case(*first, output_field=CharField()))
    return groups.filter(name__in=Role.values).order_by().values_list(scope, flat=True)


def scope_of(user: User) -> Scope | None:
    """The widest of the user's roles; None without any role."""
    if user.is_superuser:
        return Scope.ALL
    scopes = user.scopes_told  # by whoever fetched the user of this request
    if scopes is None:
        scopes = list(scopes_in(Group.objects.filter(user=user)))
    return max(map(Scope, scopes), key=WIDTH.__getitem__, default=None)


def reach_of(user: User) -> Colleagues | None:
    """Numbers of the employees whose contacts they may see; None: everybody's."""
    scope = scope_of(user) if user.is_active else None
    if scope == Scope.ALL:
        return None
    if scope is None or user.employee_id is None:
        return Colleagues()
    if scope == Scope.SELF:
        return Colleagues([user.employee_id])
    asked = {"me": user.employee_id, "below": scope == Scope.BELOW}
    with connection.cursor() as cursor:
        cursor.execute(COLLEAGUES, asked)
        rows = cursor.fetchall()
    found = Colleagues(pk for pk, _of in rows)
    found.are_many = len(found) * WIDE >= rows[0][1]
    return found


def is_in_reach(employee: Employee, user: User) -> bool:
    """What colleagues out of reach serve, and how many, is not told."""
    return user.reach is None or employee.pk in user.reach


def unmaskings_a_day(user: User) -> int:
    """How often a day they may see something whole: the most of their roles'."""
    said = Reach.objects.filter(role=OuterRef("name")).values("unmasks_per_day")
    roles = Group.objects.filter(user=user)
    if user.is_superuser:
        roles = Group.objects.filter(name=Role.ADMINISTRATOR.value)
    told = dict(roles.values_list("name", Subquery(said)))
    if user.is_superuser:
        told.setdefault(Role.ADMINISTRATOR.value, None)
    first = {role: at.unmasks_per_day for role, at in Reach.FIRST.items()}
    most = (
        first.get(role, 0) if often is None else often for role, often in told.items()
    )
    return max(most, default=0)
