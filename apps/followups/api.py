"""Other systems read leads and stages, and move leads from one to the other."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters import FilterSet
from django_filters.filters import CharFilter, ChoiceFilter
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.clients.models import Scope
from apps.clients.noting import note_told
from apps.common.api.cursors import OURS, page_of
from apps.common.api.fields import Fen, Id, Moment, Strict, Text
from apps.common.api.filters import DigitsFilter, documented, narrowed
from apps.common.api.once import once
from apps.common.api.schema import IDEMPOTENCY_KEY, PAGING, PageOut, example, in_path
from apps.common.api.views import ApiView
from apps.followups.models import Lead, Stage
from apps.followups.move import expect, move_lead

LEAD_ID = in_path("lead_id")
EXAMPLE = {"stage": "有意向", "amount": 129_900}
HOW = [("open", _("goes on")), ("won", _("won")), ("lost", _("lost"))]


class StageOut(serializers.Serializer):
    id = Id(source="pk")
    name = serializers.CharField()
    place = serializers.IntegerField()
    probability = serializers.IntegerField(help_text=_("That it is won, in percent."))
    ends = serializers.ChoiceField(
        [("", _("goes on")), *HOW[1:]], help_text=_("What becomes of a lead there.")
    )
    contact_within = serializers.IntegerField(
        allow_null=True,
        help_text=_("Working minutes until somebody must have followed up."),
    )
    needs_amount = serializers.BooleanField()


class StagesOut(serializers.Serializer):
    data = StageOut(many=True)


class LeadOut(serializers.Serializer):
    id = Id(source="pk")
    contact_id = serializers.SerializerMethodField()
    owner = serializers.CharField(
        source="owner.wecom_id",
        default=None,
        allow_null=True,
        help_text=_("The account in WeCom. Empty: nobody looks after them."),
    )
    stage_id = serializers.SerializerMethodField()
    stage = serializers.CharField(source="stage.name")
    status = serializers.SerializerMethodField()
    amount = serializers.IntegerField(
        allow_null=True, help_text=_("What it may bring, in fen.")
    )
    lost_reason = serializers.CharField()
    stage_since = Moment(read_only=True)
    opened_at = Moment(read_only=True)
    closed_at = Moment(read_only=True, allow_null=True)
    touched_at = Moment(
        read_only=True, help_text=_("When somebody has followed up last.")
    )

    def get_contact_id(self, lead: Lead) -> str:
        return str(lead.contact_id)

    def get_stage_id(self, lead: Lead) -> str:
        return str(lead.stage_id)

    def get_status(self, lead: Lead) -> str:
        return "open" if lead.is_open else lead.stage.ends


class LeadPageOut(PageOut):
    data = LeadOut(many=True)


class LeadFilter(FilterSet):
    stage_id = DigitsFilter(field_name="stage")
    contact_id = DigitsFilter(field_name="contact")
    owner = CharFilter(field_name="owner__wecom_id", max_length=64)
    status = ChoiceFilter(method="standing", choices=HOW)

    def standing(self, rows: QuerySet, name: str, status: str) -> QuerySet:
        if status == "open":
            return rows.filter(closed_at__isnull=True)
        return rows.filter(closed_at__isnull=False, stage__ends=status)


class MoveIn(Strict):
    """Where a lead goes, and what is known of it by now."""

    stage = Text(max_length=20, help_text=_("Its name, or its number."))
    seen_in = Text(
        max_length=18,
        required=False,
        help_text=_(
            "The number of the stage in which your system saw it: if somebody moved "
            "it meanwhile, it is refused."
        ),
    )
    amount = Fen(required=False, help_text=_("What it may bring, in fen."))
    lost_reason = Text(
        max_length=20,
        required=False,
        default="",
        allow_blank=True,
        help_text=_("Needed where a lead is lost."),
    )

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        named = told["stage"]
        stages = {stage.name: stage for stage in Stage.objects.in_use()}
        numbers = {str(stage.pk): stage for stage in stages.values()}
        stage = stages.get(named) or numbers.get(named)
        if stage is None:
            wrong = serializers.ErrorDetail(_("There is no such stage."), "no_such")
            raise serializers.ValidationError({"stage": [wrong]})
        seen = told.get("seen_in")
        if seen is not None and not (seen.isascii() and seen.isdecimal()):
            wrong = serializers.ErrorDetail(_("There is no such stage."), "no_such")
            raise serializers.ValidationError({"seen_in": [wrong]})
        return {**told, "stage": stage, "seen_in": int(seen) if seen else None}


class Stages(ApiView):
    scopes = {"GET": Scope.LEADS_READ}

    @extend_schema(
        operation_id="listStages",
        description=_("The stages in use, in their order."),
        responses=StagesOut,
        tags=["leads"],
    )
    def get(self, request: Request) -> Response:
        rows = Stage.objects.in_use()
        return Response({"data": StageOut(rows, many=True).data})


class Leads(ApiView):
    scopes = {"GET": Scope.LEADS_READ}
    parameters = frozenset({*LeadFilter.base_filters, *OURS})

    @extend_schema(
        operation_id="listLeads",
        description=_("Leads, those that were moved last first."),
        parameters=[*documented(LeadFilter), *PAGING],
        responses=LeadPageOut,
        tags=["leads"],
    )
    def get(self, request: Request) -> Response:
        page = page_of(
            request, narrowed(LeadFilter, request, leads()), by="stage_since"
        )
        return Response(page.answer(LeadOut(page.rows, many=True).data))


class OneLead(ApiView):
    scopes = {"GET": Scope.LEADS_READ}

    @extend_schema(
        operation_id="readLead",
        description=_("One lead, by our number of it."),
        parameters=[LEAD_ID],
        responses=LeadOut,
        tags=["leads"],
    )
    def get(self, request: Request, lead_id: int) -> Response:
        return Response(LeadOut(get_object_or_404(leads(), pk=lead_id)).data)


class StageOfLead(ApiView):
    scopes = {"POST": Scope.LEADS_WRITE}

    @extend_schema(
        operation_id="moveLead",
        description=_(
            "Move a lead to a stage. It is refused as it would be in the admin: "
            "without an amount where the stage needs one, without a reason where it "
            "is lost, and if somebody moved it meanwhile."
        ),
        parameters=[LEAD_ID, IDEMPOTENCY_KEY],
        request=MoveIn,
        examples=example(EXAMPLE),
        responses=LeadOut,
        tags=["leads"],
    )
    @once
    def post(self, request: Request, lead_id: int) -> Response:
        asked = MoveIn(data=request.data)
        asked.is_valid(raise_exception=True)
        told, now = asked.validated_data, timezone.now()
        lead = get_object_or_404(leads(), pk=lead_id)
        with transaction.atomic():
            if "amount" in told:
                lead = expect(lead=lead, amount=told["amount"], by=None, at=now)
            moved = move_lead(
                lead=lead,
                to=told["stage"],
                seen_in=told["seen_in"],
                reason=told["lost_reason"],
                by=None,
                at=now,
            )
            note_told(key=request.auth, deed="follow_up_told", at=now, lead=lead.pk)
        return Response(LeadOut(leads().get(pk=moved.pk)).data)


def leads() -> QuerySet[Lead]:
    return Lead.objects.live().select_related("owner", "stage")
