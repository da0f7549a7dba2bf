"""Points, growth value and level, for the rule language."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.loyalty.models import Level
from apps.rules.fields import Rows, add
from apps.rules.operators import Kind

MEMBER: dict[str, Any] = {
    "group": _("Membership"),
    "permission": "loyalty.view_membership",
    "topic": "loyalty",
    "table": "loyalty_membership AS row",
    "optional": True,
}


def names_of_levels() -> dict[int, str]:
    return {level.pk: level.name for level in Level.objects.order_by("growth_from")}


add(
    Rows(
        name="points",
        title=_("points"),
        kind=Kind.NUMBER,
        value="row.balance",
        **MEMBER,
    ),
    Rows(
        name="growth_value",
        title=_("growth value"),
        kind=Kind.NUMBER,
        value="row.growth",
        **MEMBER,
    ),
    Rows(
        name="member_level",
        title=_("member level"),
        kind=Kind.CHOICE,
        value="row.level_id",
        choices=names_of_levels,
        **MEMBER,
    ),
    Rows(
        name="member_since",
        title=_("member since"),
        kind=Kind.MOMENT,
        value="row.joined_at",
        **MEMBER,
    ),
)
