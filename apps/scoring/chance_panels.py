"""What the learned model brings to the contact page and to the list of contacts."""

from functools import lru_cache
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.common.errors import Refused
from apps.common.filters import Choice
from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE, SIDE
from apps.scoring.as_json import read
from apps.scoring.feature_words import factors
from apps.scoring.foretold_months import months_of
from apps.scoring.known import known_at
from apps.scoring.learned import Learned
from apps.scoring.models import Chance, Predictor
from apps.scoring.next_best import next_best
from apps.scoring.outcomes import OUTCOMES

FACTORS = 4  # for, and against
BANDS = {
    "50": (50, 101, _("50% and more")),
    "20": (20, 50, _("20 to 49%")),
    "5": (5, 20, _("5 to 19%")),
    "0": (0, 5, _("below 5%")),
}

CONTACT_PAGE.join("chance", permission="contacts.view_contact")


@CONTACT_PAGE.filter
class ChanceFilter(Choice):
    """How likely the outcome is that is foretold, of those for whom it is open."""

    title = _("chance")
    parameter_name = "chance"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, title) for name, (_from, _to, title) in BANDS.items()]

    def narrow(self, contacts: QuerySet, value: str) -> QuerySet:
        least, below, _title = BANDS[value]
        return contacts.filter(chance__chance__gte=least, chance__chance__lt=below)


@CONTACT_PAGE.column(
    order=61,
    title=_("chance"),
    template="admin/scoring/chance_cell.html",
    permission="contacts.view_contact",
)
def chance_of(contacts: list[Contact]) -> dict[int, Chance]:
    told = ((each, getattr(each, "chance", None)) for each in contacts)
    return {each.pk: chance for each, chance in told if chance}


@lru_cache(maxsize=2)
def learned_of(predictor_id: int) -> Learned:
    """What is written once never changes: a process reads it once."""
    return read(Predictor.objects.values_list("body", flat=True).get(pk=predictor_id))


@CONTACT_PAGE.panel(
    SIDE,
    order=12,
    title=_("Chance"),
    template="admin/scoring/chance_panel.html",
    permission="contacts.view_contact",
)
def chance_panel(contact: Contact, request: HttpRequest) -> dict[str, Any] | None:
    """How likely, and what speaks for it and against it at this moment."""
    chance = getattr(contact, "chance", None)  # read along with the contact
    if chance is None:
        return None
    used = Predictor.objects.filter(standing="used").defer("body", "seen").first()
    if used is None:
        return None
    outcome = OUTCOMES[used.outcome]
    told: dict[str, Any] = {"chance": chance, "outcome": outcome, "days": used.days}
    told["months"] = months_of(contact.pk)
    told["share"] = used.measures["share"] * 100
    if not request.user.has_perm(outcome.permission):
        return None
    try:
        learned = learned_of(used.pk)
    except Refused:
        return told
    row = learned.bins(known_at([contact.pk], timezone.now(), learned.words), 1)[0]
    good, bad = factors(learned.parts(row), learned.features, row, many=FACTORS)
    return told | {"good": good, "bad": bad}


@CONTACT_PAGE.panel(
    SIDE,
    order=26,
    title=_("What to offer next"),
    template="admin/scoring/next_panel.html",
    permission="orders.view_product",
    later=True,
)
def next_panel(contact: Contact, request: HttpRequest) -> dict[str, Any] | None:
    offers = next_best(contact.pk)
    return {"offers": offers} if offers else None
