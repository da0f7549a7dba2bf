"""Whoever wants to see more than usual shows once more that it is them.

Signing in counts, and so does the password, or WeCom, asked for again: for ten minutes
of this session.
"""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget

FRESH = timedelta(minutes=10)
SHOWN_AT = "shown_to_be_them_at"  # in the session


def mark_fresh(session: SessionBase, *, at: datetime) -> None:
    """They have just shown that it is them. Every way of signing in calls this."""
    session[SHOWN_AT] = at.timestamp()


def is_fresh(session: SessionBase, *, at: datetime) -> bool:
    shown_at = session.get(SHOWN_AT, 0)
    return 0 <= at.timestamp() - shown_at < FRESH.total_seconds()


class StepUpForm(forms.Form):
    """What asks for the password as well, unless it was shown lately.

    Wrong ones count as at the door: after ten of them it is closed for a while.
    """

    password = forms.CharField(
        label=_("your password"),
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Please confirm that it is you.")},
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        if is_fresh(request.session, at=timezone.now()):
            del self.fields["password"]

    def clean_password(self) -> str:
        shown = self.cleaned_data["password"]
        name = self.request.user.get_username()
        user = authenticate(self.request, username=name, password=shown)
        if user is None or user.pk != self.request.user.pk:
            raise forms.ValidationError(_("This is not your password."))
        mark_fresh(self.request.session, at=timezone.now())
        return ""
