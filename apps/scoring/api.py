"""Other systems read scores, with their reasons."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.clients.models import Scope
from apps.common.api.views import ApiView
from apps.contacts.api import CONTACT_ID, whose
from apps.scoring.models import Axis
from apps.scoring.why import Why, why, worth_of


class EarnedOut(serializers.Serializer):
    rule = serializers.CharField()
    axis = serializers.ChoiceField(Axis.choices)
    group = serializers.CharField()
    times = serializers.IntegerField()
    worth = serializers.FloatField(help_text=_("What it is worth now."))


class ScoreOut(serializers.Serializer):
    contact_id = serializers.CharField()
    score = serializers.IntegerField(allow_null=True)
    grade = serializers.CharField(allow_blank=True)
    fit = serializers.IntegerField(allow_null=True)
    engagement = serializers.IntegerField(allow_null=True)
    reasons = EarnedOut(many=True)


class Score(ApiView):
    scopes = {"GET": Scope.SCORES_READ}

    @extend_schema(
        operation_id="readScore",
        description=_(
            "The score and grade of a contact, with what each rule is worth now. "
            "Whoever was merged into another is asked for under either number."
        ),
        parameters=[CONTACT_ID],
        responses=ScoreOut,
        tags=["scores"],
    )
    def get(self, request: Request, contact_id: int) -> Response:
        who = whose(contact_id).pk
        found = why(who, at=timezone.now())
        return Response(ScoreOut(answer(who, found)).data)


def answer(contact_id: int, found: Why) -> dict[str, Any]:
    """Without numbers of somebody who has no score yet."""
    known = found.standing is not None and bool(found.standing.grade)
    return {
        "contact_id": str(contact_id),
        "score": found.score if known else None,
        "grade": found.standing.grade if found.standing else "",
        "fit": round(worth_of(found.fit)) if known else None,
        "engagement": round(worth_of(found.engagement)) if known else None,
        "reasons": [
            {
                "rule": rule.version.rule.name,
                "axis": group.group.axis,
                "group": group.group.name,
                "times": rule.many,
                "worth": round(rule.worth, 2),
            }
            for group in (*found.fit, *found.engagement)
            for rule in group.rules
        ],
    }
