"""What visitors see of themselves: name and phone, membership and points."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api.cursors import OURS, page_of
from apps.common.api.fields import Moment
from apps.common.api.schema import PAGING, PageOut, example
from apps.common.masking import masked_phone
from apps.contacts.masked import shown
from apps.contacts.models import Contact, Identity
from apps.loyalty.api import membership_of
from apps.loyalty.models import Level, PointsEntry
from apps.miniprogram.api import CodeIn
from apps.miniprogram.auth import bind_phone
from apps.miniprogram.views import MiniView, told, visitor_of
from apps.miniprogram.wechat import BadCode

PHONE_CODE = {
    "code": "e31968a7f94cc5ee25fafc2aef2773f0bb8c3937b22520eb8ee345274d00c144"
}


class MeOut(serializers.Serializer):
    name = serializers.CharField()
    avatar = serializers.CharField()
    phone = serializers.CharField(
        allow_null=True, help_text=_("Masked; null while none is bound.")
    )


class PhoneOut(serializers.Serializer):
    phone = serializers.CharField(help_text=_("Masked."))


class MyLevelOut(serializers.Serializer):
    name = serializers.CharField()
    growth_from = serializers.IntegerField()
    percent = serializers.IntegerField(help_text=_("Of the points that are earned."))
    benefits = serializers.CharField()


class MyLevelsOut(serializers.Serializer):
    data = MyLevelOut(many=True)


class MyMembershipOut(serializers.Serializer):
    points = serializers.IntegerField()
    growth_value = serializers.IntegerField()
    level = MyLevelOut(allow_null=True)
    next_level = MyLevelOut(allow_null=True)
    joined_at = Moment(read_only=True, allow_null=True)
    expires_next = Moment(
        read_only=True,
        allow_null=True,
        help_text=_("When some of the points expire, unless they are spent before."),
    )


class MyPointsOut(serializers.Serializer):
    kind = serializers.ChoiceField(PointsEntry.Kind.choices)
    points = serializers.IntegerField(help_text=_("Less than nothing if fewer."))
    growth_value = serializers.IntegerField(source="growth")
    why = serializers.CharField()
    at = Moment(read_only=True)
    expires_at = Moment(read_only=True, allow_null=True)


class MyPointsPageOut(PageOut):
    data = MyPointsOut(many=True)


class Me(MiniView):
    @extend_schema(
        operation_id="miniMe",
        description=_("Who is signed in."),
        responses=MeOut,
        tags=["mini"],
    )
    def get(self, request: Request) -> Response:
        contact = visitor_of(request)
        phone = phone_shown(contact)
        mine = {"name": contact.name, "avatar": contact.avatar, "phone": phone}
        return Response(MeOut(mine).data)


class MyPhone(MiniView):
    @extend_schema(
        operation_id="miniBindPhone",
        description=_(
            "Bind the phone behind the code of the button of phones. WeChat tells the "
            "number; whoever had it before may turn out to be the same person."
        ),
        request=CodeIn,
        examples=example(PHONE_CODE),
        responses={201: PhoneOut},
        tags=["mini"],
    )
    def post(self, request: Request) -> Response:
        code = told(CodeIn, request)["code"]
        try:
            phone = bind_phone(visitor_of(request), code=code, at=timezone.now())
        except BadCode as refusal:
            wrong = ErrorDetail(str(refusal), refusal.code)
            raise serializers.ValidationError({"code": [wrong]}) from None
        return Response({"phone": masked_phone(phone)}, status=201)


class MyMembership(MiniView):
    @extend_schema(
        operation_id="miniMembership",
        description=_("My points, my growth value and my level."),
        responses=MyMembershipOut,
        tags=["mini"],
    )
    def get(self, request: Request) -> Response:
        return Response(MyMembershipOut(membership_of(visitor_of(request))).data)


class MyPoints(MiniView):
    parameters = frozenset(OURS)

    @extend_schema(
        operation_id="miniPoints",
        description=_("What I earned and spent, the newest first."),
        parameters=PAGING,
        responses=MyPointsPageOut,
        tags=["mini"],
    )
    def get(self, request: Request) -> Response:
        mine = PointsEntry.objects.filter(contact=visitor_of(request))
        page = page_of(request, mine, by="at")
        return Response(page.answer(MyPointsOut(page.rows, many=True).data))


class MiniLevels(MiniView):
    @extend_schema(
        operation_id="miniLevels",
        description=_("The levels of members, the lowest first."),
        responses=MyLevelsOut,
        tags=["mini"],
    )
    def get(self, request: Request) -> Response:
        return Response({"data": MyLevelOut(Level.objects.all(), many=True).data})


def phone_shown(contact: Contact) -> str | None:
    """The one that was proven last."""
    phones = contact.identities.filter(kind=Identity.Kind.PHONE, verified=True)
    phone = phones.order_by("-last_seen_at", "-pk").first()
    return shown(phone) if phone else None
