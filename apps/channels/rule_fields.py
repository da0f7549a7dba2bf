"""Came by these channel codes, for the rule language."""

from django.utils.translation import gettext_lazy as _

from apps.rules.fields import Option, Rows, add
from apps.rules.operators import Kind
from apps.rules.shapes import Shape

SOURCE = _("Source")

add(
    Rows(
        name="channels",
        title=_("came by channel codes"),
        group=SOURCE,
        kind=Kind.PICKS,
        permission="channels.view_channel",
        model="channels.channel",
        table="channels_entry AS row",
        value="row.channel_id",
        optional=True,
        topic="entry",
        keyed=True,
        options=(
            Option(
                name="within",
                title=_("when"),
                shape=Shape.WITHIN,
                at="row.at",
                says="%(value)s",
            ),
        ),
    ),
    Rows(
        name="first_channel",
        title=_("came first by the channel code"),
        group=SOURCE,
        kind=Kind.PICK,
        permission="channels.view_channel",
        model="channels.channel",
        table="channels_entry AS row",
        value="row.channel_id",
        where=(
            "NOT EXISTS (SELECT FROM channels_entry AS before"
            " WHERE before.contact_id = row.contact_id"
            " AND (before.at, before.id) < (row.at, row.id))"
        ),
        optional=True,
        topic="entry",
    ),
)
