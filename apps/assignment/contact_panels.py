"""What assignment brings to the contact page: whose they are, since when and why."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.assignment import many as many  # offers itself
from apps.assignment.models import Assignment
from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE, SIDE, Look, theme

MOST = 30

theme(
    "assignment",
    title=_("Assignment"),
    looks={
        "OwnerChanged": Look("person_raised_hand"),
        "OwnerChanged:claim": Look("back_hand", "good"),
        "OwnerChanged:reclaim_pool": Look("waves", "late"),
        "OwnerChanged:rule_pool": Look("waves", "late"),
    },
)


@CONTACT_PAGE.panel(
    SIDE,
    order=5,
    title=_("Assignment"),
    template="admin/assignment/panel.html",
    permission="assignment.view_assignment",
)
def whose_they_are(contact: Contact, request: HttpRequest) -> dict[str, Any]:
    """The latest first; none: the owner is whoever was added first."""
    rows = Assignment.objects.filter(contact=contact)
    rows = rows.select_related("employee", "pool", "rule", "by")
    history = list(rows.order_by("-since", "-pk")[:MOST])
    return {
        "contact": contact,
        "now": next((row for row in history if row.until is None), None),
        "history": history,
    }
