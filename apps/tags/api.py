"""Other systems read tags: which there are, and which a contact carries."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import DateTimeField, QuerySet, Value
from django.utils.translation import gettext_lazy as _
from django_filters import FilterSet
from django_filters.filters import CharFilter, ChoiceFilter
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.clients.models import Scope
from apps.common.api.cursors import OURS, page_of
from apps.common.api.fields import Id, Moment
from apps.common.api.filters import documented, narrowed
from apps.common.api.schema import PAGING, PageOut
from apps.common.api.views import ApiView
from apps.contacts.api import CONTACT_ID, whose
from apps.tags.models import Tag, Tagging, TagGroup

NO_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)


class TagOut(serializers.Serializer):
    id = Id(source="pk")
    name = serializers.CharField()
    group_id = serializers.SerializerMethodField()
    group = serializers.CharField(source="group.name")
    kind = serializers.ChoiceField(TagGroup.Kind.choices, source="group.kind")
    wecom_id = serializers.CharField(help_text=_("Empty for our own tags."))
    order = serializers.IntegerField(help_text=_("The larger, the earlier."))

    def get_group_id(self, tag: Tag) -> str:
        return str(tag.group_id)


class TagPageOut(PageOut):
    data = TagOut(many=True)


class CarriedOut(serializers.Serializer):
    tag_id = serializers.SerializerMethodField()
    name = serializers.CharField(source="tag.name")
    employee = serializers.CharField(
        source="follow.employee.wecom_id",
        default=None,
        allow_null=True,
        help_text=_("On whose connection it sits in WeCom. Empty for our own tags."),
    )
    at = Moment(read_only=True, allow_null=True)

    def get_tag_id(self, tagging: Tagging) -> str:
        return str(tagging.tag_id)


class CarriedPageOut(PageOut):
    data = CarriedOut(many=True)


class TagFilter(FilterSet):
    name = CharFilter(max_length=30)
    group = CharFilter(field_name="group__name", max_length=30)
    kind = ChoiceFilter(field_name="group__kind", choices=TagGroup.Kind.choices)


class Tags(ApiView):
    scopes = {"GET": Scope.TAGS_READ}
    parameters = frozenset({*TagFilter.base_filters, *OURS})

    @extend_schema(
        operation_id="listTags",
        description=_("Tags with their groups: the company's, rule groups', our own."),
        parameters=[*documented(TagFilter), *PAGING],
        responses=TagPageOut,
        tags=["tags"],
    )
    def get(self, request: Request) -> Response:
        standing = Tag.objects.filter(deleted_at__isnull=True, group__isnull=False)
        rows = narrowed(TagFilter, request, standing.select_related("group"))
        page = page_of(request, by_number(rows), by="moment")
        return Response(page.answer(TagOut(page.rows, many=True).data))


class CarriedTags(ApiView):
    scopes = {"GET": Scope.TAGS_READ}
    parameters = frozenset(OURS)

    @extend_schema(
        operation_id="listTagsOfContact",
        description=_(
            "The tags of one contact, each with whose connection it sits on. Whoever "
            "was merged into another is asked for under either number."
        ),
        parameters=[CONTACT_ID, *PAGING],
        responses=CarriedPageOut,
        tags=["tags"],
    )
    def get(self, request: Request, contact_id: int) -> Response:
        who = whose(contact_id)
        rows = Tagging.objects.filter(contact=who, tag__deleted_at__isnull=True)
        rows = rows.select_related("tag", "follow__employee")
        page = page_of(request, by_number(rows), by="moment")
        return Response(page.answer(CarriedOut(page.rows, many=True).data))


def by_number(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Nobody tells when a tag was made: the newest number comes first."""
    return rows.annotate(moment=Value(NO_MOMENT, output_field=DateTimeField()))
