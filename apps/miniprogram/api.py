"""Somebody signs in from the mini-program, stays signed in, and signs out."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api.fields import Moment, Strict, Text
from apps.common.api.problems import Problem
from apps.common.api.schema import example
from apps.common.errors import Refused
from apps.miniprogram.auth import sign_in
from apps.miniprogram.models import Session
from apps.miniprogram.tokens import Nobody, end_session, renew
from apps.miniprogram.views import MiniView, Nothing, OpenView, told
from apps.miniprogram.wechat import LONGEST_CODE, BadCode

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="miniprogram"'}
CODE = {"code": "0a3GrsFa1kBqJI0qzRGa1bTRmW1GrsFE"}
TOKEN = {"refresh_token": "mini_rIoXZ0v4tq8cUuOQ1m0uXG6mJ3yP5dTbnYkKcS2w9aE"}


class CodeIn(Strict):
    code = Text(max_length=LONGEST_CODE, help_text=_("As WeChat gave it."))


class RefreshIn(Strict):
    refresh_token = Text(max_length=512)


class TokensOut(serializers.Serializer):
    access_token = serializers.CharField(
        source="access", help_text=_("To be sent after the word Bearer.")
    )
    access_expires_at = Moment(source="access_until", read_only=True)
    refresh_token = serializers.CharField(
        source="refresh", help_text=_("Good once, to get a new pair.")
    )
    refresh_expires_at = Moment(source="refresh_until", read_only=True)


class SignIn(OpenView):
    """By the code of wx.login alone."""

    @extend_schema(
        operation_id="miniSignIn",
        description=_(
            "Sign in by the code of wx.login. Who it is says WeChat: an id that is "
            "sent along is refused. A code is good once."
        ),
        request=CodeIn,
        examples=example(CODE),
        responses={201: TokensOut},
        tags=["mini"],
    )
    def post(self, request: Request) -> Response:
        code = told(CodeIn, request)["code"]
        try:
            pair = sign_in(code=code, at=timezone.now())
        except BadCode as refusal:
            raise unknown(refusal) from None
        return Response(TokensOut(pair).data, status=201)


class Renewal(OpenView):
    @extend_schema(
        operation_id="miniRenew",
        description=_(
            "A new pair of tokens for the one that renews. Each is good once; one that "
            "is shown again ends the session with all its tokens."
        ),
        request=RefreshIn,
        examples=example(TOKEN),
        responses={201: TokensOut},
        tags=["mini"],
    )
    def post(self, request: Request) -> Response:
        shown = told(RefreshIn, request)["refresh_token"]
        try:
            pair = renew(shown, at=timezone.now())
        except Nobody as refusal:
            raise unknown(refusal) from None
        return Response(TokensOut(pair).data, status=201)


class SignOut(MiniView):
    @extend_schema(
        operation_id="miniSignOut",
        description=_("Sign out: none of the tokens of this session opens anything."),
        request=Nothing,
        responses={204: None},
        tags=["mini"],
    )
    def post(self, request: Request) -> Response:
        told(Nothing, request)
        by: Any = Session.EndedBy.SIGN_OUT
        end_session(request.auth, by=by, at=timezone.now())
        return Response(status=204)


def unknown(refusal: Refused) -> Problem:
    return Problem("not_authenticated", detail=str(refusal), headers=CHALLENGE)
