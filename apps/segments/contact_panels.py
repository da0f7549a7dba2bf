"""What segments bring to the contact page and to the list of contacts."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.common.filters import Pick
from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE, SIDE, Look, theme
from apps.lists.count import how_many
from apps.segments.models import Segment, SegmentContact
from apps.staff.models import User

SHOWN = 12

theme(
    "segments",
    title=_("Segments"),
    looks={
        "SegmentEntered": Look("group_work", "good"),
        "SegmentLeft": Look("group_work", "late"),
    },
)


@CONTACT_PAGE.filter
class SegmentFilter(Pick):
    """Those who are in a segment."""

    title = _("segment")
    parameter_name = "segment"
    model = "segments.segment"
    hint = _("Name of the segment")

    def narrow(self, contacts: QuerySet, segment: Segment) -> QuerySet:
        return within(contacts, segment)


def within(contacts: QuerySet, segment: Segment) -> QuerySet:
    members = SegmentContact.objects.filter(segment=segment, contact=OuterRef("pk"))
    return contacts.filter(Exists(members))


def members_seen(segment: Segment, user: User) -> str:
    """How many of them this person may see, in words."""
    if user.has_perm("contacts.view_contact") and user.sees_everybody:
        return f"{segment.many:,}"
    return how_many(within(Contact.objects.visible_to(user), segment))


@CONTACT_PAGE.panel(
    SIDE,
    order=30,
    title=_("Segments"),
    template="admin/segments/panel.html",
    permission="segments.view_segment",
    later=True,
)
def segments_of(contact: Contact, request: HttpRequest) -> dict[str, Any] | None:
    mine = SegmentContact.objects.filter(contact=contact).select_related("segment")
    rows = list(mine.order_by("-entered_at", "-pk")[: SHOWN + 1])
    return {"rows": rows[:SHOWN], "more": len(rows) > SHOWN} if rows else None
