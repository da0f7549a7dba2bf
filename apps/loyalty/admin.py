"""Members and their ledger, to read."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _

from apps.common.admin import ReadOnlyAdmin, ScopedAdmin
from apps.common.filters import Choice, Days, searched_for, whole_number
from apps.common.listing import ListPage
from apps.contacts.of_contact import OfContactFilter, people_called
from apps.loyalty import levels_admin as levels_admin  # registers itself
from apps.loyalty.models import Level, Membership, PointsEntry

TONES = {
    PointsEntry.Kind.EARNED: "badge-success",
    PointsEntry.Kind.GIVEN_BACK: "badge-success",
    PointsEntry.Kind.SPENT: "badge-info",
    PointsEntry.Kind.TAKEN_BACK: "badge-warning",
    PointsEntry.Kind.EXPIRED: "badge-warning",
}


class OfContacts(ListPage, ScopedAdmin, ReadOnlyAdmin):
    """Rows that are found by their contact, and lead to its page."""

    list_select_related = ["contact"]
    search_fields = ["contact"]
    search_help_text = _("Name or phone of the contact")

    def get_search_results(
        self, request: HttpRequest, rows: QuerySet, term: str
    ) -> tuple[QuerySet, bool]:
        term = searched_for(term)
        if not term:
            return rows, False
        return rows.filter(contact__in=people_called(request, term)), False

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = self.get_queryset(request)
        row = get_object_or_404(rows, pk=whole_number(object_id))
        return redirect("admin:contacts_contact_change", row.contact_id)


class LevelFilter(Choice):
    title = _("member level")
    parameter_name = "level"
    NONE = "none"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        levels = [(str(level.pk), level.name) for level in Level.objects.all()]
        return [*levels, (self.NONE, _("no level"))]

    def narrow(self, members: QuerySet, value: str) -> QuerySet:
        number = None if value == self.NONE else int(value)
        return members.filter(level=number)


class KindFilter(Choice):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return PointsEntry.Kind.choices


class AtFilter(Days):
    title = _("at")
    parameter_name = "at"
    field = "at"


@admin.register(Membership)
class MembershipAdmin(OfContacts):
    rows_template = "admin/loyalty/membership/rows.html"
    list_filter = [LevelFilter]
    ordering = ["-joined_at", "-pk"]
    counted_as = _("%(count)s members")
    empty_title = _("No member yet")
    empty_hint = _(
        "Whoever earns points is a member. Say under Levels and points what earns how "
        "many, or let another system tell them by the API."
    )
    empty_leads_to = ("admin:loyalty_level_changelist", _("Levels and points"))

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Whoever was merged away has no ledger any more."""
        rows = super().get_queryset(request)
        return rows.filter(contact__merged_into__isnull=True)

    def rows(
        self, request: HttpRequest, found: list[Membership]
    ) -> list[dict[str, Any]]:
        levels = list(Level.objects.all())
        names = {level.pk: level for level in levels}
        return [
            {
                "member": member,
                "level": names.get(member.level_id or 0),
                "next": next(
                    (each for each in levels if each.growth_from > member.growth), None
                ),
            }
            for member in found
        ]


@admin.register(PointsEntry)
class PointsEntryAdmin(OfContacts):
    rows_template = "admin/loyalty/pointsentry/rows.html"
    list_filter = [KindFilter, AtFilter, OfContactFilter]
    list_select_related = ["contact", "rule", "by"]
    ordering = ["-at", "-pk"]
    counted_as = _("%(count)s entries")
    empty_title = _("No points yet")
    empty_hint = MembershipAdmin.empty_hint
    empty_leads_to = MembershipAdmin.empty_leads_to

    def rows(
        self, request: HttpRequest, found: list[PointsEntry]
    ) -> list[dict[str, Any]]:
        return [
            {"entry": entry, "tone": TONES.get(PointsEntry.Kind(entry.kind), "")}
            for entry in found
        ]
