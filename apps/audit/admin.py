"""The audit, to read: who changed what, when, from where."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.audit.models import AuditRow
from apps.audit.telling import DEEDS, Told, kind_in_words, tell
from apps.common.admin import MachineryAdmin, ReadOnlyAdmin
from apps.common.filters import Choice, Days, Filter, whole_number
from apps.common.listing import ListPage

NAMED = 100  # sign-ins whose names begin like what is searched for


class DeedFilter(Choice):
    title = _("what was done")
    parameter_name = "deed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(DEEDS.items())


class WhenFilter(Days):
    title = _("when")
    parameter_name = "on"
    field = "at"


class AboutFilter(Filter):
    """What was done to one object, such as ?about=contacts.contact:12."""

    quiet = True
    title = _("about")
    parameter_name = "about"

    def queryset(self, request: HttpRequest, rows: QuerySet) -> QuerySet:
        kind, _colon, number = (self.value() or "").partition(":")
        if not kind:
            return rows
        return rows.filter(about_kind=kind, about_id=whole_number(number))

    @property
    def chip(self) -> str:
        kind, _colon, number = (self.value() or "").partition(":")
        return f"{kind_in_words(kind)} {number}".strip()


@admin.register(AuditRow)
class AuditRowAdmin(ListPage, ReadOnlyAdmin, MachineryAdmin):
    page_template = "admin/audit/auditrow/page.html"
    rows_template = "admin/audit/auditrow/rows.html"
    list_filter = [DeedFilter, WhenFilter, AboutFilter]
    list_select_related = ["actor"]
    ordering = ["-pk"]
    search_fields = ["actor"]
    search_help_text = _("Sign-in name")
    counted_as = _("%(count)s audit rows")
    empty_title = _("Nobody has changed anything yet")
    empty_hint = _(
        "Whatever somebody changes here is written down with it: what it was, what it "
        "became, who did it, when and from where. Nobody can change or delete it."
    )

    def found(self, rows: QuerySet, term: str) -> QuerySet:
        named = get_user_model().objects.filter(username__istartswith=term)
        return rows.filter(actor__in=list(named.values_list("pk", flat=True)[:NAMED]))

    def rows(self, request: HttpRequest, found: list[AuditRow]) -> list[Told]:
        return tell(found)

    def page(self, request: HttpRequest, shown: AuditRow) -> dict[str, Any]:
        [told] = tell([shown])
        return {"told": told, "title": told.deed}
