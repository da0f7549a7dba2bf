"""Other systems read whose a contact is and why, and give contacts to colleagues."""

from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.assignment.give import give
from apps.assignment.models import Assignment, Pool
from apps.clients.models import Scope
from apps.clients.noting import note_told
from apps.common.api.fields import Moment, Strict, Text
from apps.common.api.once import once
from apps.common.api.schema import IDEMPOTENCY_KEY, example
from apps.common.api.views import ApiView
from apps.contacts.api import CONTACT_ID, whose
from apps.contacts.models import Contact
from apps.followups.work_api import colleague

EXAMPLE = {"employee": "linjing", "why": "客户在门店指定"}


class OwnerOut(serializers.Serializer):
    contact_id = serializers.CharField()
    employee = serializers.CharField(
        allow_null=True,
        help_text=_("The account in WeCom of whoever looks after them."),
    )
    pool = serializers.CharField(
        allow_null=True, help_text=_("Where they wait, if nobody looks after them.")
    )
    since = Moment(read_only=True, allow_null=True)
    how = serializers.ChoiceField(
        [("", _("as their connections say")), *Assignment.How.choices]
    )
    why = serializers.CharField()


class OwnerIn(Strict):
    """To whom a contact goes, or into which pool; one of both."""

    employee = Text(max_length=64, required=False, help_text=_("The account in WeCom."))
    pool = Text(max_length=40, required=False, help_text=_("The name of the pool."))
    why = Text(max_length=200, required=False, default="", allow_blank=True)

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        employee, pool = told.get("employee"), told.get("pool")
        if (employee is None) == (pool is None):
            words = str(_("Name either an employee or a pool."))
            wrong = serializers.ErrorDetail(words, "either_or")
            raise serializers.ValidationError({"employee": [wrong]})
        found = {"employee": None, "pool": None, "why": told["why"]}
        if employee is not None:
            return found | {"employee": colleague(employee)}
        there = Pool.objects.filter(name=pool).first()
        if there is None:
            words = str(_("There is no such pool."))
            wrong = serializers.ErrorDetail(words, "no_such_pool")
            raise serializers.ValidationError({"pool": [wrong]})
        return found | {"pool": there}


class OwnerOfContact(ApiView):
    scopes = {"GET": Scope.LEADS_READ, "POST": Scope.OWNERS_WRITE}

    @extend_schema(
        operation_id="readOwner",
        description=_(
            "Whose a contact is, since when and why. Whoever was merged into another "
            "is asked for under either number."
        ),
        parameters=[CONTACT_ID],
        responses=OwnerOut,
        tags=["leads"],
    )
    def get(self, request: Request, contact_id: int) -> Response:
        return Response(owner_of(whose(contact_id)))

    @extend_schema(
        operation_id="giveContact",
        description=_(
            "Give a contact to a colleague, or put them into a pool. It is kept with "
            "its reason; whoever has them already keeps them."
        ),
        parameters=[CONTACT_ID, IDEMPOTENCY_KEY],
        request=OwnerIn,
        examples=example(EXAMPLE),
        responses=OwnerOut,
        tags=["leads"],
    )
    @once
    def post(self, request: Request, contact_id: int) -> Response:
        asked = OwnerIn(data=request.data)
        asked.is_valid(raise_exception=True)
        now = timezone.now()
        contact = whose(contact_id)
        told = asked.validated_data
        with transaction.atomic():
            why = told.pop("why") or request.user.name
            give(contact=contact, how=Assignment.How.CLIENT, at=now, why=why, **told)
            note_told(key=request.auth, deed="owner_told", at=now, contact=contact.pk)
        return Response(owner_of(get_object_or_404(Contact, pk=contact.pk)))


def owner_of(contact: Contact) -> dict[str, Any]:
    rows = Assignment.objects.open().select_related("employee", "pool")
    now = rows.filter(contact=contact).first()
    told = {
        "contact_id": str(contact.pk),
        "employee": contact.owner.wecom_id if contact.owner else None,
        "pool": now.pool.name if now and now.pool else None,
        "since": now.since if now else None,
        "how": now.how if now else "",
        "why": now.why if now else "",
    }
    answer: dict[str, Any] = OwnerOut(told).data
    return answer
