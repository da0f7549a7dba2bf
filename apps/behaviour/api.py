"""The endpoint that reports of behaviour come to."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.behaviour.report import Outcome, ToldBehaviour
from apps.behaviour.tell import tell
from apps.clients.models import Scope
from apps.common.api.fields import Facts, Moment, Strict, Text
from apps.common.api.many import Refusal, results_of, told_one_by_one
from apps.common.api.schema import example
from apps.common.api.views import ApiView
from apps.contacts.api import PersonIn

MOST = 500  # reports at once
EXAMPLE = {
    "events": [
        {
            "id": "b-1",
            "kind": "page_viewed",
            "title": "浏览了高山乌龙",
            "at": "2026-03-08T14:05:00+08:00",
            "contact": {"openid": "oABC", "appid": "wx0123456789abcdef"},
            "facts": {"product": "sku-1", "seconds": 42},
        }
    ]
}
KIND = r"^[a-z][a-z0-9_]*\Z"


class BehaviourIn(Strict):
    """Something that somebody did."""

    id = Text(
        max_length=64,
        help_text=_("Your own number of it: what comes again under it is passed over."),
    )
    kind = serializers.RegexField(
        KIND,
        max_length=64,
        help_text=_("The word by which rules know it, such as page_viewed."),
    )
    title = Text(
        max_length=64,
        required=False,
        default="",
        allow_blank=True,
        help_text=_("What people read on the timeline."),
    )
    at = Moment()
    contact = PersonIn()
    facts = Facts(required=False, help_text=_("Whatever else is known of it: 4 kB."))


class BehavioursIn(Strict):
    """Up to 500 at once: each stands for itself."""

    events = BehaviourIn(many=True, min_length=1, max_length=MOST)


class ReportedOut(serializers.Serializer):
    id = serializers.CharField(allow_null=True)
    outcome = serializers.ChoiceField(
        [*Outcome, Refusal.REFUSED],
        help_text=_("passed_over: done by somebody who was erased afterwards."),
    )
    errors = serializers.ListField(child=serializers.DictField(), required=False)


class ReportedManyOut(serializers.Serializer):
    results = ReportedOut(many=True, help_text=_("In the order of the request."))


class Behaviours(ApiView):
    """Report what people did."""

    scopes = {"POST": Scope.EVENTS_WRITE}

    @extend_schema(
        operation_id="reportEvents",
        description=_(
            "Report what people did elsewhere. Each report is kept once, by its id; "
            "those that are wrong are refused, the others are kept."
        ),
        request=BehavioursIn,
        examples=example(EXAMPLE),
        responses=ReportedManyOut,
        tags=["events"],
    )
    def post(self, request: Request) -> Response:
        told = told_one_by_one(
            request.data, BehaviourIn, within="events", most=MOST, single=False
        )
        system = request.user.system
        right = [each.value for each in told if each.value is not None]
        behaviours = [behaviour(value, system=system) for value in right]
        outcomes = tell(key=request.auth, behaviours=behaviours, at=timezone.now())
        return Response({"results": results_of(told, outcomes, name="id", kept=kept)})


def behaviour(told: Mapping[str, Any], *, system: str) -> ToldBehaviour:
    return ToldBehaviour(
        number=told["id"],
        person=PersonIn.person(told["contact"], system=system),
        kind=told["kind"],
        title=told["title"],
        at=told["at"],
        facts=told.get("facts", {}),
    )


def kept(told: Mapping[str, Any], outcome: Outcome) -> dict[str, Any]:
    return {"id": told["id"], "outcome": str(outcome)}
