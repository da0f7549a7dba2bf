"""MiniView, of which every endpoint for visitors is made."""

from rest_framework.request import Request

from apps.common.api.fields import Strict
from apps.common.api.views import ApiView
from apps.contacts.models import Contact
from apps.miniprogram.authentication import ByToken, IsVisitor
from apps.miniprogram.limits import PerAddress, PerVisitor


class MiniView(ApiView):
    """An endpoint for a visitor. What is not theirs is not there (404)."""

    shows = "token"
    authentication_classes = (ByToken,)
    permission_classes = (IsVisitor,)
    throttle_classes = (PerVisitor,)


class OpenView(ApiView):
    """An endpoint for whoever has no token yet."""

    shows = ""
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = (PerAddress,)


class Nothing(Strict):
    """A body that says nothing."""


def visitor_of(request: Request) -> Contact:
    contact: Contact = request.user.contact
    return contact


def told(form: type[Strict], request: Request) -> dict:
    """What the body says, or a problem that says what is wrong with it."""
    asked = form(data=request.data)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)
