"""Has these tags, for the rule language."""

from django.utils.translation import gettext_lazy as _

from apps.rules.fields import Rows, add
from apps.rules.operators import Kind

add(
    Rows(
        name="tags",
        title=_("tags"),
        group=_("Tags"),
        kind=Kind.PICKS,
        permission="tags.view_tagging",
        model="tags.tag",
        table="tags_tagging AS row",
        value="row.tag_id",
        optional=True,
        topic="tag",
        keyed=True,
    )
)
