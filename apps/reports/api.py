"""Other systems read what each channel, employee or campaign brought and cost."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response

from apps.clients.models import Scope
from apps.common.api.fields import Moment
from apps.common.api.problems import InvalidParameters
from apps.common.api.views import ApiView
from apps.reports.asking import LONGEST, TITLES
from apps.reports.attribution import MODELS
from apps.reports.kept import reckoned
from apps.reports.models import Cost
from apps.reports.paths import Asked
from apps.reports.returns import MODELS_OF, Line, returns
from apps.reports.table import Table, named
from apps.reports.touches import GOALS, KINDS, WINDOWS

GOAL_CHOICES = [(goal.name, goal.title) for goal in GOALS.values()]
MODEL_CHOICES = list(TITLES.items())


class AskedIn(serializers.Serializer):
    """Which conversions, of which days, and by what."""

    default_error_messages = {
        "no_days": _(
            "The last day is not before the first, and two years after it at most."
        ),
    }

    goal = serializers.ChoiceField(GOAL_CHOICES, default="first")
    window_days = serializers.ChoiceField(
        [(days, str(days)) for days in WINDOWS],
        default=30,
        help_text=_("Touches so many days before a conversion count."),
    )
    first_day = serializers.DateField(
        required=False, help_text=_("Without it: 29 days before the last.")
    )
    last_day = serializers.DateField(
        required=False, help_text=_("It counts as well. Without it: today.")
    )

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        last = told.get("last_day") or timezone.localdate()
        first = told.get("first_day")
        if first is None:
            first = max(last, last.min + timedelta(days=29)) - timedelta(days=29)
        if not 0 <= (last - first).days < LONGEST or not 1970 <= first.year <= 9000:
            words = str(self.error_messages["no_days"])
            wrong = ErrorDetail(words, "no_days")
            raise serializers.ValidationError({"last_day": [wrong]})
        return told | {"first_day": first, "last_day": last}


class AttributionIn(AskedIn):
    by = serializers.ChoiceField(
        [(kind.name, kind.title) for kind in KINDS.values()], default="channel"
    )


class ReturnIn(AskedIn):
    by = serializers.ChoiceField(
        [(name, KINDS[name].title) for name in MODELS_OF], default="channel"
    )
    model = serializers.ChoiceField(
        MODEL_CHOICES, default="last", help_text=_("By which revenue is credited.")
    )
    margin_percent = serializers.IntegerField(
        default=100, min_value=0, max_value=100, help_text=_("What stays of revenue.")
    )


class CreditOut(serializers.Serializer):
    model = serializers.ChoiceField(MODEL_CHOICES)
    conversions = serializers.FloatField()
    amount = serializers.FloatField(help_text=_("In fen."))


class AttributedOut(serializers.Serializer):
    key = serializers.CharField(
        help_text=_(
            "Our number of the channel, employee, campaign or inviter; of "
            "content what it is called."
        )
    )
    name = serializers.CharField()
    took_part = serializers.IntegerField(
        help_text=_("Conversions in whose path it stands.")
    )
    credits = CreditOut(many=True)


class AttributionOut(serializers.Serializer):
    by = serializers.CharField()
    goal = serializers.CharField()
    window_days = serializers.IntegerField()
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    as_of = Moment(read_only=True, allow_null=True, help_text=_("Empty: just now."))
    conversions = serializers.IntegerField()
    amount = serializers.IntegerField(help_text=_("In fen."))
    without_touch = serializers.IntegerField()
    data = AttributedOut(many=True)


class CostOut(serializers.Serializer):
    kind = serializers.ChoiceField(Cost.Kind.choices)
    amount = serializers.IntegerField(help_text=_("In fen."))


class StayOut(serializers.Serializer):
    days = serializers.IntegerField()
    came_long_enough_ago = serializers.IntegerField()
    stayed = serializers.IntegerField()
    cost_each = serializers.FloatField(allow_null=True, help_text=_("In fen."))


class ReturnedOut(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()
    costs = CostOut(many=True)
    cost = serializers.IntegerField(help_text=_("In fen."))
    new_customers = serializers.IntegerField()
    cost_each = serializers.FloatField(allow_null=True, help_text=_("In fen."))
    stays = StayOut(many=True)
    revenue = serializers.FloatField(help_text=_("In fen."))
    roas = serializers.FloatField(allow_null=True)
    roi = serializers.FloatField(allow_null=True)


class ReturnOut(serializers.Serializer):
    by = serializers.CharField()
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    data = ReturnedOut(many=True)


class Attribution(ApiView):
    scopes = {"GET": Scope.REPORTS_READ}
    parameters = frozenset(AttributionIn().fields)

    @extend_schema(
        operation_id="readAttribution",
        description=_(
            "Conversions shared out by seven models over those who touched the "
            "contact before."
        ),
        parameters=[AttributionIn],
        responses=AttributionOut,
        tags=["reports"],
    )
    def get(self, request: Request) -> Response:
        told = understood(AttributionIn, request)
        asked = asked_of(told)
        table = named(reckoned(asked, user=None), by=asked.by, user=None)
        return Response(AttributionOut(attribution_of(asked, table)).data)


class Returns(ApiView):
    scopes = {"GET": Scope.REPORTS_READ}
    parameters = frozenset(ReturnIn().fields)

    @extend_schema(
        operation_id="readReturn",
        description=_(
            "What each channel or campaign cost, whom it brought, who stayed, and the "
            "revenue that is credited to it."
        ),
        parameters=[ReturnIn],
        responses=ReturnOut,
        tags=["reports"],
    )
    def get(self, request: Request) -> Response:
        told = understood(ReturnIn, request)
        asked = asked_of(told)
        margin = told["margin_percent"] / 100
        lines, _whole = returns(
            asked, model=told["model"], margin=margin, user=None, at=timezone.now()
        )
        days = {"first_day": asked.first, "last_day": asked.last}
        data = [returned(line) for line in lines]
        return Response(ReturnOut({"by": asked.by.name, **days, "data": data}).data)


def understood(kind: type[AskedIn], request: Request) -> dict[str, Any]:
    """What stands behind the "?"; a word that is there twice is a mistake."""
    asked = request.query_params
    if twice := [name for name in asked if len(asked.getlist(name)) > 1]:
        wrong = [ErrorDetail("only once", "repeated")]
        raise InvalidParameters(dict.fromkeys(twice, wrong))
    read = kind(data=asked.dict())
    if not read.is_valid():
        raise InvalidParameters(dict(read.errors))
    found: dict[str, Any] = read.validated_data
    return found


def asked_of(told: dict[str, Any]) -> Asked:
    return Asked(
        goal=GOALS[told["goal"]],
        by=KINDS[told["by"]],
        window=told["window_days"],
        first=told["first_day"],
        last=told["last_day"],
    )


def attribution_of(asked: Asked, table: Table) -> dict[str, Any]:
    return {
        "by": asked.by.name,
        "goal": asked.goal.name,
        "window_days": asked.window,
        "first_day": asked.first,
        "last_day": asked.last,
        "as_of": table.made_at,
        "conversions": table.many,
        "amount": table.worth,
        "without_touch": table.untouched,
        "data": [
            {
                "key": str(row.key),
                "name": row.name,
                "took_part": row.touched,
                "credits": [
                    {
                        "model": model,
                        "conversions": round(row.credits[model].many, 6),
                        "amount": round(row.credits[model].worth, 2),
                    }
                    for model in MODELS
                ],
            }
            for row in table.rows
        ],
    }


def returned(line: Line) -> dict[str, Any]:
    spent = line.spent or {}
    return {
        "id": str(line.key),
        "name": line.name,
        "costs": [{"kind": kind, "amount": fen} for kind, fen in sorted(spent.items())],
        "cost": line.cost or 0,
        "new_customers": line.new,
        "cost_each": line.each,
        "stays": [
            {
                "days": stay["days"],
                "came_long_enough_ago": stay["old"],
                "stayed": stay["kept"],
                "cost_each": stay["each"],
            }
            for stay in line.stays
        ],
        "revenue": round(line.revenue, 2),
        "roas": line.roas,
        "roi": line.roi,
    }
