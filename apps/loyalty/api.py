"""Other systems read members and levels, and tell what is earned and spent."""

from typing import Any

from django.db import transaction
from django.db.models import Min, QuerySet, Sum
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters import FilterSet
from django_filters.filters import ChoiceFilter
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.clients.models import Scope
from apps.clients.noting import note_told
from apps.common.api.cursors import OURS, page_of
from apps.common.api.fields import Id, Moment, Strict, Text, Whole
from apps.common.api.filters import documented, narrowed
from apps.common.api.once import once
from apps.common.api.schema import IDEMPOTENCY_KEY, PAGING, PageOut, example
from apps.common.api.views import ApiView
from apps.contacts.api import CONTACT_ID, whose
from apps.contacts.models import Contact
from apps.loyalty.models import MOST, Level, Membership, PointsEntry
from apps.loyalty.points import earn, give_back, spend

Kind = PointsEntry.Kind
TOLD = [kind for kind in Kind.choices if kind[0] in ("earned", "spent", "given_back")]
EXAMPLE = {"number": "C2026-0017", "kind": "spent", "points": 300, "why": "兑换茶杯"}


class LevelOut(serializers.Serializer):
    id = Id(source="pk")
    name = serializers.CharField()
    growth_from = serializers.IntegerField()
    percent = serializers.IntegerField(help_text=_("Of the points that are earned."))
    benefits = serializers.CharField()


class LevelsOut(serializers.Serializer):
    data = LevelOut(many=True)


class MembershipOut(serializers.Serializer):
    contact_id = serializers.CharField()
    points = serializers.IntegerField()
    growth_value = serializers.IntegerField()
    level = LevelOut(allow_null=True)
    next_level = LevelOut(allow_null=True)
    joined_at = Moment(read_only=True, allow_null=True)
    expires_next = Moment(
        read_only=True,
        allow_null=True,
        help_text=_("When some of the points expire, unless they are spent before."),
    )


class EntryOut(serializers.Serializer):
    id = Id(source="pk")
    contact_id = serializers.SerializerMethodField()
    kind = serializers.ChoiceField(Kind.choices)
    points = serializers.IntegerField(help_text=_("Less than nothing if fewer."))
    growth_value = serializers.IntegerField(source="growth")
    why = serializers.CharField()
    at = Moment(read_only=True)
    expires_at = Moment(read_only=True, allow_null=True)

    def get_contact_id(self, entry: PointsEntry) -> str:
        return str(entry.contact_id)


class EntryPageOut(PageOut):
    data = EntryOut(many=True)


class EntryFilter(FilterSet):
    kind = ChoiceFilter(choices=Kind.choices)


class EntryIn(Strict):
    """What is earned, spent, or given back of what was spent."""

    default_error_messages = {
        "no_spending": _("Say of which spending: the number it was told under."),
        "nothing": _("Points or a growth value: one of them is not zero."),
    }

    number = Text(
        max_length=60,
        help_text=_("Your number of it: what is told twice under one counts once."),
    )
    kind = serializers.ChoiceField(TOLD)
    points = Whole(min_value=0, max_value=MOST, required=False, default=0)
    growth_value = Whole(min_value=0, max_value=MOST, required=False, default=0)
    spending = Text(
        max_length=60,
        required=False,
        default="",
        allow_blank=True,
        help_text=_("Of what is given back: the number under which it was spent."),
    )
    why = Text(max_length=200, required=False, default="", allow_blank=True)
    at = Moment(required=False, help_text=_("When it happened. Without it: now."))

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        if told["kind"] == Kind.GIVEN_BACK:
            if not told["spending"]:
                self.refuse("no_spending", "spending")
        elif not told["points"] and (
            told["kind"] == Kind.SPENT or not told["growth_value"]
        ):
            self.refuse("nothing", "points")
        return told

    def refuse(self, code: str, name: str) -> None:
        wrong = serializers.ErrorDetail(str(self.error_messages[code]), code)
        raise serializers.ValidationError({name: [wrong]})


class Levels(ApiView):
    scopes = {"GET": Scope.POINTS_READ}

    @extend_schema(
        operation_id="listLevels",
        description=_("The levels of members, the lowest first."),
        responses=LevelsOut,
        tags=["points"],
    )
    def get(self, request: Request) -> Response:
        return Response({"data": LevelOut(Level.objects.all(), many=True).data})


class OneMembership(ApiView):
    scopes = {"GET": Scope.POINTS_READ}

    @extend_schema(
        operation_id="readMembership",
        description=_(
            "How many points a contact has, and on which level they stand. Whoever "
            "was merged into another is asked for under either number."
        ),
        parameters=[CONTACT_ID],
        responses=MembershipOut,
        tags=["points"],
    )
    def get(self, request: Request, contact_id: int) -> Response:
        contact = whose(contact_id)
        return Response(MembershipOut(membership_of(contact)).data)


class Ledger(ApiView):
    """The lines of one contact; and what another system has to tell of them."""

    scopes = {"GET": Scope.POINTS_READ, "POST": Scope.POINTS_WRITE}
    parameters = frozenset({*EntryFilter.base_filters, *OURS})

    @extend_schema(
        operation_id="listPoints",
        description=_("What a contact earned and spent, the newest first."),
        parameters=[CONTACT_ID, *documented(EntryFilter), *PAGING],
        responses=EntryPageOut,
        tags=["points"],
    )
    def get(self, request: Request, contact_id: int) -> Response:
        theirs = PointsEntry.objects.filter(contact=whose(contact_id))
        page = page_of(request, narrowed(EntryFilter, request, theirs), by="at")
        return Response(page.answer(EntryOut(page.rows, many=True).data))

    @extend_schema(
        operation_id="tellPoints",
        description=_(
            "Tell points that were earned, spent, or given back. Nobody spends more "
            "than they have: that is refused, and nothing is written."
        ),
        parameters=[CONTACT_ID, IDEMPOTENCY_KEY],
        request=EntryIn,
        examples=example(EXAMPLE),
        responses={201: EntryOut},
        tags=["points"],
    )
    @once
    def post(self, request: Request, contact_id: int) -> Response:
        asked = EntryIn(data=request.data)
        asked.is_valid(raise_exception=True)
        contact = whose(contact_id)
        with transaction.atomic():
            entry = tell(contact, asked.validated_data, system=request.user.system)
            note_told(
                key=request.auth,
                deed="points_told",
                at=timezone.now(),
                number=entry.pk,
                points=entry.points,
            )
        return Response(EntryOut(entry).data, status=201)


def tell(contact: Contact, told: dict[str, Any], *, system: str) -> PointsEntry:
    """Under a key of its own system: two systems may use one number."""
    more = {
        "key": f"{system}:{told['number']}",
        "at": told.get("at") or timezone.now(),
        "why": told["why"],
        "system": system,
    }
    if told["kind"] == Kind.EARNED:
        return earn(
            contact_id=contact.pk,
            points=told["points"],
            growth=told["growth_value"],
            **more,
        )
    if told["kind"] == Kind.SPENT:
        return spend(contact_id=contact.pk, points=told["points"], **more)
    spent = PointsEntry.objects.filter(kind=Kind.SPENT, system=system)
    key = f"{system}:{told['spending']}"
    return give_back(spent=get_object_or_404(spent, key=key, contact=contact), **more)


def membership_of(contact: Contact) -> dict[str, Any]:
    member = Membership.objects.filter(contact=contact).select_related("level").first()
    growth = member.growth if member else 0
    return {
        "contact_id": str(contact.pk),
        "points": member.balance if member else 0,
        "growth_value": growth,
        "level": member.level if member else None,
        "next_level": Level.objects.filter(growth_from__gt=growth).first(),
        "joined_at": member.joined_at if member else None,
        "expires_next": expires_next(contact),
    }


def expires_next(contact: Contact) -> Any:
    """The first end that what was spent does not cover."""
    lines: QuerySet[PointsEntry] = PointsEntry.objects.filter(contact=contact)
    ends = lines.filter(expires_at__isnull=False).order_by("expires_at")
    gone = lines.filter(expires_at__isnull=True, points__lt=0).order_by()
    left = gone.aggregate(all=Sum("points"))["all"] or 0
    sums = ends.values("expires_at").annotate(many=Sum("points"), first=Min("pk"))
    for end in sums.order_by("expires_at"):
        left += end["many"]
        if left > 0:
            return end["expires_at"]
    return None
