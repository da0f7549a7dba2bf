"""Campaigns as visitors see them: which there are, what they promise, taking part."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.campaigns.kinds import terms_of
from apps.campaigns.models import Campaign, Participation, Reward
from apps.campaigns.reward import take_part
from apps.campaigns.texts import say
from apps.common.api.cursors import OURS, page_of
from apps.common.api.fields import Id, Moment
from apps.common.api.schema import PAGING, PageOut
from apps.contacts.models import Contact
from apps.events.models import EventRecord
from apps.miniprogram.views import MiniView, Nothing, told, visitor_of

SLUG = OpenApiParameter(
    "slug", {"type": "string", "pattern": "^[a-z0-9]{1,16}$"}, OpenApiParameter.PATH
)
STATES: list[tuple[str, Any]] = [
    ("not_begun", _("not begun")),
    ("open", _("open")),
    ("over", _("over")),
]


class CampaignOut(serializers.Serializer):
    slug = serializers.CharField()
    kind = serializers.ChoiceField(Campaign.Kind.choices)
    name = serializers.CharField()
    state = serializers.SerializerMethodField()
    starts_at = Moment(read_only=True)
    ends_at = Moment(read_only=True)
    joined = serializers.BooleanField(
        source="is_mine", help_text=_("Whether I take part.")
    )

    def get_state(self, campaign: Campaign) -> str:
        return state_of(campaign, at=self.context["at"])


class CampaignPageOut(PageOut):
    data = CampaignOut(many=True)


class RewardOut(serializers.Serializer):
    id = Id(source="pk")
    name = serializers.CharField()
    kind = serializers.ChoiceField(Reward.Kind.choices)
    needed = serializers.IntegerField(help_text=_("Helpers; 0: none."))
    stock = serializers.IntegerField(source="initial")
    left = serializers.IntegerField()
    per_person = serializers.IntegerField()
    points = serializers.IntegerField()


class OneCampaignOut(CampaignOut):
    rules = serializers.CharField()
    says = serializers.SerializerMethodField(
        help_text=_("What to show where it is joined.")
    )
    claimed = serializers.SerializerMethodField(
        help_text=_("Whether prizes are claimed; else they come by themselves.")
    )
    credited = serializers.ChoiceField(
        Campaign.Credited.choices,
        help_text=_("Who gets the credit when two invited somebody."),
    )
    window_hours = serializers.IntegerField()
    deduction = serializers.ChoiceField(Campaign.Deduction.choices)
    terms = serializers.SerializerMethodField()
    prizes = RewardOut(many=True, source="rewards.all")

    def get_says(self, campaign: Campaign) -> str:
        return words_for(campaign, self.context["visitor"], at=self.context["at"])

    def get_claimed(self, campaign: Campaign) -> bool:
        return campaign.award == Campaign.Award.CLAIMED

    def get_terms(self, campaign: Campaign) -> dict[str, int]:
        """What only its kind has; lists are nobody's business."""
        known = vars(terms_of(campaign))
        return {name: v for name, v in known.items() if isinstance(v, int)}


class JoinedOut(serializers.Serializer):
    joined_at = Moment(read_only=True)
    says = serializers.CharField()


class Campaigns(MiniView):
    parameters = frozenset(OURS)

    @extend_schema(
        operation_id="miniCampaigns",
        description=_(
            "Campaigns that go on or are about to, and those in which I take part; the "
            "newest first."
        ),
        parameters=PAGING,
        responses=CampaignPageOut,
        tags=["mini"],
    )
    def get(self, request: Request) -> Response:
        at = timezone.now()
        rows = shown_to(visitor_of(request), at=at)
        page = page_of(request, rows, by="launched_at")
        data = CampaignOut(page.rows, many=True, context={"at": at}).data
        return Response(page.answer(data))


class OneCampaign(MiniView):
    @extend_schema(
        operation_id="miniCampaign",
        description=_("What a campaign promises, and under which rules."),
        parameters=[SLUG],
        responses=OneCampaignOut,
        tags=["mini"],
    )
    def get(self, request: Request, slug: str) -> Response:
        at = timezone.now()
        campaign = campaign_of(request, slug, at=at)
        context = {"at": at, "visitor": visitor_of(request)}
        return Response(OneCampaignOut(campaign, context=context).data)


class Join(MiniView):
    @extend_schema(
        operation_id="miniJoin",
        description=_("Take part. Asking twice is once."),
        parameters=[SLUG],
        request=Nothing,
        responses={201: JoinedOut},
        tags=["mini"],
    )
    def post(self, request: Request, slug: str) -> Response:
        told(Nothing, request)
        at, contact = timezone.now(), visitor_of(request)
        campaign = campaign_of(request, slug, at=at)
        made = take_part(
            campaign=campaign,
            contact=contact,
            at=at,
            source=EventRecord.Source.CLIENT,
        )
        says = say(campaign, "joined", name=contact.name)
        return Response({"joined_at": made.joined_at, "says": says}, status=201)


def shown_to(contact: Contact, *, at: datetime) -> QuerySet[Campaign]:
    """Those that are not over, and those of which something may still be claimed."""
    mine = Participation.objects.filter(campaign=OuterRef("pk"), contact=contact)
    launched = Campaign.objects.filter(launched_at__isnull=False)
    rows = launched.annotate(is_mine=Exists(mine))
    return rows.filter(
        Q(is_mine=True) | Q(status=Campaign.Status.LAUNCHED, ends_at__gt=at)
    )


def campaign_of(request: Request, slug: str, *, at: datetime) -> Campaign:
    """A draft, and one that is over for this visitor, is not there."""
    return get_object_or_404(shown_to(visitor_of(request), at=at).order_by(), slug=slug)


def mine_of(request: Request, slug: str) -> Participation:
    """Whoever does not take part has nothing there."""
    me = visitor_of(request)
    rows = Participation.objects.select_related("campaign").order_by()
    mine = get_object_or_404(rows, campaign__slug=slug, contact=me)
    mine.contact = me
    return mine


def state_of(campaign: Campaign, *, at: datetime) -> str:
    if campaign.is_open(at=at):
        return "open"
    waits = campaign.is_launched and at < campaign.starts_at
    return "not_begun" if waits else "over"


def words_for(campaign: Any, contact: Contact, *, at: datetime) -> str:
    """What the campaign says to whoever opens it."""
    state = state_of(campaign, at=at)
    if state == "over":
        return say(campaign, "closed")
    if state == "not_begun":
        return say(campaign, "not_begun")
    return say(campaign, "joined", name=contact.name) if campaign.is_mine else ""
