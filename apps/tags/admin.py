"""Tag groups with their tags, who carries them, and how they are kept in order."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.audit import telling
from apps.common.admin import ReadOnlyAdmin
from apps.common.filters import Choice, Pickable
from apps.common.listing import ListPage
from apps.contacts.models import Contact
from apps.tags import keep_order, standing
from apps.tags.contact_panels import with_tag
from apps.tags.doors import ChangesTags, MakesThings, may_keep
from apps.tags.many import contacts_with
from apps.tags.models import Tag, Tagging, TagGroup
from apps.tags.other_group import other_groups

telling.FIELDS.update({"tags": _("tags"), "carriers": _("contacts who carried them")})
NEWEST = 10


class KindFilter(Choice):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return TagGroup.Kind.choices


class DeletedFilter(Choice):
    """Those that still exist, unless others are asked for."""

    title = _("shown")
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("deleted")), ("all", _("all, also deleted ones"))]

    def queryset(self, request: HttpRequest, rows: QuerySet) -> QuerySet:
        if self.value() is None:
            return rows.filter(deleted_at__isnull=True)
        return super().queryset(request, rows)

    def narrow(self, rows: QuerySet, value: str) -> QuerySet:
        return rows if value == "all" else rows.filter(deleted_at__isnull=False)

    def choices(self, changes: Any) -> Any:
        first, *others = super().choices(changes)
        return [{**first, "display": _("those that exist")}, *others]


@admin.register(TagGroup)
class TagGroupAdmin(MakesThings, ListPage, ReadOnlyAdmin):
    page_template = "admin/tags/taggroup/page.html"
    rows_template = "admin/tags/taggroup/rows.html"
    list_filter = [KindFilter, DeletedFilter]
    list_per_page = 20
    ordering = ["kind", "-order", "pk"]
    search_fields = ["name"]
    search_help_text = _("Name of a group or of a tag")
    counted_as = _("%(count)s tag groups")
    empty_title = _("No tag yet")
    empty_hint = _("Make the first group above, or read the company's tags from WeCom.")

    def head(self, request: HttpRequest) -> dict[str, Any]:
        told = standing.changes_told()
        return {
            "views_template": "admin/tags/taggroup/head.html",
            "may_keep": may_keep(request),
            "told": told,
            "working": any(each.mood == "waits" for each in told),
            "may_move": may_keep(request) and not request.GET,
            "LONGEST": keep_order.LONGEST,
        }

    def found(self, groups: QuerySet, term: str) -> QuerySet:
        tags = Tag.objects.filter(group=OuterRef("pk"), name__icontains=term)
        return groups.filter(Q(name__icontains=term) | Exists(tags))

    def rows(
        self, request: HttpRequest, found: list[TagGroup]
    ) -> list[tuple[TagGroup, list, dict[str, Any]]]:
        """Each with its tags, and with what WeCom is being told of it."""
        tags = list(
            Tag.objects.filter(group__in=found, deleted_at__isnull=True).order_by(
                "-order", "pk"
            )
        )
        many = contacts_with((tag.pk for tag in tags), user=request.user)
        wanted = standing.wanted_by_number(found)
        return [
            (
                group,
                [(tag, many[tag.pk]) for tag in tags if tag.group_id == group.pk],
                wanted[group.pk],
            )
            for group in found
        ]

    def page(self, request: HttpRequest, shown: TagGroup) -> dict[str, Any]:
        tags = list(shown.tags.all())
        for tag in tags:
            tag.group = shown
        many = contacts_with((tag.pk for tag in tags), user=request.user)
        wanted = standing.wanted_by_number(tags)
        told = standing.changes_told(shown)
        keeps = may_keep(request)
        refusal = keep_order.why_not(shown)
        return {
            "rows": [
                {
                    "tag": tag,
                    "many": many[tag.pk],
                    "wanted": wanted[tag.pk],
                    "may": keeps and keep_order.why_not(tag) is None,
                }
                for tag in standing.in_order(tags, wanted)
            ],
            "told": told,
            "working": any(each.mood == "waits" for each in told),
            "may_keep": keeps,
            "may_change": keeps and refusal is None,
            "may_add": keeps and keep_order.takes_tags(shown),
            "why_not": refusal() if refusal else "",
            "other_groups": other_groups(shown) if keeps else [],
            "LONGEST": keep_order.LONGEST,
        }


@admin.register(Tag)
class TagAdmin(ChangesTags, ListPage, Pickable, ReadOnlyAdmin):
    page_template = "admin/tags/tag/page.html"
    rows_template = "admin/tags/tag/rows.html"
    list_filter = [DeletedFilter]
    list_select_related = ["group"]
    ordering = ["-group__order", "group", "-order", "pk"]
    search_fields = ["name"]
    search_help_text = _("Name of the tag")
    counted_as = _("%(count)s tags")
    empty_title = TagGroupAdmin.empty_title
    empty_hint = TagGroupAdmin.empty_hint

    def found(self, tags: QuerySet, term: str) -> QuerySet:
        return tags.filter(Q(name__icontains=term) | Q(group__name__icontains=term))

    def picks(self, rows: QuerySet) -> Any:
        return super().picks(
            rows.filter(deleted_at__isnull=True).select_related("group")
        )

    def more_about(self, tag: Tag) -> str:
        return str(tag.group or "")

    def rows(self, request: HttpRequest, found: list[Tag]) -> list[tuple[Tag, Any]]:
        many = contacts_with((tag.pk for tag in found), user=request.user)
        return [(tag, many[tag.pk]) for tag in found]

    def page(self, request: HttpRequest, shown: Tag) -> dict[str, Any]:
        """One tag is counted to its end: an index holds it."""
        visible = with_tag(Contact.objects.visible_to(request.user), shown)
        if request.user.sees_everybody:
            carriers = Tagging.objects.filter(tag=shown).order_by()
            many = carriers.values("contact").distinct().count()
        else:
            many = visible.count()
        context: dict[str, Any] = {"many": many}
        if request.user.has_perm("contacts.view_contact"):
            context["newest"] = visible.order_by("-added_at", "-pk")[:NEWEST]
        return context
