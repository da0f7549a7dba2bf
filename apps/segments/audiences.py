"""Common audiences to begin with: a rule that somebody opens, changes and saves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.contacts.models import Attribute
from apps.rules.tree import NotUnderstood, read
from apps.staff.models import User

FRIEND = {"field": "standing", "op": "any", "value": ["friend"]}
YEAR = {"days": 365}


@dataclass(frozen=True)
class Audience:
    name: str
    title: Any
    hint: Any
    rule: Mapping[str, Any]


def more_than(field: str, least: int, **options: Any) -> dict[str, Any]:
    return {"field": field, "op": "at_least", "value": least, **options}


AUDIENCES = (
    Audience(
        "new",
        _("New customers"),
        _("Added within a week and still in contact."),
        {"all": [FRIEND, {"field": "added_at", "op": "last_days", "value": 7}]},
    ),
    Audience(
        "untagged",
        _("New and without any tag"),
        _("Nobody has looked at them yet."),
        {
            "all": [
                FRIEND,
                {"field": "added_at", "op": "last_days", "value": 30},
                {"field": "tags", "op": "unknown"},
            ]
        },
    ),
    Audience(
        "dormant",
        _("Dormant customers"),
        _("They bought before, but not for 90 days."),
        {"all": [FRIEND, {"field": "last_order", "op": "longer_ago", "value": 90}]},
    ),
    Audience(
        "won_back",
        _("Won back"),
        _("Bought again within 30 days, after their first order a year ago or more."),
        {
            "all": [
                {"field": "last_order", "op": "last_days", "value": 30},
                {"field": "first_order", "op": "longer_ago", "value": 365},
                {
                    "not": more_than("order_count", 2, within={"days": 90}),
                },
            ]
        },
    ),
    Audience(
        "second",
        _("Due for a second purchase"),
        _("Bought exactly once, 15 to 60 days ago."),
        {
            "all": [
                FRIEND,
                {"field": "order_count", "op": "eq", "value": 1},
                {"field": "last_order", "op": "last_days", "value": 60},
                {"field": "last_order", "op": "longer_ago", "value": 15},
            ]
        },
    ),
    Audience(
        "valuable",
        _("Most valuable"),
        _("At least ¥1,000 within a year."),
        {"all": [FRIEND, more_than("order_sum", 100_000, within=YEAR)]},
    ),
    Audience(
        "group_only",
        _("In groups, never bought"),
        _("They follow along, but have not ordered yet."),
        {
            "all": [
                {"field": "in_groups", "op": "known"},
                {"field": "order_count", "op": "eq", "value": 0},
            ]
        },
    ),
    Audience(
        "left",
        _("Left us within 30 days"),
        _("They deleted an employee, and nobody else is connected with them."),
        {
            "all": [
                {"field": "standing", "op": "any", "value": ["left"]},
                {"field": "follow_ended", "op": "last_days", "value": 30},
            ]
        },
    ),
)


def audiences_for(user: User) -> list[Audience]:
    """Those whose words the person may use; and birthdays, where there is a field."""
    found = [audience for audience in AUDIENCES if may_use(audience, user)]
    dates = Attribute.objects.in_use().filter(type=Attribute.Type.DATE)
    for field in dates.filter(name__contains="生日")[:1]:
        rule = {"field": f"attribute.{field.pk}", "op": "anniversary", "value": 7}
        birthday = Audience(
            "birthday",
            _("Birthday within a week"),
            _("By the field “%s”.") % field.name,
            {"all": [FRIEND, rule]},
        )
        found += [birthday] if may_use(birthday, user) else []
    return found


def may_use(audience: Audience, user: User) -> bool:
    try:
        read(audience.rule, user=user)
    except NotUnderstood:
        return False
    return True
