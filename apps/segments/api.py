"""Other systems read segments: how large they are, who is in, is this one in."""

from typing import Any

from django.shortcuts import get_object_or_404
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
from apps.common.api.schema import PAGING, PageOut, in_path
from apps.common.api.views import ApiView
from apps.contacts.api import CONTACT_ID, whose
from apps.segments.models import Segment, SegmentContact

SEGMENT_ID = in_path("segment_id")


class SegmentOut(serializers.Serializer):
    id = Id(source="pk")
    name = serializers.CharField()
    folder = serializers.CharField()
    description = serializers.CharField()
    kind = serializers.ChoiceField(Segment.Kind.choices)
    count = serializers.IntegerField(source="many")
    as_of = Moment(
        source="refreshed_at",
        read_only=True,
        allow_null=True,
        help_text=_("When its members were worked out. Empty: not yet."),
    )
    made_at = Moment(read_only=True)


class SegmentPageOut(PageOut):
    data = SegmentOut(many=True)


class MemberOut(serializers.Serializer):
    contact_id = serializers.SerializerMethodField()
    entered_at = Moment(read_only=True)

    def get_contact_id(self, member: SegmentContact) -> str:
        return str(member.contact_id)


class MemberPageOut(PageOut):
    data = MemberOut(many=True)


class IsMemberOut(serializers.Serializer):
    is_member = serializers.BooleanField()
    entered_at = Moment(read_only=True, allow_null=True)
    as_of = Moment(read_only=True, allow_null=True)


class SegmentFilter(FilterSet):
    name = CharFilter(max_length=40)
    kind = ChoiceFilter(choices=Segment.Kind.choices)


class Segments(ApiView):
    scopes = {"GET": Scope.SEGMENTS_READ}
    parameters = frozenset({*SegmentFilter.base_filters, *OURS})

    @extend_schema(
        operation_id="listSegments",
        description=_("Segments, the newest first, each with how many are in it."),
        parameters=[*documented(SegmentFilter), *PAGING],
        responses=SegmentPageOut,
        tags=["segments"],
    )
    def get(self, request: Request) -> Response:
        rows = narrowed(SegmentFilter, request, Segment.objects.all())
        page = page_of(request, rows, by="made_at")
        return Response(page.answer(SegmentOut(page.rows, many=True).data))


class OneSegment(ApiView):
    scopes = {"GET": Scope.SEGMENTS_READ}

    @extend_schema(
        operation_id="readSegment",
        description=_("One segment, and how many are in it."),
        parameters=[SEGMENT_ID],
        responses=SegmentOut,
        tags=["segments"],
    )
    def get(self, request: Request, segment_id: int) -> Response:
        return Response(SegmentOut(get_object_or_404(Segment, pk=segment_id)).data)


class Members(ApiView):
    scopes = {"GET": Scope.SEGMENTS_READ}
    parameters = frozenset(OURS)

    @extend_schema(
        operation_id="listMembers",
        description=_("Who is in a segment, by our numbers of contacts; newest first."),
        parameters=[SEGMENT_ID, *PAGING],
        responses=MemberPageOut,
        tags=["segments"],
    )
    def get(self, request: Request, segment_id: int) -> Response:
        segment = get_object_or_404(Segment, pk=segment_id)
        rows = SegmentContact.objects.filter(segment=segment)
        page = page_of(request, rows, by="entered_at")
        return Response(page.answer(MemberOut(page.rows, many=True).data))


class IsMember(ApiView):
    scopes = {"GET": Scope.SEGMENTS_READ}

    @extend_schema(
        operation_id="isMember",
        description=_(
            "Is this contact in the segment? Whoever was merged into another is asked "
            "for under either number."
        ),
        parameters=[SEGMENT_ID, CONTACT_ID],
        responses=IsMemberOut,
        tags=["segments"],
    )
    def get(self, request: Request, segment_id: int, contact_id: int) -> Response:
        segment = get_object_or_404(Segment, pk=segment_id)
        who = whose(contact_id)
        member = SegmentContact.objects.filter(segment=segment, contact=who).first()
        answer: dict[str, Any] = {
            "is_member": member is not None,
            "entered_at": member.entered_at if member else None,
            "as_of": segment.refreshed_at,
        }
        return Response(IsMemberOut(answer).data)
