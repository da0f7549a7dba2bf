"""What welcomes bring to the contact page: whether they were greeted, and why not."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE, FACT, Look, theme
from apps.welcomes.models import Greeting
from apps.welcomes.words import told_of

theme(
    "welcomes",
    title=_("Welcomes"),
    looks={
        "WelcomeSent": Look("waving_hand", "good"),
        "WelcomeMissed": Look("waving_hand", "bad"),
        "WelcomeAllowed": Look("waving_hand"),
    },
)


@CONTACT_PAGE.panel(
    FACT,
    order=26,
    title=_("welcome"),
    template="admin/welcomes/fact.html",
    permission="welcomes.view_greeting",
)
def greeted(contact: Contact, request: HttpRequest) -> dict[str, Any] | None:
    """The latest, and with whom that was."""
    rows = Greeting.objects.filter(contact=contact)
    latest = rows.select_related("employee", "welcome").order_by("-at", "-pk").first()
    return told_of(latest) if latest else None
