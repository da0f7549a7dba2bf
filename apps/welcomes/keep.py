"""A welcome is made, changed, switched on and off, removed; each time audited."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from apps.audit.note import note
from apps.common.errors import Refused
from apps.common.problems import Problem
from apps.staff.models import Department, Employee, User
from apps.wecom.media import keep_only
from apps.wecom.models import Media
from apps.welcomes.content import FILES, Content, NotAWelcome, read
from apps.welcomes.doors import DOORS
from apps.welcomes.models import Greeter, Welcome

MOST_GREETERS = 500
PICTURED = "miniprogram"


class NoWelcomeName(Refused):
    """A welcome needs a name."""

    code = "welcome_without_a_name"


class WelcomeNameTaken(Refused):
    """There is a welcome of this name already."""

    code = "welcome_name_taken"


class WelcomeChangedMeanwhile(Refused):
    """A colleague has changed this welcome meanwhile. Open it again."""

    code = "welcome_changed_meanwhile"


class StillSaid(Refused):
    """Channel codes still say this welcome. Choose another one there first."""

    code = "welcome_still_said"


def may_change(welcome: Welcome, *, by: User | None) -> bool:
    """Whoever made it, and whoever sees all contacts: it speaks for everybody."""
    if by is None:
        return True
    if not by.has_perm("welcomes.change_welcome"):
        return False
    return by.sees_everybody or welcome.made_by_id == by.pk


@transaction.atomic
def keep(
    *,
    name: str,
    told: dict[str, Any],
    employees: Iterable[int] = (),
    departments: Iterable[int] = (),
    is_default: bool = False,
    by: User | None,
    at: datetime,
    welcome: Welcome | None = None,
    version: int | None = None,
) -> Welcome:
    """What is kept is what new friends get from now on, if it is switched on."""
    content = read(told)
    before: dict[str, Any] = {}
    if welcome is None:
        welcome = Welcome(made_by=by, made_at=at)
    else:
        welcome = held(welcome)
        if version is not None and version != welcome.version:
            raise WelcomeChangedMeanwhile
        before = told_of(welcome)
        welcome.version += 1
    welcome.name = " ".join(name.replace("\x00", "").split())[:40]
    if not welcome.name:
        raise NoWelcomeName
    people = {number for number in employees if type(number) is int}
    places = {number for number in departments if type(number) is int}
    problems = [
        *wrong_files(content),
        *wrong_greeters(welcome, people, places, is_default=is_default, by=by),
    ]
    if problems:
        raise NotAWelcome(problems)
    welcome.told, welcome.is_default, welcome.changed_at = told, is_default, at
    try:
        with transaction.atomic():
            welcome.save()
    except IntegrityError as error:
        raise WelcomeNameTaken from error
    set_greeters(welcome, people, places)
    keep_files()
    after = told_of(welcome)
    if before != after:
        deed = "changed" if before else "added"
        note(deed=deed, by=by, at=at, about=welcome, before=before, after=after)
    return welcome


@transaction.atomic
def switch(*, welcome: Welcome, on: bool, by: User | None, at: datetime) -> None:
    welcome = held(welcome)
    if welcome.is_on == on:
        return
    welcome.is_on = on
    welcome.version += 1
    welcome.save(update_fields=["is_on", "version"])
    told = {"before": {"is_on": not on}, "after": {"is_on": on}}
    note(deed="changed", by=by, at=at, about=welcome, **told)


@transaction.atomic
def remove(*, welcome: Welcome, by: User | None, at: datetime) -> None:
    """Whoever was greeted stays so; how, is then no longer known by name."""
    welcome = held(welcome)
    if DOORS.saying(welcome.pk):
        raise StillSaid
    note(deed="deleted", by=by, at=at, about=welcome, before=told_of(welcome))
    welcome.delete()
    keep_files()


def held(welcome: Welcome) -> Welcome:
    """Nobody else changes it until the end."""
    return Welcome.objects.select_for_update().get(pk=welcome.pk)


def wrong_files(content: Content) -> Iterable[Problem]:
    """Each attachment needs a file of its own kind, which is still here."""
    kinds = dict(Media.objects.filter(pk__in=content.media).values_list("pk", "kind"))
    wholes = [("attachments", content.message)]
    wholes += [(f"times.{n}", part.message) for n, part in enumerate(content.parts)]
    for place, message in wholes:
        for number, one in enumerate(message.attachments):
            if one.media is None:
                continue
            wanted = one.kind if one.kind in FILES else Media.Kind.IMAGE
            if kinds.get(one.media) != wanted:
                why = gettext("This file is not here any more: choose it again.")
                yield Problem(f"{place}.{number}", why)


def wrong_greeters(
    welcome: Welcome,
    people: set[int],
    places: set[int],
    *,
    is_default: bool,
    by: User | None,
) -> Iterable[Problem]:
    """Nobody has two welcomes; and nobody speaks for those beyond their reach."""
    if len(people) + len(places) > MOST_GREETERS:
        yield Problem("people", gettext("These are too many rows."))
        return
    known = Employee.objects.filter(pk__in=people)
    if known.count() < len(people):
        yield Problem("people", gettext("One of these people is not known."))
    if Department.objects.filter(pk__in=places).count() < len(places):
        yield Problem("people", gettext("One of these departments is not known."))
    if by is not None and not by.sees_everybody:
        if is_default or places:
            words = gettext(
                "Only whoever sees all contacts decides for departments or everybody."
            )
            yield Problem("people", words)
        if by.reach is not None and (strangers := people - set(by.reach)):
            names = "、".join(map(str, known.filter(pk__in=strangers)[:5]))
            words = gettext("You do not answer for %s.")
            yield Problem("people", words % names)
    others = Greeter.objects.exclude(welcome=welcome.pk).select_related("welcome")
    words = gettext("%(who)s has the welcome “%(name)s” already.")
    for taken in others.filter(employee__in=people).select_related("employee"):
        yield Problem("people", words % {"who": taken.employee, "name": taken.welcome})
    for taken in others.filter(department__in=places).select_related("department"):
        yield Problem(
            "people", words % {"who": taken.department, "name": taken.welcome}
        )
    if is_default:
        other = Welcome.objects.filter(is_default=True).exclude(pk=welcome.pk).first()
        if other is not None:
            words = gettext("“%s” is for everybody else already.")
            yield Problem("is_default", words % other)


def set_greeters(welcome: Welcome, people: set[int], places: set[int]) -> None:
    mine = welcome.greeters.all()
    mine.filter(employee__isnull=False).exclude(employee__in=people).delete()
    mine.filter(department__isnull=False).exclude(department__in=places).delete()
    has = set(mine.values_list("employee", "department"))
    wanted = {(number, None) for number in people} | {(None, no) for no in places}
    Greeter.objects.bulk_create(
        [
            Greeter(welcome=welcome, employee_id=employee, department_id=department)
            for employee, department in sorted(wanted - has, key=str)
        ]
    )


def keep_files() -> None:
    """All files that any welcome names stay in WeCom."""
    used: set[int] = set()
    for told in Welcome.objects.values_list("told", flat=True):
        used |= files_in(told)
    keep_only(used)


def files_in(told: Any) -> set[int]:
    try:
        return read(told).media
    except NotAWelcome:
        return set()


def told_of(welcome: Welcome) -> dict[str, Any]:
    rows = welcome.greeters.select_related("employee", "department").order_by("pk")
    return {
        "name": welcome.name,
        "told": welcome.told,
        "is_default": welcome.is_default,
        "who": "、".join(str(row.employee or row.department) for row in rows),
    }
