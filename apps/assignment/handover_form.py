"""What the form of a handover asks, and what its preview shows."""

from collections import Counter
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.assignment.handover import Preview, TakerWish, Wish
from apps.assignment.handover_models import Handover
from apps.assignment.handover_waits import (
    codes_of,
    contacts_of,
    ends_at,
    groups_of,
    loads_of,
    still_offers,
)
from apps.assignment.models import Skill
from apps.common.filters import whole_number
from apps.contacts.models import Contact
from apps.groups.models import GroupChat
from apps.staff.models import Employee, User

LISTED = 300  # colleagues among whom takers are chosen
NAMED = 100  # contacts that a preview names of each taker
HINTS = {
    Handover.Rule.EVEN: _("Each as many as the others."),
    Handover.Rule.LOAD: _("So that all have about as many contacts in the end."),
    Handover.Rule.NEAR: _("Colleagues of the same department first, then the others."),
    Handover.Rule.TAG: _(
        "By the skills of each colleague; who has none takes whoever is left."
    ),
    Handover.Rule.WORTH: _("Each as many, and of those who paid most as many."),
}


def possible_takers(
    giver: Employee, *, by: User, told: QueryDict
) -> list[dict[str, Any]]:
    """Colleagues in reach who may take over, those of the same department first."""
    rows = Employee.objects.filter(
        serves=True, status=Employee.Status.ACTIVE, left_at__isnull=True
    ).exclude(pk=giver.pk)
    if by.reach is not None:
        rows = rows.filter(pk__in=sorted(by.reach))
    found = list(rows.select_related("main_department").order_by("sort_key", "pk"))
    near = giver.main_department_id
    found.sort(key=lambda e: near is None or e.main_department_id != near)
    found = found[:LISTED]
    loads = loads_of([each.pk for each in found])
    skills = skills_of(found)
    asked = told.getlist("taker")
    return [
        {
            "employee": each,
            "has": loads[each.pk],
            "is_near": near is not None and each.main_department_id == near,
            "skills": skills.get(each.pk, ()),
            "chosen": str(each.pk) in asked,
            "most": told.get(f"most_{each.pk}", "")[:6],
        }
        for each in found
    ]


def skills_of(employees: list[Employee]) -> dict[int, list[tuple[int, str]]]:
    found: dict[int, list[tuple[int, str]]] = {}
    skills = Skill.objects.filter(employee__in=employees).order_by("pk")
    for employee, tag, name in skills.values_list("employee", "tag", "tag__name"):
        found.setdefault(employee, []).append((tag, name))
    return found


def wish_in(told: QueryDict, giver: Employee) -> Wish:
    """What was filled in; nonsense counts as nothing."""
    numbers = [whole_number(one) for one in told.getlist("taker")]
    asked = list(dict.fromkeys(number for number in numbers if number))
    skills = skills_of(list(Employee.objects.filter(pk__in=asked)))
    rule = told.get("rule", "")
    return Wish(
        giver=giver,
        takers=tuple(
            TakerWish(
                employee=pk,
                most=whole_number(told.get(f"most_{pk}", "")) or None,
                tags=tuple(tag for tag, _name in skills.get(pk, ())),
            )
            for pk in asked
        ),
        rule=rule if rule in Handover.Rule.values else Handover.Rule.EVEN,
        with_groups=told.get("groups") == "yes",
        message=told.get("message", "")[:200],
        second_choice=told.get("second") == "yes",
    )


def waits(giver: Employee) -> dict[str, Any]:
    """What there is to hand over, told on top of the form."""
    return {
        "contacts": contacts_of(giver).count(),
        "groups": groups_of(giver).count(),
        "codes": codes(giver),
        "ends_at": ends_at(giver),
    }


def codes(giver: Employee) -> list[dict[str, Any]]:
    """Published codes that name them, and whether WeCom still offers them there."""
    return [
        {"code": code, "still": still_offers(code, giver)} for code in codes_of(giver)
    ]


def shown(preview: Preview, *, by: User) -> dict[str, Any]:
    """Who gets whom, with the names of those whom the visitor may see."""
    lines: list[dict[str, Any]] = []
    named: dict[int, list[int]] = {}
    for pk, employee in preview.takers.items():
        mine, groups = preview.of(pk), preview.groups_for(pk)
        named[pk] = mine[:NAMED]
        lines.append(
            {
                "employee": employee,
                "has": preview.loads[pk],
                "gets": len(mine),
                "new": preview.loads[pk]
                + sum(identity not in preview.friends for identity in mine),
                "friends": sum(identity in preview.friends for identity in mine),
                "groups": groups,
                "more": max(len(mine) - NAMED, 0),
            }
        )
    contacts = {preview.contact_of[i] for each in named.values() for i in each}
    seen = Contact.objects.visible_to(by).filter(pk__in=contacts)
    people = dict(seen.values_list("pk", "name"))
    chats = {
        chat.pk: str(chat)
        for chat in GroupChat.objects.filter(pk__in=preview.groups.given)
    }
    for line in lines:
        pk = line["employee"].pk
        numbers = [preview.contact_of[identity] for identity in named[pk]]
        line["names"] = [(n, people[n]) for n in numbers if n in people]
        line["hidden"] = sum(n not in people for n in numbers)
        line["chats"] = [chats[n] for n in line["groups"]]
    return {
        "lines": lines,
        "mark": preview.mark,
        "contacts": len(preview.contacts.given),
        "groups": len(preview.groups.given),
        "left": barred(preview),
        "is_empty": preview.is_empty,
    }


def barred(preview: Preview) -> list[tuple[int, Any]]:
    """How many cannot be offered now, and why."""
    said = Counter(
        {
            _("moved twice in 90 days already; WeCom allows no more"): len(
                preview.too_often
            ),
            _("refused three times within 90 days"): len(preview.refused),
            _("nobody chosen has room for them, or was not tried already"): len(
                preview.contacts.left
            ),
            _("groups that moved twice in 90 days already"): len(
                preview.groups_too_often
            ),
            _("groups for which nobody is left"): len(preview.groups.left),
        }
    )
    return [(many, words) for words, many in said.items() if many]
