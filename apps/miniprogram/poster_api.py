"""A visitor's own poster of a campaign: their name, and the code of their invite."""

from base64 import b64encode

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.miniprogram.campaigns_api import SLUG, mine_of
from apps.miniprogram.views import MiniView
from apps.posters.keep import poster_of
from apps.referrals.doors import Shown, shown
from apps.referrals.invite import invite_of


class PosterOut(serializers.Serializer):
    image = serializers.CharField(
        allow_null=True,
        help_text=_("A JPEG in base64; null until there is a code to put on it."),
    )
    is_own = serializers.BooleanField(
        help_text=_("While their own code is being made it is the campaign's."),
    )


class MyPoster(MiniView):
    @extend_schema(
        operation_id="miniPoster",
        description=_(
            "My poster of a campaign in which I take part, drawn with my own code."
        ),
        parameters=[SLUG],
        responses=PosterOut,
        tags=["mini"],
    )
    def get(self, request: Request, slug: str) -> Response:
        mine = mine_of(request, slug)
        invite = invite_of(mine.campaign, mine.contact)
        door: Shown | None = shown(invite) if invite else None
        image = None
        if door and door.text:
            jpeg = poster_of(
                campaign=mine.campaign,
                contact=mine.contact,
                code=door.text,
                at=timezone.now(),
            )
            image = b64encode(jpeg).decode()
        is_own = bool(door and door.is_own)
        return Response(PosterOut({"image": image, "is_own": is_own}).data)
