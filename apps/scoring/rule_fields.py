"""How alive a customer is, what is still to come and how likely, for rules."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.rules.fields import Rows, add
from apps.rules.operators import Kind
from apps.scoring import rule_fields_of_scores as rule_fields_of_scores

LIFETIME: dict[str, Any] = {
    "group": _("Orders"),
    "permission": "orders.view_order",
    "topic": "lifetime",
    "table": "scoring_lifetime AS row",
    "optional": True,
}

add(
    Rows(
        name="alive",
        title=_("still a customer, %"),
        kind=Kind.NUMBER,
        value="row.alive",
        **LIFETIME,
    ),
    Rows(
        name="expected_orders",
        title=_("expected purchases within a year"),
        kind=Kind.NUMBER,
        value="row.expected",
        **LIFETIME,
    ),
    Rows(
        name="expected_value",
        title=_("expected value within a year"),
        kind=Kind.MONEY,
        value="row.value",
        **LIFETIME,
    ),
)

add(
    Rows(
        name="chance",
        title=_("chance of the outcome that is foretold, %"),
        group=_("Prediction"),
        permission="contacts.view_contact",
        kind=Kind.NUMBER,
        table="scoring_chance AS row",
        value="row.chance",
        topic="chance",
        optional=True,
    )
)
