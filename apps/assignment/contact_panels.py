"""What assignment brings to the contact page: whose they are, since when and why."""

from typing import Any

from django.contrib import messages
from django.db.models import Exists, F, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.assignment import handover_panels as handover_panels  # offers itself
from apps.assignment import many as many  # likewise
from apps.assignment import pool as verbs
from apps.assignment.handover_models import Offer
from apps.assignment.handover_words import commands_of, tone_of, why
from apps.assignment.models import Assignment, Notice, Protection
from apps.common.admin import shows_refusals
from apps.common.filters import Choice, among
from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE, NEXT, SIDE, Look, Next, theme

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


@CONTACT_PAGE.filter
class TakenBackFilter(Choice):
    """Those who go to a pool soon, unless their owner follows them up."""

    title = _("taken back")
    parameter_name = "taken_back"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("soon", _("soon"))]

    def narrow(self, contacts: QuerySet, value: str) -> QuerySet:
        told = Notice.objects.filter(employee=F("contact__owner"))
        numbers = told.values_list("contact", flat=True)
        each = Exists(told.filter(contact=OuterRef("pk")))
        return among(contacts, numbers, otherwise=each)


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
    me = request.user.employee_id
    is_mine = me is not None and contact.owner_id == me
    kept = Protection.objects.filter(contact=contact, until__gt=timezone.now())
    return {
        "offer": running_offer(contact),
        "is_mine": is_mine,
        "protection": kept.first() if is_mine else None,
        "contact": contact,
        "now": next((row for row in history if row.until is None), None),
        "history": history,
    }


def running_offer(contact: Contact) -> dict[str, Any] | None:
    """They are being handed over: by whom to whom, and how it stands."""
    rows = Offer.objects.running().filter(identity__contact=contact)
    offer = rows.select_related("handover", "giver", "taker").first()
    if offer is None:
        return None
    words = why(offer, commands=commands_of([offer]), at=timezone.now())
    return {"row": offer, "why": words, "tone": tone_of(offer)}


@CONTACT_PAGE.panel(
    NEXT,
    order=8,
    title=_("Pool"),
    template="",
    permission="assignment.view_assignment",
)
def what_the_pool_waits_for(
    contact: Contact, request: HttpRequest
) -> dict[str, Any] | None:
    """They are taken back soon, unless somebody follows them up."""
    if contact.owner_id is None:
        return None
    told = Notice.objects.filter(contact=contact, employee=contact.owner_id).first()
    if told is None:
        return None
    day = f"{timezone.localtime(told.due_at):%m-%d}"
    words = gettext("Goes to the pool on %(day)s unless followed up") % {"day": day}
    return {"lines": [Next(words, "waves", "#note-text")]}


# --- doors ----------------------------------------------------------------------------


@CONTACT_PAGE.door(
    "pool/return", name="pool_return", permission="assignment.claim_pool"
)
@require_POST
def give_back(request: HttpRequest, contact: Contact) -> HttpResponse:
    with shows_refusals(request):
        pool = verbs.give_back(
            contact=contact,
            why=request.POST.get("why", ""),
            by=request.user,
            at=timezone.now(),
        )
        words = _("%(name)s waits in “%(pool)s” now.")
        messages.success(request, words % {"name": contact, "pool": pool})
    if not Contact.objects.visible_to(request.user).filter(pk=contact.pk).exists():
        return redirect("admin:contacts_contact_changelist")
    return redirect("admin:contacts_contact_change", contact.pk)


@CONTACT_PAGE.door(
    "pool/protect", name="pool_protect", permission="assignment.claim_pool"
)
@require_POST
def protect(request: HttpRequest, contact: Contact) -> HttpResponse:
    on = request.POST.get("on") == "yes"
    with shows_refusals(request):
        verbs.protect(contact=contact, on=on, by=request.user, at=timezone.now())
        said = _("Nobody takes them back for now.") if on else _("No longer protected.")
        messages.success(request, said)
    return redirect("admin:contacts_contact_change", contact.pk)
