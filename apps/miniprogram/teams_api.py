"""Group buys: a team is opened, shown to friends, and joined."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.campaigns.models import Team, TeamMember
from apps.common.api.fields import Moment
from apps.common.api.once import once
from apps.common.api.schema import IDEMPOTENCY_KEY
from apps.common.masking import masked_name
from apps.miniprogram.buy_together import join_one, open_one
from apps.miniprogram.campaigns_api import SLUG, campaign_of
from apps.miniprogram.views import MiniView, Nothing, told, visitor_of

REF = OpenApiParameter(
    "ref", {"type": "string", "pattern": "^[a-z0-9]{1,16}$"}, OpenApiParameter.PATH
)


class TeamMemberOut(serializers.Serializer):
    name = serializers.SerializerMethodField(help_text=_("Masked."))
    opened = serializers.BooleanField(help_text=_("Whether they opened it."))
    paid = serializers.SerializerMethodField()
    is_me = serializers.SerializerMethodField()

    def get_name(self, member: TeamMember) -> str:
        return masked_name(member.contact.name)

    def get_paid(self, member: TeamMember) -> bool:
        return member.order_id is not None

    def get_is_me(self, member: TeamMember) -> bool:
        return bool(member.contact_id == self.context["me"])


class TeamOut(serializers.Serializer):
    ref = serializers.CharField(help_text=_("By which friends find it."))
    campaign = serializers.CharField(source="campaign.slug")
    size = serializers.IntegerField()
    status = serializers.ChoiceField(Team.Status.choices)
    ends_at = Moment(read_only=True)
    members = serializers.SerializerMethodField()

    @extend_schema_field(TeamMemberOut(many=True))
    def get_members(self, team: Team) -> Any:
        members = team.members.select_related("contact")
        return TeamMemberOut(members, many=True, context=self.context).data


class Teams(MiniView):
    @extend_schema(
        operation_id="miniOpenTeam",
        description=_("Open a team. It is complete once enough of it have paid."),
        parameters=[SLUG, IDEMPOTENCY_KEY],
        request=Nothing,
        responses={201: TeamOut},
        tags=["mini"],
    )
    @once
    def post(self, request: Request, slug: str) -> Response:
        told(Nothing, request)
        at, me = timezone.now(), visitor_of(request)
        campaign = campaign_of(request, slug, at=at)
        team = open_one(campaign=campaign, contact=me, at=at)
        return Response(shown(team, me), status=201)


class OneTeam(MiniView):
    @extend_schema(
        operation_id="miniTeam",
        description=_("A team, for whoever was sent its number."),
        parameters=[REF],
        responses=TeamOut,
        tags=["mini"],
    )
    def get(self, request: Request, ref: str) -> Response:
        return Response(shown(team_of(ref), visitor_of(request)))


class JoinTeam(MiniView):
    @extend_schema(
        operation_id="miniJoinTeam",
        description=_("Join the team of a friend. Asking twice is once."),
        parameters=[REF],
        request=Nothing,
        responses={201: TeamOut},
        tags=["mini"],
    )
    def post(self, request: Request, ref: str) -> Response:
        told(Nothing, request)
        me = visitor_of(request)
        team = join_one(team=team_of(ref), contact=me, at=timezone.now())
        return Response(shown(team, me), status=201)


def team_of(ref: str) -> Team:
    return get_object_or_404(Team.objects.select_related("campaign"), ref=ref)


def shown(team: Team, me: Any) -> dict[str, Any]:
    return TeamOut(team, context={"me": me.pk}).data
