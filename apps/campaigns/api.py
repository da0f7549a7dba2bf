"""Shops look whether a redeem code is good, and redeem it."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.campaigns.deliver import redeem
from apps.campaigns.models import Grant, Reward
from apps.clients.models import Scope
from apps.common.api.fields import Moment, Strict, Text
from apps.common.api.once import once
from apps.common.api.schema import IDEMPOTENCY_KEY, example
from apps.common.api.views import ApiView

LONGEST = 16
CODE = OpenApiParameter(
    "code", {"type": "string", "maxLength": LONGEST}, OpenApiParameter.PATH
)
EXAMPLE = {"code": "K7QWX2M9PA"}


class RedeemIn(Strict):
    code = Text(max_length=LONGEST)


class PrizeOut(serializers.Serializer):
    code = serializers.CharField(source="redeem_code")
    prize = serializers.CharField(source="reward.name")
    kind = serializers.ChoiceField(Reward.Kind.choices, source="reward.kind")
    campaign = serializers.CharField(source="reward.campaign.name")
    status = serializers.ChoiceField(Grant.Status.choices)
    contact_id = serializers.SerializerMethodField()
    granted_at = Moment(read_only=True)
    delivered_at = Moment(read_only=True, allow_null=True)

    def get_contact_id(self, grant: Grant) -> str:
        return str(grant.contact_id or "")


class Redemptions(ApiView):
    scopes = {"POST": Scope.PRIZES_REDEEM}

    @extend_schema(
        operation_id="redeem",
        description=_(
            "Redeem a prize by its code: the first who asks has used it, and the "
            "prize counts as handed out."
        ),
        parameters=[IDEMPOTENCY_KEY],
        request=RedeemIn,
        examples=example(EXAMPLE),
        responses={201: PrizeOut},
        tags=["prizes"],
    )
    @once
    def post(self, request: Request) -> Response:
        asked = RedeemIn(data=request.data)
        asked.is_valid(raise_exception=True)
        code, system = asked.validated_data["code"], request.user.system
        given = redeem(code=code, system=system, at=timezone.now())
        return Response(PrizeOut(given).data, status=201)


class OneRedemption(ApiView):
    scopes = {"GET": Scope.PRIZES_REDEEM}

    @extend_schema(
        operation_id="readRedemption",
        description=_("Whether a redeem code is good, without using it."),
        parameters=[CODE],
        responses=PrizeOut,
        tags=["prizes"],
    )
    def get(self, request: Request, code: str) -> Response:
        rows = Grant.objects.select_related("reward__campaign")
        given = get_object_or_404(rows, redeem_code=code.strip().upper()[:LONGEST])
        return Response(PrizeOut(given).data)
