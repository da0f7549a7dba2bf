"""Who sends a request from the mini-program: the visitor whose token it carries."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.miniprogram.models import Session
from apps.miniprogram.tokens import Visitor, recognise

WORD = "bearer"


class ByToken(BaseAuthentication):
    """`Authorization: Bearer mini_…`"""

    def authenticate(self, request: Request) -> tuple[Visitor, Session] | None:
        word, _space, shown = request.headers.get("Authorization", "").partition(" ")
        if not word:
            return None
        visitor = (
            recognise(shown.strip(), at=timezone.now())
            if word.lower() == WORD
            else None
        )
        if visitor is None:
            raise AuthenticationFailed(_("The token is unknown or has expired."))
        return visitor, visitor.session

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="miniprogram"'


class IsVisitor:
    """Somebody who has signed in from the mini-program, and nobody else."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.user, Visitor)

    def has_object_permission(self, request: Request, view: Any, row: Any) -> bool:
        return True
