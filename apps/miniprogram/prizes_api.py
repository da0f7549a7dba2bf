"""Prizes: claimed, drawn, and those that a visitor has won."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.campaigns.deliver import Address, write_address
from apps.campaigns.draw import draw, draws_left, shown_secret
from apps.campaigns.models import Draw, Grant, Reward
from apps.campaigns.reward import claim
from apps.common.api.cursors import OURS, page_of
from apps.common.api.fields import Id, Moment, Strict, Text
from apps.common.api.once import once
from apps.common.api.schema import (
    IDEMPOTENCY_KEY,
    PAGING,
    PageOut,
    example,
    in_path,
)
from apps.miniprogram.campaigns_api import SLUG, mine_of
from apps.miniprogram.progress import tally_of
from apps.miniprogram.views import MiniView, Nothing, told, visitor_of

REWARD_ID, GRANT_ID = in_path("reward_id"), in_path("grant_id")
ADDRESS = {
    "name": "张三丰",
    "phone": "13800000001",
    "place": "杭州市西湖区龙井路1号",
}


class GrantOut(serializers.Serializer):
    id = Id(source="pk")
    campaign = serializers.CharField(source="reward.campaign.slug")
    name = serializers.CharField(source="reward.name")
    kind = serializers.ChoiceField(Reward.Kind.choices, source="reward.kind")
    status = serializers.ChoiceField(Grant.Status.choices)
    redeem_code = serializers.CharField(help_text=_("To be shown where it is got."))
    coupon = serializers.SerializerMethodField()
    text = serializers.CharField(source="reward.text")
    points = serializers.IntegerField(source="reward.points")
    needs_address = serializers.SerializerMethodField()
    granted_at = Moment(read_only=True)
    delivered_at = Moment(read_only=True, allow_null=True)

    def get_coupon(self, grant: Grant) -> str:
        if grant.reward.kind != Reward.Kind.COUPON:
            return ""
        coupon = getattr(grant, "coupon", None)
        return coupon.code if coupon else ""

    def get_needs_address(self, grant: Grant) -> bool:
        return grant.reward.kind == Reward.Kind.PHYSICAL and not grant.address


class GrantPageOut(PageOut):
    data = GrantOut(many=True)


class AddressIn(Strict):
    name = Text(max_length=40)
    phone = Text(max_length=20)
    place = Text(max_length=200)


class DrawOut(serializers.Serializer):
    """Whoever likes computes it again: see docs/api.md."""

    participation = Id(source="participation_id")
    number = serializers.CharField(source="key")
    rolled = serializers.IntegerField()
    seed = serializers.CharField()
    chances = serializers.IntegerField(source="table.version")
    commitment = serializers.CharField(source="table.commitment")
    secret = serializers.SerializerMethodField(
        help_text=_("Empty until the campaign is closed.")
    )
    prize = serializers.SerializerMethodField()
    at = Moment(read_only=True)

    def get_secret(self, draw: Draw) -> str:
        return shown_secret(draw.table)

    @extend_schema_field(GrantOut(allow_null=True))
    def get_prize(self, draw: Draw) -> Any:
        return GrantOut(draw.grant).data if draw.grant else None


class DrawsOut(PageOut):
    data = DrawOut(many=True)
    left = serializers.IntegerField(help_text=_("Draws that helpers still allow."))


class Claim(MiniView):
    @extend_schema(
        operation_id="miniClaim",
        description=_(
            "Claim a prize that I have reached. Each is given once, and only while "
            "one is left."
        ),
        parameters=[SLUG, REWARD_ID, IDEMPOTENCY_KEY],
        request=Nothing,
        responses={201: GrantOut},
        tags=["mini"],
    )
    @once
    def post(self, request: Request, slug: str, reward_id: int) -> Response:
        told(Nothing, request)
        at = timezone.now()
        mine = mine_of(request, slug)
        prizes = Reward.objects.filter(campaign=mine.campaign_id).order_by()
        prize = get_object_or_404(prizes, pk=reward_id)
        prize.campaign = mine.campaign
        helpers = tally_of(mine) if prize.needed else 0
        made = claim(reward=prize, participation=mine, tally=helpers, at=at)
        return Response(GrantOut(made).data, status=201)


class MyPrizes(MiniView):
    parameters = frozenset(OURS)

    @extend_schema(
        operation_id="miniPrizes",
        description=_("What I have won, the newest first."),
        parameters=PAGING,
        responses=GrantPageOut,
        tags=["mini"],
    )
    def get(self, request: Request) -> Response:
        won = Grant.objects.live().filter(contact=visitor_of(request))
        rows = won.select_related("reward__campaign", "coupon")
        page = page_of(request, rows, by="granted_at")
        return Response(page.answer(GrantOut(page.rows, many=True).data))


class MyAddress(MiniView):
    @extend_schema(
        operation_id="miniAddress",
        description=_("Where a prize of mine is to be sent. It is never shown again."),
        parameters=[GRANT_ID],
        request=AddressIn,
        examples=example(ADDRESS),
        responses={204: None},
        tags=["mini"],
    )
    def post(self, request: Request, grant_id: int) -> Response:
        where = Address(**told(AddressIn, request))
        won = Grant.objects.live().filter(contact=visitor_of(request))
        write_address(grant=get_object_or_404(won, pk=grant_id), told=where)
        return Response(status=204)


class Draws(MiniView):
    parameters = frozenset(OURS)

    @extend_schema(
        operation_id="miniDraws",
        description=_("My draws, and how many are left."),
        parameters=[SLUG, *PAGING],
        responses=DrawsOut,
        tags=["mini"],
    )
    def get(self, request: Request, slug: str) -> Response:
        mine = mine_of(request, slug)
        rows = mine.draws.select_related(
            "table__campaign", "grant__reward__campaign", "grant__coupon"
        )
        page = page_of(request, rows, by="at")
        shown = page.answer(DrawOut(page.rows, many=True).data)
        return Response({**shown, "left": draws_left(mine, tally=tally_of(mine))})

    @extend_schema(
        operation_id="miniDraw",
        description=_("Draw once: paid by helpers, or by points."),
        parameters=[SLUG, IDEMPOTENCY_KEY],
        request=Nothing,
        responses={201: DrawOut},
        tags=["mini"],
    )
    @once
    def post(self, request: Request, slug: str) -> Response:
        told(Nothing, request)
        at = timezone.now()
        mine = mine_of(request, slug)
        made: Any = draw(participation=mine, at=at, tally=tally_of(mine))
        return Response(DrawOut(made).data, status=201)
