"""Differences are kept with the rows they are about, as far as we have them.

A pull that mends has merged the page already, so that what was missing here can be
named as well.
"""

from dataclasses import asdict
from types import ModuleType
from typing import Any

from django.db.models import QuerySet

from apps.contacts.models import Identity
from apps.groups.models import GroupChat
from apps.staff.models import Employee
from apps.sync.models import Difference, Pull
from apps.sync.page import Found, pair_of
from apps.tags.models import Tag

KEPT = 10_000  # differences of one pull that are kept one by one
ONCE = ("thing", "kind", "subject", "field")


def keep_differences(pull: Pull, step: ModuleType, found: list[Found]) -> None:
    """Each once: two lists may tell of the same employee."""
    if not found:
        return
    said = set(
        pull.differences.filter(
            subject__in={each.subject for each in found}
        ).values_list(*ONCE)
    )
    room = max(KEPT - pull.differences.count(), 0)
    kept = [each for each in found if unsaid(each, said)][:room]
    known = Known(kept)
    Difference.objects.bulk_create(
        Difference(pull=pull, step=step.NAME, **asdict(each) | known.rows_behind(each))
        for each in kept
    )


def unsaid(found: Found, said: set[tuple[str, ...]]) -> bool:
    key = tuple(getattr(found, name) for name in ONCE)
    if key in said:
        return False
    said.add(key)
    return True


class Known:
    """The rows that these differences are about, by what WeCom calls them."""

    def __init__(self, found: list[Found]) -> None:
        employees: set[str] = set()
        contacts: set[str] = set()
        chats: set[str] = set()
        tags: set[str] = set()
        for each in found:
            first, second = pair_of(each.subject)
            if each.thing in ("follow", "employee"):
                employees.add(first)
            if each.thing in ("groupchat", "stay"):
                chats.add(first)
            if each.thing == "tag":
                tags.add(first)
            if each.thing == "stay":
                employees.add(second)
            contacts.add(second)
        self.employees = pks_of(Employee.objects.all(), employees)
        self.chats = pks_of(GroupChat.objects.all(), chats)
        self.tags = pks_of(Tag.objects.all(), tags)
        identities = Identity.objects.external().filter(system="", value__in=contacts)
        self.contacts = dict(identities.values_list("value", "contact_id"))

    def rows_behind(self, found: Found) -> dict[str, Any]:
        first, second = pair_of(found.subject)
        contact = found.contact_id or self.contacts.get(second)
        match found.thing:
            case "follow":
                return {"contact_id": contact, "employee_id": self.employees.get(first)}
            case "employee":
                return {"employee_id": self.employees.get(first)}
            case "tag":
                return {"tag_id": self.tags.get(first)}
            case "groupchat":
                return {"group_id": self.chats.get(first)}
            case "stay":
                return {
                    "group_id": self.chats.get(first),
                    "contact_id": contact,
                    "employee_id": self.employees.get(second),
                }
        return {}


def pks_of(rows: QuerySet, wecom_ids: set[str]) -> dict[str, int]:
    if not wecom_ids:
        return {}
    found = rows.filter(wecom_id__in=wecom_ids)
    return dict(found.values_list("wecom_id", "pk"))
