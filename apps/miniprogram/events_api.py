"""What visitors look at and share, as the mini-program tells it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.behaviour.report import Outcome, ToldBehaviour, report
from apps.common.api.fields import Moment, Strict, Text, Whole
from apps.common.api.schema import example
from apps.contacts.models import Contact
from apps.contacts.recognise import Person
from apps.events.models import EventRecord
from apps.miniprogram.views import MiniView, told, visitor_of

SYSTEM = "miniprogram"
MOST = 50  # events at once
KINDS = [("content_viewed", _("looked at")), ("content_shared", _("shared"))]
EXAMPLE = {
    "events": [
        {
            "id": "v-1",
            "kind": "content_viewed",
            "content": "tea-2026",
            "title": "春茶上市",
            "seconds": 42,
            "at": "2026-03-08T14:05:00+08:00",
        }
    ]
}


class SeenIn(Strict):
    id = Text(
        max_length=40, help_text=_("Your own number of it: what comes again is once.")
    )
    kind = serializers.ChoiceField(KINDS)
    content = Text(max_length=64, help_text=_("What it was, by your number."))
    title = Text(max_length=40, required=False, default="", allow_blank=True)
    seconds = Whole(min_value=0, max_value=86_400, required=False)
    at = Moment(required=False, help_text=_("When it happened. Without it: now."))


class SeenManyIn(Strict):
    events = SeenIn(many=True, min_length=1, max_length=MOST)


class KeptOut(serializers.Serializer):
    id = serializers.CharField()
    outcome = serializers.ChoiceField([*Outcome])


class KeptManyOut(serializers.Serializer):
    results = KeptOut(many=True, help_text=_("In the order of the request."))


class Seen(MiniView):
    @extend_schema(
        operation_id="miniEvents",
        description=_("Tell what I looked at and shared, up to 50 at once."),
        request=SeenManyIn,
        examples=example(EXAMPLE),
        responses=KeptManyOut,
        tags=["mini"],
    )
    def post(self, request: Request) -> Response:
        events, at = told(SeenManyIn, request)["events"], timezone.now()
        behaviours = [seen(each, visitor_of(request), at=at) for each in events]
        source = EventRecord.Source.CLIENT
        kept = report(system=SYSTEM, behaviours=behaviours, source=source, at=at)
        results = [
            {"id": each["id"], "outcome": str(outcome)}
            for each, outcome in zip(events, kept, strict=True)
        ]
        return Response({"results": results})


def seen(event: Mapping[str, Any], who: Contact, *, at: datetime) -> ToldBehaviour:
    """Numbers are each visitor's own; nobody takes another's away."""
    facts = {name: event[name] for name in ("content", "seconds") if name in event}
    return ToldBehaviour(
        number=f"{who.pk}:{event['id']}"[:64],
        person=Person(ids=(), contact_id=who.pk),
        kind=event["kind"],
        at=min(event.get("at") or at, at),
        title=event["title"],
        facts=facts,
    )
