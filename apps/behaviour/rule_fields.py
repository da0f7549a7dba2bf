"""What a contact did elsewhere, how often and when, for the rule language."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.rules.facts import Source, facts_of
from apps.rules.fields import Option, Totals, add
from apps.rules.operators import Kind
from apps.rules.shapes import Shape
from apps.rules.sheets import Days, sheets_of

OPTIONS = (
    Option(
        name="within",
        title=_("in these days"),
        shape=Shape.WITHIN,
        at="row.at",
        says="%(value)s",
    ),
    Option(
        name="event",
        title=_("kind of behaviour"),
        shape=Shape.TEXT,
        sql="row.kind = %(event)s",
        says="“%(value)s”",
    ),
)
BEHAVIOUR: dict[str, Any] = {
    "group": _("Behaviour"),
    # whoever sees a contact sees on the timeline what they did
    "permission": "contacts.view_contact",
    "topic": "behaviour",
    "table": "behaviour_behaviour AS row",
    "options": OPTIONS,
}

facts_of(
    Source(
        topic="behaviour",
        table="behaviour_behaviour AS row",
        contact="row.contact_id",
        at="row.at",
    )
)
sheets_of(
    Days(
        topic="behaviour",
        table="behaviour_behaviour AS row",
        contact="row.contact_id",
        at="row.at",
        key="row.kind",
        option="event",
    )
)
add(
    Totals(
        name="event_count",
        title=_("times of a behaviour"),
        kind=Kind.COUNT,
        measure="count(*)",
        fact="many",
        **BEHAVIOUR,
    ),
    Totals(
        name="last_event",
        title=_("last behaviour"),
        kind=Kind.MOMENT,
        measure="max(row.at)",
        fact="last",
        optional=True,
        **BEHAVIOUR,
    ),
)
