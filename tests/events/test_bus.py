"""record() what happened, subscribe() to hear of it."""

from dataclasses import dataclass

import pytest

from apps.contacts.models import Contact
from apps.events.bus import record, record_all, subscribe
from apps.events.event import Event, event_of
from apps.events.models import Delivery, EventRecord
from tests.conftest import day

Source = EventRecord.Source


@dataclass(frozen=True, kw_only=True)
class Knocked(Event):
    """Only the tests knock."""

    door: str
    times: int = 1


heard: list[Knocked] = []


@subscribe(Knocked)
def open_the_door(event: Knocked) -> None:
    heard.append(event)


@subscribe(Knocked)
def look_out_of_the_window(event: Knocked) -> None:
    """A second subscriber, who fails or not alone."""


def knock(**about) -> Knocked:
    return Knocked(**{"at": day(1), "source": Source.CALLBACK, "door": "a"} | about)


@pytest.mark.django_db
class TestRecord:
    def test_writes_one_delivery_for_each_subscriber(self):
        row = record(knock())

        assert sorted(row.deliveries.values_list("subscriber", flat=True)) == [
            f"{__name__}.look_out_of_the_window",
            f"{__name__}.open_the_door",
        ]

    def test_what_the_first_pull_finds_is_recorded_and_nobody_hears_of_it(self):
        record_all(knock(source=Source.FIRST_PULL) for _time in range(3))

        assert EventRecord.objects.count() == 3
        assert not Delivery.objects.exists()

    def test_the_subscriber_hears_what_was_recorded(self):
        contact = Contact.objects.create(added_at=day(1))
        event = knock(contact_id=contact.pk, door="b", times=3)

        record(event)
        for delivery in Delivery.objects.all():
            delivery.work_off()

        assert heard == [event]

    def test_facts_that_an_event_no_longer_knows_fall_away(self):
        row = record(knock())
        row.facts = {"door": "c", "colour": "red"}

        assert event_of(row) == knock(door="c")

    def test_carries_no_contact_where_there_is_none(self):
        assert record(knock()).contact_id is None
