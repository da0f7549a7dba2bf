"""What tags bring to the contact page and to the list of contacts."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.common.filters import Pick, among
from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE, SIDE, Look, theme
from apps.tags import mark as mark  # offers itself
from apps.tags.models import Tag, Tagging

theme(
    "tags",
    title=_("Tags"),
    looks={"Tagged": Look("sell"), "Untagged": Look("label_off", "late")},
)


@CONTACT_PAGE.filter
class TagFilter(Pick):
    """Those who carry a tag, whoever put it on."""

    title = _("tag")
    parameter_name = "tag"
    model = "tags.tag"
    hint = _("Name of the tag")

    def narrow(self, contacts: QuerySet, tag: Tag) -> QuerySet:
        return with_tag(contacts, tag)


def with_tag(contacts: QuerySet, tag: Tag) -> QuerySet:
    if tag.deleted_at:
        return contacts.none()
    carried = Tagging.objects.filter(tag=tag)
    numbers = carried.values_list("contact", flat=True)
    each = Exists(carried.filter(contact=OuterRef("pk")))
    return among(contacts, numbers, otherwise=each)


@CONTACT_PAGE.column(
    order=10,
    title=_("tags"),
    template="admin/tags/cell.html",
    permission="tags.view_tagging",
)
def tags_in_a_list(contacts: Sequence[Contact]) -> dict[int, list[Tag]]:
    """Each tag once, in the order of groups and tags."""
    found: dict[int, dict[int, Tag]] = {}
    for tagging in taggings_of([contact.pk for contact in contacts]):
        found.setdefault(tagging.contact_id, {})[tagging.tag_id] = tagging.tag
    return {pk: list(tags.values()) for pk, tags in found.items()}


@CONTACT_PAGE.panel(
    SIDE,
    order=10,
    title=_("Tags"),
    template="admin/tags/panel.html",
    permission="tags.view_tagging",
)
def tags_by_group(contact: Contact, request: HttpRequest) -> dict[str, Any]:
    """Groups with their tags, each with everybody who put it on."""
    rows = taggings_of([contact.pk]).select_related(
        "tag__group", "follow__employee", "by"
    )
    groups: dict[str, dict[int, dict[str, Any]]] = {}
    for tagging in rows:
        tags = groups.setdefault(str(tagging.tag.group or ""), {})
        tag = tags.setdefault(tagging.tag_id, {"tag": tagging.tag, "taggings": []})
        tag["taggings"].append(tagging)
    named = [(name, list(tags.values())) for name, tags in groups.items()]
    return {"groups": named, "contact": contact}


def taggings_of(contact_ids: list[int]) -> QuerySet[Tagging]:
    """What was deleted is not shown, though it may not have come off everybody yet."""
    rows = Tagging.objects.filter(
        contact__in=contact_ids, tag__deleted_at__isnull=True
    ).select_related("tag")
    return rows.order_by("-tag__group__order", "tag__group", "-tag__order", "tag", "pk")
