"""The endpoint to which other systems tell who agreed to what, and who refuses."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.clients.models import Scope
from apps.common.api.fields import Moment, Strict, Text
from apps.common.api.once import once
from apps.common.api.schema import IDEMPOTENCY_KEY, example
from apps.common.api.views import ApiView
from apps.contacts.api import PersonIn
from apps.contacts.consent import NoSuchText, say, text_of
from apps.contacts.erased import of_the_erased
from apps.contacts.models import Contact
from apps.contacts.recognise import recognise
from apps.contacts.rights_models import Channel, Purpose
from apps.events.models import EventRecord

SOURCE = EventRecord.Source.CLIENT
EXAMPLE = {
    "contact": {"phone": "13800138000"},
    "purpose": "marketing",
    "given": True,
    "at": "2026-03-08T14:08:00+08:00",
    "said_in": "shop",
}


class ConsentIn(Strict):
    """Something that a person agreed to, or refused."""

    contact = PersonIn()
    purpose = serializers.ChoiceField(choices=Purpose.choices)
    given = serializers.BooleanField(
        help_text=_("false: refused, or withdrawn. It holds from that moment on.")
    )
    at = Moment()
    said_in = serializers.ChoiceField(
        choices=Channel.choices, required=False, default=Channel.ONLINE
    )
    text_version = Text(
        max_length=20,
        required=False,
        default="",
        allow_blank=True,
        help_text=_(
            "Of the words that were shown; they are written down in our admin."
        ),
    )

    def validate(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            text = text_of(told["purpose"], told["text_version"])
        except NoSuchText as refusal:
            raise serializers.ValidationError(
                {"text_version": str(refusal)}, "no_such_text"
            ) from refusal
        return {**told, "text": text}


class ConsentOut(serializers.Serializer):
    outcome = serializers.ChoiceField(
        ["kept", "repeated", "passed_over"],
        help_text=_("passed_over: said by somebody who was erased afterwards."),
    )


class Consents(ApiView):
    """Tell what people agreed to."""

    scopes = {"POST": Scope.CONSENTS_WRITE}

    @extend_schema(
        operation_id="tellConsent",
        description=_(
            "Tell what a person agreed to, or refused. What is said last holds; what "
            "is told twice is kept once."
        ),
        parameters=[IDEMPOTENCY_KEY],
        request=ConsentIn,
        examples=example(EXAMPLE),
        responses=ConsentOut,
        tags=["consents"],
    )
    @once
    def post(self, request: Request) -> Response:
        asked = ConsentIn(data=request.data)
        asked.is_valid(raise_exception=True)
        told, now = asked.validated_data, timezone.now()
        person = PersonIn.person(told["contact"], system=request.user.system)
        if of_the_erased([(person, told["at"])]) == [True]:
            return Response({"outcome": "passed_over"})
        [number] = recognise([person], source=SOURCE, at=now)
        is_new = say(
            contact=Contact.objects.get(pk=number),
            purpose=told["purpose"],
            given=told["given"],
            channel=told["said_in"],
            at=told["at"],
            text=told["text"],
            source=SOURCE,
            now=now,
        )
        return Response({"outcome": "kept" if is_new else "repeated"})
