"""Who a key belongs to: the first thing to ask with a new one."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.clients.models import Scope
from apps.common.api.fields import Moment
from apps.common.api.views import ApiView


class ClientOut(serializers.Serializer):
    name = serializers.CharField(source="client.name")
    system = serializers.CharField(source="client.system")
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices))
    expires_at = Moment(allow_null=True, read_only=True)
    per_minute = serializers.IntegerField(source="client.per_minute")


class WhoAmI(ApiView):
    """The client behind the key, and what the key may do."""

    @extend_schema(
        operation_id="whoAmI",
        description=_("Whose key it is, and what it may do."),
        responses=ClientOut,
        tags=["client"],
    )
    def get(self, request: Request) -> Response:
        return Response(ClientOut(request.auth).data)
