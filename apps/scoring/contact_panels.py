"""What scores bring to the contact page and to the list of contacts."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.common.filters import Choice
from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE, FACT
from apps.scoring import chance_panels as chance_panels  # registers itself
from apps.scoring import score_panels as score_panels  # adds its own

BANDS = {
    "80": (80, 101, _("80% and more: customers")),
    "50": (50, 80, _("50 to 79%: likely customers")),
    "20": (20, 50, _("20 to 49%: about to be lost")),
    "0": (0, 20, _("below 20%: lost, most likely")),
}
WORTHS: dict[str, tuple[int, int | None, Any]] = {  # fen
    "5000": (500_000, None, _("¥5,000 and more")),
    "1000": (100_000, 500_000, _("¥1,000 to 4,999")),
    "200": (20_000, 100_000, _("¥200 to 999")),
    "0": (0, 20_000, _("below ¥200")),
}


@CONTACT_PAGE.filter
class AliveFilter(Choice):
    """How likely they still are customers, of those who have bought."""

    title = _("still a customer")
    parameter_name = "alive"
    permission = "orders.view_order"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, title) for name, (_from, _to, title) in BANDS.items()]

    def narrow(self, contacts: QuerySet, value: str) -> QuerySet:
        least, below, _title = BANDS[value]
        return contacts.filter(lifetime__alive__gte=least, lifetime__alive__lt=below)


@CONTACT_PAGE.filter
class WorthFilter(Choice):
    """What they are expected to bring within a year."""

    title = _("expected value within a year")
    parameter_name = "worth"
    permission = "orders.view_order"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, title) for name, (_from, _to, title) in WORTHS.items()]

    def narrow(self, contacts: QuerySet, value: str) -> QuerySet:
        least, below, _title = WORTHS[value]
        found = contacts.filter(lifetime__value__gte=least)
        return found.filter(lifetime__value__lt=below) if below else found


@CONTACT_PAGE.panel(
    FACT,
    order=55,
    title=_("still a customer"),
    template="admin/scoring/fact.html",
    permission="orders.view_order",
)
def lifetime_of(contact: Contact, request: HttpRequest) -> dict[str, Any] | None:
    """Only of those who have bought."""
    lifetime = getattr(contact, "lifetime", None)  # read along with the contact
    return {"lifetime": lifetime} if lifetime else None


CONTACT_PAGE.join("lifetime", permission="orders.view_order")


@CONTACT_PAGE.column(
    order=62,
    title=_("still a customer"),
    template="admin/scoring/alive_cell.html",
    permission="orders.view_order",
)
def alive_of(contacts: list[Contact]) -> dict[int, Any]:
    """And what a year is expected to bring."""
    told = ((each, getattr(each, "lifetime", None)) for each in contacts)
    return {each.pk: lifetime for each, lifetime in told if lifetime}
