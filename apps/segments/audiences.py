"""Common audiences to begin with: a rule that somebody opens, changes and saves; or a
whole layer of them, saved as they are.

The layers of a life cycle do not overlap; nor do those of value, nor those of whoever
bought once. Days and amounts are where most shops begin: whoever knows better edits
the rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.contacts.models import Attribute
from apps.rules.tree import NotUnderstood, read
from apps.segments.keep import keep
from apps.segments.models import Segment
from apps.staff.models import User


@dataclass(frozen=True)
class Audience:
    name: str
    layer: Any
    title: Any
    hint: Any
    rule: Mapping[str, Any]


def leaf(field: str, op: str, value: Any = None, **options: Any) -> dict[str, Any]:
    told = {"field": field, "op": op, **options}
    return told if value is None else told | {"value": value}


def all_of(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"all": list(parts)}


FRIEND = leaf("standing", "any", ["friend"])
NEVER = leaf("order_count", "eq", 0)
ONCE = leaf("order_count", "eq", 1)
MONTH, QUARTER, YEAR = {"days": 30}, {"days": 90}, {"days": 365}
LIFE, VALUE = _("Life cycle"), _("Value of customers")
SECOND, NEXT = _("Second purchase"), _("What is next")

AUDIENCES = (
    Audience(
        "new",
        LIFE,
        _("New customers"),
        _("Added within 30 days and still in contact; nothing bought yet."),
        all_of(FRIEND, leaf("added_at", "last_days", 30), NEVER),
    ),
    Audience(
        "active",
        LIFE,
        _("Active customers"),
        _("Bought within 90 days, and not after a long silence."),
        all_of(
            leaf("last_order", "last_days", 90),
            {
                "any": [
                    leaf("order_count", "at_least", 1, within=QUARTER | {"before": 90}),
                    leaf("first_order", "last_days", 180),
                ]
            },
        ),
    ),
    Audience(
        "won_back",
        LIFE,
        _("Won back"),
        _("Bought within 90 days, after they had bought nothing for 90 days before."),
        all_of(
            leaf("last_order", "last_days", 90),
            leaf("order_count", "eq", 0, within=QUARTER | {"before": 90}),
            leaf("first_order", "longer_ago", 180),
        ),
    ),
    Audience(
        "dormant",
        LIFE,
        _("Dormant customers"),
        _("They bought before, but not for 90 days; not for a year yet."),
        all_of(
            leaf("last_order", "longer_ago", 90),
            {"not": leaf("last_order", "longer_ago", 365)},
        ),
    ),
    Audience(
        "lost",
        LIFE,
        _("Lost customers"),
        _("They bought before, but not for a year."),
        all_of(leaf("last_order", "longer_ago", 365)),
    ),
    Audience(
        "valuable",
        VALUE,
        _("High value"),
        _("At least ¥1,000 within a year."),
        all_of(leaf("order_sum", "at_least", 100_000, within=YEAR)),
    ),
    Audience(
        "middling",
        VALUE,
        _("Middle value"),
        _("From ¥200 to below ¥1,000 within a year."),
        all_of(leaf("order_sum", "between", [20_000, 99_999], within=YEAR)),
    ),
    Audience(
        "small",
        VALUE,
        _("Low value"),
        _("Bought within a year, for less than ¥200."),
        all_of(
            leaf("order_count", "at_least", 1, within=YEAR),
            leaf("order_sum", "at_most", 19_999, within=YEAR),
        ),
    ),
    Audience(
        "thrifty",
        VALUE,
        _("Sensitive to prices"),
        _("Of three orders or more, at least half were bought at a discount."),
        all_of(
            leaf("order_count", "at_least", 3),
            leaf("discounted", "at_least", 50),
        ),
    ),
    Audience(
        "second",
        SECOND,
        _("Due for a second purchase"),
        _("Bought exactly once, 15 to 60 days ago."),
        all_of(
            ONCE,
            leaf("last_order", "last_days", 60),
            leaf("last_order", "longer_ago", 15),
        ),
    ),
    Audience(
        "second_late",
        SECOND,
        _("Late for a second purchase"),
        _("Bought exactly once, 60 to 180 days ago."),
        all_of(
            ONCE,
            leaf("last_order", "last_days", 180),
            leaf("last_order", "longer_ago", 60),
        ),
    ),
    Audience(
        "second_never",
        SECOND,
        _("Bought once, long ago"),
        _("Bought exactly once, more than 180 days ago."),
        all_of(ONCE, leaf("last_order", "longer_ago", 180)),
    ),
    Audience(
        "untagged",
        NEXT,
        _("New and without any tag"),
        _("Nobody has looked at them yet."),
        all_of(FRIEND, leaf("added_at", "last_days", 30), leaf("tags", "unknown")),
    ),
    Audience(
        "silent",
        NEXT,
        _("Nobody has written them for 30 days"),
        _("In contact, but without a note within 30 days."),
        all_of(FRIEND, leaf("note_count", "eq", 0, within=MONTH)),
    ),
    Audience(
        "unpaid",
        NEXT,
        _("Waiting to pay"),
        _("They placed an order within 7 days and have not paid it."),
        all_of(leaf("unpaid_since", "last_days", 7)),
    ),
    Audience(
        "group_only",
        NEXT,
        _("In groups, never bought"),
        _("They follow along, but have not ordered yet."),
        all_of(leaf("in_groups", "known"), NEVER),
    ),
    Audience(
        "left",
        NEXT,
        _("Left us within 30 days"),
        _("They deleted an employee, and nobody else is connected with them."),
        all_of(
            leaf("standing", "any", ["left"]), leaf("follow_ended", "last_days", 30)
        ),
    ),
)


def audiences_for(user: User) -> list[Audience]:
    """Those whose words the person may use; and birthdays, where there is a field."""
    found = [audience for audience in AUDIENCES if may_use(audience, user)]
    dates = Attribute.objects.in_use().filter(type=Attribute.Type.DATE)
    for field in dates.filter(name__contains="生日")[:1]:
        birthday = Audience(
            "birthday",
            NEXT,
            _("Birthday within a week"),
            _("By the field “%s”.") % field.name,
            all_of(FRIEND, leaf(f"attribute.{field.pk}", "anniversary", 7)),
        )
        found += [birthday] if may_use(birthday, user) else []
    return found


def may_use(audience: Audience, user: User) -> bool:
    try:
        read(audience.rule, user=user)
    except NotUnderstood:
        return False
    return True


@transaction.atomic
def keep_layer(*, of: str, by: User, at: datetime) -> list[Segment]:
    """Save those of the layer in which `of` is, in a folder by its name. Names that
    there are already stay as they are."""
    audiences = audiences_for(by)
    layers = {audience.name: audience.layer for audience in audiences}
    mine = [each for each in audiences if each.layer == layers.get(of)]
    names = {str(audience.title): audience for audience in mine}
    there = Segment.objects.filter(name__in=names).values_list("name", flat=True)
    return [
        keep(
            rule=audience.rule,
            name=name,
            folder=str(audience.layer),
            description=str(audience.hint),
            by=by,
            at=at,
        )
        for name, audience in names.items()
        if name not in set(there)
    ]
