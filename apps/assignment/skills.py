"""Who knows about what: a skill is a tag, and employees have it.

A rule that deals out by skill gives a contact to whoever has a skill among the
contact's tags, and a handover by tags begins with these.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from apps.assignment.models import Skill
from apps.audit.note import note
from apps.common.errors import Refused
from apps.common.turns import take_turns
from apps.staff.models import Employee, User
from apps.tags.models import Tag

MOST = 200  # employees of one skill


class NoSuchSkill(Refused):
    """This tag is not there any more. Choose another."""

    code = "skill_without_a_tag"


class TooManySkilled(Refused):
    """At most 200 employees can have one skill."""

    code = "too_many_skilled"


@transaction.atomic
def know(*, tag: Tag, employees: Sequence[int], by: User, at: datetime) -> None:
    """These and nobody else have the skill; nobody: it is a skill no more."""
    take_turns(f"skill:{tag.pk}")
    if tag.deleted_at is not None:
        raise NoSuchSkill
    if len(employees) > MOST:
        raise TooManySkilled
    wanted = list(Employee.objects.working().filter(pk__in=employees).order_by("pk"))
    rows = Skill.objects.filter(tag=tag).select_related("employee").order_by("employee")
    had = [row.employee for row in rows]
    if had == wanted:
        return
    rows.exclude(employee__in=wanted).delete()
    Skill.objects.bulk_create(
        Skill(tag=tag, employee=each) for each in wanted if each not in had
    )
    note(
        deed="changed",
        by=by,
        at=at,
        about=tag,
        before={"skilled": names(had)},
        after={"skilled": names(wanted)},
    )


def names(people: Sequence[Employee]) -> str:
    return "、".join(str(each) for each in people)


def known() -> list[tuple[Tag, list[Employee]]]:
    """Each skill with whoever has it and still works here."""
    rows = Skill.objects.filter(tag__deleted_at__isnull=True)
    rows = rows.select_related("tag__group", "employee")
    found: dict[int, tuple[Tag, list[Employee]]] = {}
    for row in rows.order_by("tag__name", "tag", "employee__name"):
        _tag, people = found.setdefault(row.tag_id, (row.tag, []))
        if row.employee.left_at is None:
            people.append(row.employee)
    return list(found.values())
