"""Contacts of a list are given to a colleague, dealt out by the rules, or put into a
pool; also one of them, from its own page. Each of it can be taken back."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.assignment.assign import assign
from apps.assignment.give import HasLeft, Told, give_all
from apps.assignment.models import Assignment, AssignmentRule, Pool
from apps.common.errors import Refused
from apps.common.filters import whole_number
from apps.lists.actions import Action, Handful, offer
from apps.staff.models import Employee, User

LIST = "contacts.contact"
How = Assignment.How


class NoSuchColleague(Refused):
    """This colleague is not there any more. Choose another."""

    code = "no_such_colleague"


class NoSuchPool(Refused):
    """This pool is not there any more. Choose another."""

    code = "no_such_pool"


class NoRuleIsOn(Refused):
    """No assignment rule is switched on."""

    code = "no_assignment_rule_is_on"


def colleague(told: Any, user: User) -> dict[str, Any]:
    number = whole_number(str(told.get("picked", ""))) or 0
    found = Employee.objects.filter(pk=number).first()
    if found is None:
        raise NoSuchColleague
    if found.has_left:
        raise HasLeft
    return {"employee": found.pk, "name": str(found)}


def some_pool(told: Any, user: User) -> dict[str, Any]:
    number = whole_number(str(told.get("picked", ""))) or 0
    found = Pool.objects.filter(pk=number).first()
    if found is None:
        raise NoSuchPool
    return {"pool": found.pk, "name": str(found)}


def give_many(handful: Handful) -> None:
    employee = handful.batch.options["employee"]
    write(handful, dict.fromkeys(handful.things, Told(employee_id=employee)))


def put_many(handful: Handful) -> None:
    pool = handful.batch.options["pool"]
    write(handful, dict.fromkeys(handful.things, Told(pool_id=pool)))


def give_back(handful: Handful) -> None:
    """To whoever had them, unless they have been given on since."""
    told = {}
    stand = open_of(handful)
    for number in handful.things:
        then = handful.taken_back(number)
        if stand.get(number) != (then.get("employee"), then.get("pool")):
            handful.failed(number, gettext("Was given on since."))
        elif then.get("before") is None and then.get("before_pool") is None:
            handful.failed(number, gettext("Nobody had them before."))
        else:
            told[number] = Told(
                employee_id=then.get("before"), pool_id=then.get("before_pool")
            )
    write(handful, told)


def deal_many(handful: Handful) -> None:
    if not AssignmentRule.objects.on().exists():
        raise NoRuleIsOn
    before = open_of(handful)
    given = assign(handful.things, at=handful.at, by=handful.by, anew=True)
    report(handful, given, before)


def write(handful: Handful, told: dict[int, Told]) -> None:
    before = open_of(handful)
    how = How.HAND if handful.batch.total == 1 else How.MANY
    given = give_all(told, how=how, at=handful.at, by=handful.by)
    report(handful, given, before, asked=told)


def report(
    handful: Handful,
    given: set[int],
    before: dict[int, tuple[int | None, int | None]],
    *,
    asked: Any = None,
) -> None:
    now = open_of(handful)
    for number, contact in handful.things.items():
        if asked is not None and number not in asked:
            continue
        if number not in given:
            handful.same(number)
            continue
        employee, pool = before.get(number, (contact.owner_id, None))
        to, to_pool = now[number]
        handful.changed(
            number, employee=to, pool=to_pool, before=employee, before_pool=pool
        )


def open_of(handful: Handful) -> dict[int, tuple[int | None, int | None]]:
    rows = Assignment.objects.open().filter(contact__in=list(handful.things))
    return {
        contact: (employee, pool)
        for contact, employee, pool in rows.values_list("contact", "employee", "pool")
    }


offer(
    Action(
        name="give",
        list=LIST,
        title=_("Give to a colleague"),
        icon="person_raised_hand",
        permission="assignment.add_assignment",
        do=give_many,
        sentence=_("%(many)s contacts were given to %(name)s"),
        picks="staff.employee",
        pick_hint=_("Name of the colleague"),
        chosen=colleague,
        undone_by="give_back",
    )
)
offer(
    Action(
        name="deal",
        list=LIST,
        title=_("Deal out by the rules"),
        icon="alt_route",
        permission="assignment.add_assignment",
        do=deal_many,
        sentence=_("%(many)s contacts were dealt out by the rules"),
        undone_by="give_back",
    )
)
offer(
    Action(
        name="give_back",
        list=LIST,
        title=_("Give back to whoever had them"),
        icon="undo",
        permission="assignment.add_assignment",
        do=give_back,
        sentence=_("%(many)s contacts were given back to whoever had them"),
        only_undoes=True,
    )
)
offer(
    Action(
        name="pool",
        list=LIST,
        title=_("Put into a pool"),
        icon="waves",
        permission="assignment.add_assignment",
        do=put_many,
        sentence=_("%(many)s contacts were put into %(name)s"),
        picks="assignment.pool",
        pick_hint=_("Name of the pool"),
        chosen=some_pool,
        undone_by="give_back",
    )
)
