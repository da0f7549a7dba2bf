"""Other systems read what is foretold of a contact, and what to offer next."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.clients.models import Scope
from apps.common.api.views import ApiView
from apps.contacts.api import CONTACT_ID, whose
from apps.scoring.models import Chance, Lifetime, Predictor
from apps.scoring.next_best import Offer, next_best
from apps.scoring.outcomes import OUTCOMES

OUTCOME_CHOICES = [(each.name, each.title) for each in OUTCOMES.values()]
REASONS = [
    ("together", _("bought by the same people")),
    ("her_tag", _("fits a tag of the contact")),
    ("same_tag", _("like what the contact bought")),
]


class OutlookOut(serializers.Serializer):
    contact_id = serializers.CharField()
    outcome = serializers.ChoiceField(OUTCOME_CHOICES, allow_null=True)
    within_days = serializers.IntegerField(allow_null=True)
    chance = serializers.FloatField(
        allow_null=True,
        help_text=_("In percent. Empty: no model, or not open for this contact."),
    )
    chance_as_of = serializers.DateField(allow_null=True)
    alive = serializers.IntegerField(
        allow_null=True,
        help_text=_("How likely they still are a customer, in percent."),
    )
    expected_orders = serializers.FloatField(
        allow_null=True, help_text=_("Within a year.")
    )
    expected_value = serializers.IntegerField(
        allow_null=True, help_text=_("Within a year, in fen.")
    )
    alive_as_of = serializers.DateField(allow_null=True)


class ReasonOut(serializers.Serializer):
    kind = serializers.ChoiceField(REASONS)
    what = serializers.CharField(help_text=_("The other product, or the tag."))
    buyers = serializers.IntegerField(help_text=_("Who bought both; otherwise 0."))


class OfferOut(serializers.Serializer):
    product_id = serializers.CharField()
    system = serializers.CharField()
    number = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    worth = serializers.FloatField(help_text=_("The more, the better it fits."))
    reasons = ReasonOut(many=True)


class OffersOut(serializers.Serializer):
    data = OfferOut(many=True)


class Outlook(ApiView):
    scopes = {"GET": Scope.SCORES_READ}

    @extend_schema(
        operation_id="readOutlook",
        description=_(
            "How likely the outcome is that is foretold, how likely a contact still is "
            "a customer, and what a year is expected to bring. Whoever was merged into "
            "another is asked for under either number."
        ),
        parameters=[CONTACT_ID],
        responses=OutlookOut,
        tags=["scores"],
    )
    def get(self, request: Request, contact_id: int) -> Response:
        return Response(OutlookOut(outlook_of(whose(contact_id).pk)).data)


class NextBest(ApiView):
    scopes = {"GET": Scope.SCORES_READ}

    @extend_schema(
        operation_id="listOffers",
        description=_(
            "The products to offer a contact next, the best first, with reasons. "
            "Whoever was merged into another is asked for under either number."
        ),
        parameters=[CONTACT_ID],
        responses=OffersOut,
        tags=["scores"],
    )
    def get(self, request: Request, contact_id: int) -> Response:
        offers = [told(offer) for offer in next_best(whose(contact_id).pk, many=10)]
        return Response(OffersOut({"data": offers}).data)


def outlook_of(contact_id: int) -> dict[str, Any]:
    used = Predictor.objects.filter(standing="used").only("outcome", "days").first()
    chance = Chance.objects.filter(contact=contact_id).first() if used else None
    life = Lifetime.objects.filter(contact=contact_id).first()
    return {
        "contact_id": str(contact_id),
        "outcome": used.outcome if used else None,
        "within_days": used.days if used else None,
        "chance": chance.chance if chance else None,
        "chance_as_of": chance.day if chance else None,
        "alive": life.alive if life else None,
        "expected_orders": life.expected if life else None,
        "expected_value": life.value if life else None,
        "alive_as_of": life.day if life else None,
    }


def told(offer: Offer) -> dict[str, Any]:
    product = offer.product
    return {
        "product_id": str(product.pk),
        "system": product.system,
        "number": product.number,
        "name": product.name,
        "worth": offer.worth,
        "reasons": [vars(reason) for reason in offer.reasons],
    }
