"""Joined by these codes of groups, for the rule language."""

from django.utils.translation import gettext_lazy as _

from apps.rules.fields import Option, Rows, add
from apps.rules.operators import Kind
from apps.rules.shapes import Shape

add(
    Rows(
        name="group_codes",
        title=_("joined by codes of groups"),
        group=_("Source"),
        kind=Kind.PICKS,
        permission="joins.view_groupcode",
        model="joins.groupcode",
        table="groups_stay AS row "
        "JOIN contacts_identity AS identity ON identity.id = row.identity_id "
        "JOIN joins_groupcode AS code ON code.state = row.state",
        contact="identity.contact_id",
        value="code.id",
        where="row.state <> ''",
        optional=True,
        topic="stay",
        options=(
            Option(
                name="within",
                title=_("when"),
                shape=Shape.WITHIN,
                at="row.joined_at",
                says="%(value)s",
            ),
        ),
    ),
)
