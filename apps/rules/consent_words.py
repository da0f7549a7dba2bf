"""What contacts agreed to and refuse, as words of the language.

What counts stands in contacts/consent.py: a refusal holds until whoever it was said for
has agreed. Sets of it are never kept: they are read fresh whenever they are asked for.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.contacts.consent import REFUSING
from apps.contacts.rights_models import Purpose
from apps.rules.algebra import WHO, AllOf, AnyOf, Atom, Expr, Not
from apps.rules.fields import Field, add
from apps.rules.operators import Kind

SQL = REFUSING.format(narrowed=WHO).replace("%s", "%(purpose)s")
AGREED = (
    "SELECT row.contact_id FROM contacts_consentrecord AS row "
    f"WHERE row.purpose = %(purpose)s AND row.given {WHO}"
)
SAID = """
SELECT DISTINCT purpose FROM contacts_consentrecord AS row
WHERE row.contact_id = %(who)s AND row.given = %(given)s ORDER BY 1
"""


@dataclass(frozen=True, kw_only=True)
class Consent(Field):
    """Who refuses, or agrees to, what is said of one purpose or several."""

    given: bool

    def atom(self, op: str, value: Any, options: dict, *, today: date) -> Expr:
        if len(value) > 1:
            return AnyOf(
                tuple(self.atom(op, (v,), options, today=today) for v in value)
            )
        [purpose] = value
        held = {"purpose": purpose}
        refused = Atom.of(
            SQL, held, contact="refusal.contact_id", topic="consent", is_kept=False
        )
        if not self.given:
            return refused
        agreed = Atom.of(
            AGREED, held, contact="row.contact_id", topic="consent", is_kept=False
        )
        return AllOf((agreed, Not(refused)))

    def evidence(self, options: dict, *, today: date) -> tuple[str, dict[str, Any]]:
        return SAID, {"given": self.given}


OF_CONSENT: dict[str, Any] = {
    "group": _("Consent"),
    "permission": "contacts.view_consentrecord",
    "kind": Kind.CHOICES,
    "choices": lambda: dict(Purpose.choices),
    "topic": "consent",
}
add(
    Consent(name="refuses", title=_("what they refuse"), given=False, **OF_CONSENT),
    Consent(name="agrees", title=_("what they agree to"), given=True, **OF_CONSENT),
)
