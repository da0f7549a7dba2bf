"""Group chats and who is in them, to read."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.common.admin import ReadOnlyAdmin, ScopedAdmin
from apps.common.filters import Choice, Days, Pick, Pickable, midnight
from apps.common.spelling import spelled_like
from apps.groups.members import (
    gone,
    last_moves,
    members,
    moves_since,
    people_by_id,
    present,
)
from apps.groups.models import GroupChat
from apps.lists.keeps_views import KeepsViews
from apps.staff.models import Employee

PER_PAGE = 50
MOVES = 15
DISMISSED = "dismissed"

STATUS_COLOURS = {
    GroupChat.Status.NORMAL: "success",
    GroupChat.Status.OWNER_LEFT: "danger",
    GroupChat.Status.INHERITING: "warning",
    GroupChat.Status.INHERITED: "info",
}


class StatusFilter(Choice):
    """Those that still exist, unless the dismissed ones are asked for."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        statuses = [(str(s.value), s.label) for s in GroupChat.Status]
        return [*statuses, (DISMISSED, _("dismissed"))]

    def queryset(self, request: HttpRequest, rows: QuerySet) -> QuerySet:
        if self.value() is None:
            return rows.filter(dismissed_at__isnull=True)
        return super().queryset(request, rows)

    def narrow(self, groups: QuerySet, value: str) -> QuerySet:
        if value == DISMISSED:
            return groups.filter(dismissed_at__isnull=False)
        return groups.filter(dismissed_at__isnull=True, status=int(value))

    def choices(self, changes: Any) -> Any:
        first, *others = super().choices(changes)
        return [{**first, "display": _("those that exist")}, *others]


class OwnerFilter(Pick):
    title = _("group owner")
    parameter_name = "owner"
    model = "staff.employee"
    hint = _("Name, pinyin or account")

    def narrow(self, groups: QuerySet, employee: Employee) -> QuerySet:
        return groups.filter(owner=employee)


class CreatedFilter(Days):
    title = _("created at")
    parameter_name = "created"
    field = "created_at"


@admin.register(GroupChat)
class GroupChatAdmin(KeepsViews, Pickable, ScopedAdmin, ReadOnlyAdmin):
    page_template = "admin/groups/groupchat/page.html"
    rows_template = "admin/groups/groupchat/rows.html"
    list_filter = [StatusFilter, OwnerFilter, CreatedFilter]
    list_select_related = ["owner"]
    ordering = ["-created_at", "-pk"]
    search_fields = ["name"]
    search_help_text = _("Name of the group, pinyin")
    counted_as = _("%(count)s group chats")
    empty_title = _("No group chat yet")
    empty_hint = _(
        "Customer groups that our employees open in WeCom appear here by themselves."
    )

    def found(self, groups: QuerySet, term: str) -> QuerySet:
        return groups.filter(spelled_like(term) | Q(wecom_id=term))

    def more_about(self, group: GroupChat) -> str:
        return str(group.owner or "")

    def picks(self, rows: QuerySet) -> Any:
        return super().picks(rows.select_related("owner"))

    def rows(
        self, request: HttpRequest, found: list[GroupChat]
    ) -> list[dict[str, Any]]:
        moves = moves_since(found, midnight(timezone.localdate()))
        return [
            {
                "group": group,
                "colour": colour_of(group),
                "moves": moves.get(group.pk, {"came": 0, "went": 0}),
            }
            for group in found
        ]

    def page(self, request: HttpRequest, shown: GroupChat) -> dict[str, Any]:
        user = request.user
        here = page_of(present(shown), request.GET.get("m"))
        left = page_of(gone(shown), request.GET.get("l"))
        admins = people_by_id(set(shown.admins))
        return {
            "colour": colour_of(shown),
            "here": here,
            "members": members(shown, here.object_list, user=user),
            "left": left,
            "leavers": members(shown, left.object_list, user=user),
            "moves": last_moves(shown, many=MOVES, user=user),
            "admins": [admins.get(i.lower(), i) for i in shown.admins],
            "today": moves_since([shown], midnight(timezone.localdate())).get(shown.pk),
        }


def page_of(rows: QuerySet, number: str | None) -> Page:
    """Nonsense is the first page, and what is beyond the last is the last."""
    return Paginator(rows, PER_PAGE).get_page(number)


def colour_of(group: GroupChat) -> str:
    if group.dismissed_at:
        return "default"
    return STATUS_COLOURS.get(group.status, "default")
