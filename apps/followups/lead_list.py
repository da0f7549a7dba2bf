"""What leads and tasks bring to the list of contacts: filters, and the stage."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.common.filters import Choice, midnight
from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE
from apps.followups.models import Lead, Task
from apps.followups.stages import stages


@CONTACT_PAGE.filter
class StageFilter(Choice):
    """Those with an open lead in a stage, or without one."""

    title = _("stage")
    parameter_name = "stage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        named = [(str(each.pk), each.name) for each in stages() if not each.ends]
        return [*named, ("none", _("no open lead"))]

    def narrow(self, contacts: QuerySet, value: str) -> QuerySet:
        theirs = Lead.objects.live().open().filter(contact=OuterRef("pk"))
        if value == "none":
            return contacts.filter(~Exists(theirs))
        return contacts.filter(Exists(theirs.filter(stage=value)))


@CONTACT_PAGE.filter
class NextStepFilter(Choice):
    """Those for whom something is to be done."""

    title = _("next step")
    parameter_name = "step"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("late", _("overdue")),
            ("today", _("due today")),
            ("week", _("due within 7 days")),
            ("none", _("no next step")),
        ]

    def narrow(self, contacts: QuerySet, value: str) -> QuerySet:
        now = timezone.now()
        theirs = Task.objects.open().filter(contact=OuterRef("pk"))
        if value == "none":
            return contacts.filter(~Exists(theirs))
        if value == "late":
            return contacts.filter(Exists(theirs.filter(due_at__lt=now)))
        days = 1 if value == "today" else 7
        end = midnight(timezone.localdate(now) + timedelta(days=days))
        return contacts.filter(Exists(theirs.filter(due_at__gte=now, due_at__lt=end)))


@CONTACT_PAGE.column(
    order=15,
    title=_("stage"),
    template="admin/followups/stage_cell.html",
    permission="followups.view_lead",
)
def stage_cells(contacts: Sequence[Contact]) -> dict[int, Lead]:
    open_ones = Lead.objects.live().open().filter(contact__in=contacts)
    return {lead.contact_id: lead for lead in open_ones.select_related("stage")}
