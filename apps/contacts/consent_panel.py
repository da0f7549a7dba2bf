"""Consent on the page of a contact; in the list, who is not to be disturbed."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.audit.telling import DEEDS, FIELDS
from apps.common.filters import Choice
from apps.contacts.consent import consents_of, refusing
from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE, SIDE
from apps.contacts.rights_door import may_copy, may_erase, versions
from apps.contacts.rights_models import Channel, ConsentRecord, Purpose

DEEDS.update(
    {
        "consent_given": _("wrote down a consent"),
        "consent_withdrawn": _("wrote down a refusal"),
        "copied_out": _("took out a copy of everything about a person"),
        "erasure_asked": _("asked for a person to be erased"),
        "erased": _("a person was erased"),
    }
)
FIELDS.update(
    {
        "purpose": _("purpose"),
        "consent": _("agrees"),
        "channel": _("channel"),
        "text": _("text"),
        "said_at": _("said at"),
        "why": _("reason"),
        "reference": _("reference"),
    }
)


@CONTACT_PAGE.panel(
    SIDE,
    order=110,
    title=_("Consent"),
    template="admin/contacts/contact/consent.html",
    permission="contacts.view_consentrecord",
)
def consent_of(contact: Contact, request: HttpRequest) -> dict[str, Any]:
    known = consents_of(contact)
    marketing = known[Purpose.MARKETING]
    may_say = request.user.has_perm("contacts.add_consentrecord")
    return {
        "contact": contact,
        "rows": [
            {"title": Purpose(purpose).label, "consent": consent}
            for purpose, consent in known.items()
        ],
        "is_left_alone": marketing is not None and not marketing.given,
        "may_say": may_say,
        "purposes": Purpose.choices,
        "channels": Channel.choices,
        "versions": versions() if may_say else [],
        "has_rights": may_copy(request.user) or may_erase(request.user),
    }


@CONTACT_PAGE.filter
class ConsentFilter(Choice):
    title = _("marketing")
    parameter_name = "marketing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("no", _("not to be disturbed")),
            ("yes", _("agreed")),
            ("unasked", _("never asked")),
        ]

    def narrow(self, rows: QuerySet, value: str) -> QuerySet:
        refused = Q(pk__in=refusing(Purpose.MARKETING))
        if value == "no":
            return rows.filter(refused)
        said = ConsentRecord.objects.filter(
            contact=OuterRef("pk"), purpose=Purpose.MARKETING
        )
        if value == "yes":
            return rows.filter(Exists(said.filter(given=True))).exclude(refused)
        return rows.filter(~Exists(said))
