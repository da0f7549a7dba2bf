"""Lists of what belongs to contacts: found by whom, and filtered for one."""

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from apps.common.admin import shows_refusals
from apps.common.filters import Pick
from apps.contacts.guesses import look_for
from apps.contacts.models import Contact

FOUND = 200  # contacts of a name whose rows are looked for


def people_called(request: HttpRequest, term: str) -> list[int]:
    """The contacts that the visitor sees and that a word finds, by number; nobody where
    looking for them is refused."""
    people: list[int] = []
    with shows_refusals(request):
        seen = Contact.objects.visible_to(request.user)
        found = look_for(seen, term, by=request.user, at=timezone.now())
        people = list(found.values_list("pk", flat=True)[:FOUND])
    return people


class OfContactFilter(Pick):
    """Those of one contact: the page of the contact leads here."""

    title = _("contact")
    parameter_name = "contact"
    model = "contacts.contact"
    quiet = True

    @cached_property
    def picked(self) -> Contact | None:
        if self.number is None:
            return None
        seen = Contact.objects.visible_to(self.request.user)
        return seen.filter(pk=self.number).first()

    def narrow(self, rows: QuerySet, contact: Contact) -> QuerySet:
        return rows.filter(contact=contact)
