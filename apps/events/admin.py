"""The event log to read; stuck deliveries to send again."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.views import ChangeList

from apps.common.admin import (
    BigList,
    JobAdmin,
    MachineryAdmin,
    ReadOnlyAdmin,
    ago_column,
)
from apps.events.event import KINDS
from apps.events.models import Delivery, EventRecord
from apps.events.telling import hearer, tell


class KindFilter(admin.SimpleListFilter):
    title = _("what happened")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, kind.title) for name, kind in sorted(KINDS.items())]

    def queryset(self, request: HttpRequest, records: QuerySet) -> QuerySet:
        return records.filter(kind=self.value()) if self.value() else records


class LogPage(ChangeList):
    """A page of the log, told with one query for each kind of name."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        sentences = tell(self.result_list)
        for record in self.result_list:
            record.sentence = sentences[record.pk]


@admin.register(EventRecord)
class EventRecordAdmin(BigList, ReadOnlyAdmin, MachineryAdmin):
    page_template = "admin/events/eventrecord/page.html"
    list_display = ["happened", "who", "what", "source", "actor"]
    list_filter = [KindFilter]
    list_select_related = ["contact", "actor"]
    ordering = ["-pk"]
    counted_as = _("%(count)s events")
    empty_title = _("Nothing has happened yet")
    empty_hint = _("Every change to a contact, a group or a tag is written down here.")

    happened = ago_column("at", _("when"))

    def get_ordering(self, request: HttpRequest) -> list[str]:
        """As they came; of one kind as they happened, which an index knows."""
        return ["-at", "-pk"] if request.GET.get("kind") else ["-pk"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LogPage

    @display(description=_("who"))
    def who(self, record: EventRecord) -> str:
        return render_to_string("admin/events/eventrecord/who.html", {"record": record})

    @display(description=_("what happened"))
    def what(self, record: EventRecord) -> str:
        return record.sentence

    def page(self, request: HttpRequest, shown: EventRecord) -> dict[str, Any]:
        deliveries = shown.deliveries.order_by("pk")
        return {
            "title": tell([shown])[shown.pk],
            "printed": printed(shown.facts),
            "deliveries": [(hearer(each.subscriber), each) for each in deliveries],
        }


@admin.register(Delivery)
class DeliveryAdmin(JobAdmin):
    list_display = ["hears", "of", "standing", "created", "why"]
    list_filter = ["status", "lane"]
    list_select_related = ["event"]
    counted_as = _("%(count)s deliveries")
    empty_title = _("No delivery yet")
    empty_hint = _(
        "When something happens, each part of the product that has to know gets a "
        "delivery. Finished ones go after 30 days."
    )

    @display(description=_("who has to hear of it"))
    def hears(self, delivery: Delivery) -> str:
        return hearer(delivery.subscriber)

    @display(description=_("what happened"))
    def of(self, delivery: Delivery) -> str:
        kind = KINDS.get(delivery.event.kind)
        return kind.title if kind else delivery.event.kind

    def what(self, delivery: Delivery) -> str:
        return tell([delivery.event])[delivery.event_id]

    def facts(self, request: HttpRequest, delivery: Delivery) -> list[tuple[Any, Any]]:
        return [
            (_("what happened"), self.what(delivery)),
            (_("who has to hear of it"), self.hears(delivery)),
            (_("when"), delivery.event.at),
            *super().facts(request, delivery),
        ]

    def papers(self, delivery: Delivery) -> list[tuple[Any, Any]]:
        return [
            (_("Facts"), printed(delivery.event.facts)),
            (_("For developers"), delivery.subscriber),
        ]


def printed(facts: dict[str, Any]) -> str:
    """Facts hold ids only, never anything personal; what opens a door is left out."""
    shown = {name: fact for name, fact in facts.items() if name != "welcome_code"}
    return json.dumps(shown, ensure_ascii=False, indent=2, sort_keys=True)
