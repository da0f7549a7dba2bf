"""Is in a segment, or in a cell of RFM, for the rule language."""

from django.utils.translation import gettext_lazy as _

from apps.rules.fields import Rows, add
from apps.rules.operators import Kind
from apps.segments.rfm_setting import CellField, choices

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
    ),
    CellField(
        name="rfm_cell",
        title=_("cell of RFM"),
        group=_("Orders"),
        kind=Kind.CHOICE,
        permission="orders.view_order",
        choices=choices,
        topic="order",
    ),
)
