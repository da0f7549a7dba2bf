"""How often and when a contact was followed up, for the rule language."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.followups import rule_fields_of_leads as rule_fields_of_leads  # adds its own
from apps.rules.facts import Source, facts_of
from apps.rules.fields import Option, Totals, add
from apps.rules.operators import Kind
from apps.rules.shapes import Shape
from apps.rules.sheets import Days, sheets_of

NOTES: dict[str, Any] = {
    "group": _("Notes"),
    "permission": "followups.view_note",
    "topic": "note",
    "table": "followups_note AS row",
}

facts_of(
    Source(
        topic="note",
        table="followups_note AS row",
        contact="row.contact_id",
        at="row.written_at",
    )
)
sheets_of(
    Days(
        topic="note",
        table="followups_note AS row",
        contact="row.contact_id",
        at="row.written_at",
    )
)
add(
    Totals(
        name="note_count",
        title=_("number of notes"),
        kind=Kind.COUNT,
        measure="count(*)",
        fact="many",
        options=(
            Option(
                name="within",
                title=_("in these days"),
                shape=Shape.WITHIN,
                at="row.written_at",
                says="%(value)s",
            ),
        ),
        **NOTES,
    ),
    Totals(
        name="last_note",
        title=_("last note"),
        kind=Kind.MOMENT,
        measure="max(row.written_at)",
        fact="last",
        optional=True,
        **NOTES,
    ),
)
