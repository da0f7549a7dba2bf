"""What is exported: the rows of a list that were ticked, or all that it shows."""

from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.common.filters import whole_number
from apps.contacts.models import Contact
from apps.exports.models import Export
from apps.lists.actions import Action, offer
from apps.lists.batch import AT_ONCE
from apps.orders.models import Order

LISTS: dict[str, type[Model]] = {
    Export.Kind.CONTACTS: Contact,
    Export.Kind.ORDERS: Order,
}
TICKED = "n"  # in the address, for each row; without any, the filters count


def rows_of(door: Any, request: HttpRequest, asked: QueryDict) -> QuerySet:
    """As far as the person sees them, in the order of the list."""
    if TICKED not in asked:
        return door.listed(request, asked)
    told = [whole_number(n) for n in asked.getlist(TICKED)[:AT_ONCE]]
    seen = door.get_queryset(request).filter(pk__in=[n for n in told if n])
    return seen.order_by(*door.get_ordering(request))


def offer_export(kind: str, model: type[Model]) -> None:
    offer(
        Action(
            name="export",
            list=model._meta.label_lower,
            title=_("Export"),
            icon="download",
            permission="exports.add_export",
            leads_to=lambda: f"{reverse('admin:exports_export_start')}?of={kind}",
        )
    )


for kind, model in LISTS.items():
    offer_export(kind, model)
