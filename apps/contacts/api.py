"""How another system says whom it means: by every id that it knows of them."""

from collections.abc import Mapping
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.common.api.fields import Strict, Text
from apps.common.api.schema import in_path
from apps.contacts.identities import Id
from apps.contacts.models import Contact, Identity
from apps.contacts.querysets import plain_phone
from apps.contacts.recognise import Person

Kind = Identity.Kind
PHONE = (7, 15)  # digits

CONTACT_ID = in_path("contact_id")


class PersonIn(Strict):
    """At least one id. In the order in which they are believed: unionid,
    external_userid, openid, id, phone."""

    default_error_messages = {
        "nobody": _("At least one id is needed: %(ids)s."),
        "no_app": _("An openid belongs to an app: its appid is needed as well."),
        "no_phone": _("This is not a phone number."),
    }

    unionid = Text(max_length=128, required=False)
    external_userid = Text(max_length=128, required=False)
    openid = Text(max_length=128, required=False)
    appid = Text(max_length=64, required=False, help_text=_("Of which the openid is."))
    id = Text(
        max_length=128,
        required=False,
        help_text=_("Under which you know them yourself."),
    )
    phone = Text(max_length=32, required=False)
    name = Text(
        max_length=64,
        required=False,
        help_text=_("Only for those of whom we know nothing yet."),
    )

    def validate_phone(self, phone: str) -> str:
        digits = plain_phone(phone)
        least, most = PHONE
        if not (least <= len(digits) <= most and digits.isascii()):
            self.wrong("no_phone")
        return digits

    def validate(self, told: dict[str, str]) -> dict[str, str]:
        if not IDS.keys() & told.keys():
            self.wrong("nobody")
        if ("openid" in told) != ("appid" in told):
            self.wrong("no_app")
        return told

    def wrong(self, code: str) -> None:
        words = str(self.error_messages[code]) % {"ids": ", ".join(IDS)}
        raise serializers.ValidationError(words, code)

    @staticmethod
    def person(told: Mapping[str, str], *, system: str) -> Person:
        """`system` is the one whose own id it is."""
        systems: dict[str, Any] = {"openid": told.get("appid", ""), "id": system}
        return Person(
            ids=tuple(
                Id(kind, told[name], systems.get(name, ""))
                for name, kind in IDS.items()
                if name in told
            ),
            name=told.get("name", ""),
        )


IDS = {
    "unionid": Kind.UNION,
    "external_userid": Kind.EXTERNAL,
    "openid": Kind.OPEN,
    "id": Kind.OTHER,
    "phone": Kind.PHONE,
}


def whose(contact_id: int) -> Contact:
    """Whoever was merged into another is asked for under either number."""
    contacts = Contact.objects.select_related("merged_into__owner", "owner")
    found = get_object_or_404(contacts, pk=contact_id)
    return found.merged_into or found
