"""Is in a segment, for the rule language."""

from django.utils.translation import gettext_lazy as _

from apps.rules.fields import Rows, add
from apps.rules.operators import Kind

add(
    Rows(
        name="segments",
        title=_("is in segments"),
        group=_("Segments"),
        kind=Kind.PICKS,
        permission="segments.view_segment",
        model="segments.segment",
        table="segments_segmentcontact AS row",
        value="row.segment_id",
        topic="segment",
        keyed=True,
    )
)
