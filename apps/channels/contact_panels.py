"""What channels bring to the contact page and to the list of contacts."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.channels.enter import first_and_latest
from apps.channels.models import Channel, Entry
from apps.common.filters import Pick, among
from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE, FACT, Look, theme

theme(
    "channels",
    title=_("Channel codes"),
    looks={
        "ChannelEntered": Look("qr_code_2", "good"),
        "StateLearned": Look("qr_code_2"),
    },
)


@CONTACT_PAGE.filter
class ChannelFilter(Pick):
    """Those who came by a code, whenever that was."""

    title = _("channel code")
    parameter_name = "channel"
    model = "channels.channel"
    hint = _("Name of the code")
    others = (("any", _("any code")), ("none", _("no code")))

    def narrow(self, contacts: QuerySet, channel: Channel) -> QuerySet:
        came = Entry.objects.filter(channel=channel)
        numbers = came.values_list("contact", flat=True)
        each = Exists(came.filter(contact=OuterRef("pk")))
        return among(contacts, numbers, otherwise=each)

    def narrow_to_other(self, contacts: QuerySet, value: str) -> QuerySet:
        came = Exists(Entry.objects.filter(contact=OuterRef("pk")))
        return contacts.filter(came if value == "any" else ~came)


@CONTACT_PAGE.panel(
    FACT,
    order=25,
    title=_("source"),
    template="admin/channels/fact.html",
    permission="channels.view_entry",
)
def source_of(contact: Contact, request: HttpRequest) -> dict[str, Any] | None:
    """The first code and the latest; who came by none, by the way they were added."""
    found = first_and_latest(contact)
    return {"first": found[0], "latest": found[-1]} if found else None
