"""How far a visitor has come: their invite, who helped, and where they stand."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.campaigns.models import Campaign
from apps.common.api.cursors import OURS, page_of
from apps.common.api.fields import Id, Moment
from apps.common.api.schema import PAGING, PageOut
from apps.common.masking import masked_name
from apps.miniprogram.campaigns_api import SLUG, campaign_of, mine_of
from apps.miniprogram.progress import progress_of
from apps.miniprogram.views import MiniView, Nothing, told, visitor_of
from apps.referrals.doors import Shown, shown
from apps.referrals.graph import leaderboard, rank_of
from apps.referrals.invite import invite_of, issue_invite
from apps.referrals.models import Invite, Referral

SHOWN = ("at", "refused", "left_at", "voided_at", "settles_at", "contact__name")


class InviteOut(serializers.Serializer):
    ref = serializers.CharField()
    picture = serializers.CharField(
        source="shown.picture", help_text=_("Address of the code as a picture.")
    )
    text = serializers.CharField(
        source="shown.text", help_text=_("What the code says, if it is known.")
    )
    is_own = serializers.BooleanField(
        source="shown.is_own",
        help_text=_("While their own code is being made it is the campaign's."),
    )


class TierOut(serializers.Serializer):
    id = Id()
    name = serializers.CharField()
    needed = serializers.IntegerField()
    left = serializers.IntegerField()
    reached = serializers.BooleanField()
    won = serializers.IntegerField()


class ProgressOut(serializers.Serializer):
    joined_at = Moment(read_only=True)
    helpers = serializers.IntegerField(help_text=_("Who count for me now."))
    rank = serializers.IntegerField(allow_null=True)
    price = serializers.IntegerField(
        allow_null=True, help_text=_("Of a bargain: the price now, in fen.")
    )
    draws_left = serializers.IntegerField()
    says = serializers.CharField()
    prizes = TierOut(many=True)


class HelperOut(serializers.Serializer):
    name = serializers.SerializerMethodField(help_text=_("Masked."))
    at = Moment(read_only=True)
    counts = serializers.SerializerMethodField()
    waits = serializers.SerializerMethodField(
        help_text=_("Whether it is still waited if they stay.")
    )
    left = serializers.SerializerMethodField()
    refused = serializers.ChoiceField(
        Referral.Refused.choices, help_text=_("Why they do not count.")
    )

    def get_name(self, referral: Referral) -> str:
        return masked_name(referral.contact.name)

    def get_counts(self, referral: Referral) -> bool:
        gone = referral.left_at or referral.voided_at
        return not (referral.refused or gone or referral.settles_at)

    def get_waits(self, referral: Referral) -> bool:
        return not referral.refused and referral.settles_at is not None

    def get_left(self, referral: Referral) -> bool:
        return referral.left_at is not None


class HelperPageOut(PageOut):
    data = HelperOut(many=True)


class LeaderOut(serializers.Serializer):
    rank = serializers.IntegerField()
    name = serializers.CharField(help_text=_("Masked."))
    helpers = serializers.IntegerField()
    is_me = serializers.BooleanField()


class LeadersOut(serializers.Serializer):
    data = LeaderOut(many=True, help_text=_("The first fifty."))
    me = LeaderOut(allow_null=True)


class MyInvite(MiniView):
    @extend_schema(
        operation_id="miniInvite",
        description=_("My own invite; whoever asks takes part. Twice is the same."),
        parameters=[SLUG],
        request=Nothing,
        responses={201: InviteOut},
        tags=["mini"],
    )
    def post(self, request: Request, slug: str) -> Response:
        told(Nothing, request)
        at = timezone.now()
        campaign = campaign_of(request, slug, at=at)
        invite = issue_invite(campaign=campaign, contact=visitor_of(request), at=at)
        mine: Shown = shown(invite)
        return Response(InviteOut({"ref": invite.ref, "shown": mine}).data, status=201)


class MyProgress(MiniView):
    @extend_schema(
        operation_id="miniProgress",
        description=_("How far I have come: helpers, rank, and what I have reached."),
        parameters=[SLUG],
        responses=ProgressOut,
        tags=["mini"],
    )
    def get(self, request: Request, slug: str) -> Response:
        return Response(ProgressOut(progress_of(mine_of(request, slug))).data)


class MyHelpers(MiniView):
    parameters = frozenset(OURS)

    @extend_schema(
        operation_id="miniHelpers",
        description=_("Who came by my invite, and whether they count."),
        parameters=[SLUG, *PAGING],
        responses=HelperPageOut,
        tags=["mini"],
    )
    def get(self, request: Request, slug: str) -> Response:
        mine = mine_of(request, slug)
        invite = invite_of(mine.campaign, mine.contact)
        rows = Referral.objects.filter(invite=invite).select_related("contact")
        rows = rows.only(*SHOWN)
        page = page_of(request, rows, by="at")
        return Response(page.answer(HelperOut(page.rows, many=True).data))


class Leaderboard(MiniView):
    @extend_schema(
        operation_id="miniLeaderboard",
        description=_("Who brought most, with masked names, and where I stand."),
        parameters=[SLUG],
        responses=LeadersOut,
        tags=["mini"],
    )
    def get(self, request: Request, slug: str) -> Response:
        me = visitor_of(request)
        campaign = campaign_of(request, slug, at=timezone.now())
        mine = invite_of(campaign, me)
        mark = row(mine, mine, rank=rank_of(mine).rank) if mine else None
        board = {"data": leaders_of(campaign, mine), "me": mark}
        return Response(LeadersOut(board).data)


def leaders_of(campaign: Campaign, mine: Invite | None) -> list[Any]:
    """Equals share their rank."""
    found: list[Any] = []
    for place, invite in enumerate(leaderboard(campaign), start=1):
        same = found and found[-1]["helpers"] == invite.direct
        rank = found[-1]["rank"] if same else place
        found.append(row(invite, mine, rank=rank))
    return found


def row(invite: Invite, mine: Invite | None, *, rank: int) -> Any:
    return {
        "rank": rank,
        "name": masked_name(invite.contact.name),
        "helpers": invite.direct,
        "is_me": mine is not None and invite.pk == mine.pk,
    }
