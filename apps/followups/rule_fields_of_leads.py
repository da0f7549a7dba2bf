"""The stage of a contact's open lead, and what is next, for the rule language."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.followups.models import Stage
from apps.rules.fields import Rows, Totals, add
from apps.rules.operators import Kind

OPEN_LEADS: dict[str, Any] = {
    "group": _("Lead"),
    "permission": "followups.view_lead",
    "topic": "lead",
    "table": "followups_lead AS row",
    "where": "row.closed_at IS NULL AND NOT row.folded",
}


def names_of_stages() -> dict[int, str]:
    """Also of stages that were taken out: rules that are kept may say them."""
    return {
        stage.pk: stage.name
        for stage in Stage.objects.order_by("place", "pk")
        if not stage.ends
    }


add(
    Rows(
        name="stage",
        title=_("stage of the open lead"),
        kind=Kind.CHOICE,
        value="row.stage_id",
        choices=names_of_stages,
        optional=True,
        **OPEN_LEADS,
    ),
    Rows(
        name="stage_since",
        title=_("in this stage since"),
        kind=Kind.MOMENT,
        value="row.stage_since",
        optional=True,
        **OPEN_LEADS,
    ),
    Totals(
        name="next_step",
        title=_("next step due"),
        group=_("Lead"),
        permission="followups.view_task",
        topic="task",
        kind=Kind.MOMENT,
        table="followups_task AS row",
        where="row.done_at IS NULL",
        measure="min(row.due_at)",
        optional=True,
        more=("next_days",),
    ),
)
