"""Who sends a request to the API: the client whose key it carries.

A session of the admin is no key: a browser that is signed in can do nothing here, so
that no page from elsewhere can make it do something.
"""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.clients.keys import recognise
from apps.clients.models import Client, Key

WORD = "bearer"


class ByKey(BaseAuthentication):
    """`Authorization: Bearer scrm_…`"""

    def authenticate(self, request: Request) -> tuple[Client, Key] | None:
        word, _space, shown = request.headers.get("Authorization", "").partition(" ")
        if not word:
            return None
        key = (
            recognise(shown.strip(), at=timezone.now())
            if word.lower() == WORD
            else None
        )
        if key is None:
            raise AuthenticationFailed(_("The API key is unknown, expired or revoked."))
        return key.client, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="scrm"'


class HasScope:
    """The key has the right that the endpoint names for this method."""

    message: Any = _("This API key does not have the right to do that.")

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, Key):
            return False
        wanted = view.scopes.get("GET" if request.method == "HEAD" else request.method)
        return wanted is None or wanted in request.auth.scopes

    def has_object_permission(self, request: Request, view: Any, row: Any) -> bool:
        return True
