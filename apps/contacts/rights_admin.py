"""Who was erased and why; the data map to read; the texts that people agree to."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from unfold.decorators import display

from apps.common.addresses import beside, of_one
from apps.common.admin import JobAdmin, ago_column
from apps.common.audited import noted
from apps.common.listing import ListPage
from apps.contacts.data_map import LEVELS, WHEN_ERASED, stores
from apps.contacts.rights_models import ConsentText, Erasure


@admin.register(Erasure)
class ErasureAdmin(JobAdmin):
    list_display = ["__str__", "asked", "why_erased", "reference", "by", "standing"]
    list_before_template = "admin/contacts/erasure/before.html"
    page_template = "admin/contacts/erasure/page.html"
    list_filter = ["status"]
    list_select_related = ["by"]
    counted_as = _("%(count)s erasures")
    empty_title = _("Nobody has been erased")
    empty_hint = _(
        "When somebody asks for their data to be deleted, open their page, then "
        "“Personal data”: there is a copy for them, and there they are erased."
    )

    asked = ago_column("asked_at", _("asked at"))

    @display(description=_("reason"))
    def why_erased(self, job: Any) -> str:
        return job.get_ground_display()

    def page(self, request: HttpRequest, shown: Any) -> dict[str, Any]:
        titles = {store.label: store.title for store in stores()}
        return {
            **super().page(request, shown),
            "reached": [
                (titles.get(label, label), many) for label, many in shown.counts.items()
            ],
        }

    def what(self, job: Any) -> str:
        return gettext("Erasure of contact #%d") % job.contact_number

    def get_urls(self) -> list:
        at = beside(self)
        return [
            at("data-map/", require_safe(self.data_map_view), "data_map"),
            *super().get_urls(),
        ]

    def data_map_view(self, request: HttpRequest) -> HttpResponse:
        """What is held of people, where, what for and for how long."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Data map"),
            "stores": [
                {
                    "store": store,
                    "level": LEVELS[store.level],
                    "erased": WHEN_ERASED[store.erased],
                    "fields": fields_in_words(store),
                }
                for store in stores()
            ],
        }
        return TemplateResponse(
            request, "admin/contacts/erasure/data_map.html", context
        )


# What columns are called that no page shows by their names.
WORDS: dict[str, Any] = {
    "spelling": _("pinyin"),
    "grams": _("letters to search by"),
    "sort_key": _("pinyin"),
    "served_by": _("who serves them"),
    "sealed": _("sealed value"),
    "digest": _("digest"),
    "tail_digest": _("digest of the last digits"),
    "phones_sealed": _("sealed phones"),
    "phones_digest": _("digest of phones"),
    "choice": _("choice"),
    "choices": _("choices"),
    "fields": _("fields that were changed"),
    "later": _("what came later"),
    "moved": _("rows that were moved"),
    "risen": _("rows that were moved"),
    "folded": _("rows that were moved"),
    "stayed": _("rows that were moved"),
    "said_for": _("for which contact"),
    "tag": _("tag"),
    "group": _("customer group"),
    "item": _("id"),
    "rows_sealed": _("sealed rows"),
    "found_sealed": _("what was found, sealed"),
    "journal_sealed": _("journal, sealed"),
    "about": _("numbers of rows"),
    "ip_address": _("address in the network"),
    "user_agent": _("browser"),
    "http_accept": _("browser"),
    "path_info": _("page"),
    "get_data": _("what was sent"),
    "post_data": _("what was sent"),
    "session_hash": _("digest of the session"),
}


def fields_in_words(store: Any) -> dict[str, str]:
    """Words, each once, with the names behind them."""
    found: dict[str, list[str]] = {}
    for name in store.levels:
        words = WORDS.get(name) or store.model._meta.get_field(name).verbose_name
        found.setdefault(str(words), []).append(f"{store.label}.{name}")
    return {words: ", ".join(names) for words, names in found.items()}


@admin.register(ConsentText)
class ConsentTextAdmin(ListPage):
    rows_template = "admin/contacts/consenttext/rows.html"
    change_form_outer_after_template = "admin/contacts/consenttext/archive.html"
    fields = ["purpose", "version", "text"]
    ordering = ["purpose", "-pk"]
    counted_as = _("%(count)s texts")
    empty_title = _("No text yet")
    empty_hint = _(
        "Write down the words that people agree to, with a version: each consent then "
        "says which words were shown. A text that was used cannot be changed any more; "
        "a new version takes its place."
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What somebody may have agreed to stays as they read it."""
        return ["purpose", "version", "text"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list:
        archive = of_one(self)("archive", require_POST(self.archive_view), "archive")
        return [archive, *super().get_urls()]

    def archive_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """It is offered no more; what was agreed under it stands."""
        text = get_object_or_404(ConsentText, pk=pk)
        if not self.has_change_permission(request, text):
            return self.admin_site.login(request)
        with transaction.atomic():
            ConsentText.objects.filter(pk=pk).update(archived_at=timezone.now())
            noted(request, "archived", about=text)
        messages.success(request, gettext("It is offered no more."))
        return redirect("admin:contacts_consenttext_changelist")
