"""The page behind the bell."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.common.addresses import beside, of_one
from apps.common.admin import ReadOnlyAdmin, ScopedAdmin
from apps.common.filters import Choice, whole_number
from apps.common.listing import ListPage
from apps.followups.models import Notice
from apps.followups.notices import see, see_all


class SeenFilter(Choice):
    title = _("seen")
    parameter_name = "seen"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("not yet")), ("yes", _("seen"))]

    def narrow(self, rows: QuerySet, value: str) -> QuerySet:
        return rows.filter(seen_at__isnull=value == "no")


@admin.register(Notice)
class NoticeAdmin(ListPage, ReadOnlyAdmin, ScopedAdmin):
    rows_template = "admin/followups/notice/rows.html"
    list_filter = [SeenFilter]
    list_select_related = ["contact", "task__employee", "note__author"]
    ordering = ["-at", "-pk"]
    counted_as = _("%(count)s notices")
    empty_title = _("Nothing to remind you of")
    empty_hint = _(
        "Before something is due, when it is overdue and when a colleague asks for you "
        "with @, it stands here, and is said in WeCom."
    )

    def head(self, request: HttpRequest) -> dict[str, Any]:
        return {"views_template": "admin/followups/notice/head.html"}

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """A notice leads to its contact; only the button says that it was seen."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        number = whole_number(object_id)
        notice = self.get_queryset(request).filter(pk=number).first()
        if notice is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return redirect(where(notice))

    def get_urls(self) -> list:
        at, of = beside(self), of_one(self)
        return [
            at("seen/", require_POST(self.seen_view), "seen"),
            of("open", require_POST(self.open_view), "open"),
            *super().get_urls(),
        ]

    def seen_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        see_all(by=request.user, at=timezone.now())
        messages.success(request, _("All are seen."))
        return redirect("admin:followups_notice_changelist")

    def open_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        notice = self.get_queryset(request).filter(pk=pk).first()
        if notice is None:
            raise Http404
        see(notices=[notice.pk], by=request.user, at=timezone.now())
        return redirect(where(notice))


def where(notice: Notice) -> str:
    if notice.kind == Notice.Kind.RECLAIM:
        mine = urlencode({"owner": "me", "taken_back": "soon"})
        return f"{reverse('admin:contacts_contact_changelist')}?{mine}"
    there = reverse("admin:contacts_contact_change", args=[notice.contact_id])
    return f"{there}#note-{notice.note_id}" if notice.note_id else f"{there}#lead"
