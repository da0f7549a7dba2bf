"""One id through the web server, the worker, and the call to WeCom."""

import logging

import pytest
from celery import shared_task
from django.db import transaction

from apps.common.tracing import known, logged_as, request_id
from scrm.celery import app
from scrm.embedded.part import wait_for
from tests import make
from tests.conftest import day


@pytest.fixture
def asked():
    """Something is done on behalf of a request."""
    token = request_id.set("request-12345")
    yield "request-12345"
    request_id.reset(token)


@shared_task(name="tests.say_what_is_known")
def say_what_is_known(lane: str) -> dict:
    return known()


def sent_by(act) -> list[dict]:
    """The messages that reach the broker while something is done."""
    with app.connection_for_write() as broker:
        channel = broker.default_channel
        queue = "callback"
        app.amqp.queues[queue](channel).declare()
        channel.queue_purge(queue)
        act()
        found = []
        # a bell is sent by a thread of its own, a moment later
        wait_for(lambda: channel._size(queue), seconds=2)
        while message := channel.basic_get(queue, no_ack=True):
            found.append(message)
        return found


class TestTracedTask:
    def test_takes_the_id_of_the_request_along(self, asked):
        [message] = sent_by(
            lambda: say_what_is_known.apply_async(args=["callback"], queue="callback")
        )

        assert message.headers["request_id"] == asked

    def test_takes_nothing_along_where_nobody_asked(self):
        [message] = sent_by(
            lambda: say_what_is_known.apply_async(args=["callback"], queue="callback")
        )

        assert "request_id" not in message.headers

    def test_works_on_behalf_of_that_request_and_no_longer(self):
        headers = {"request_id": "request-6789"}

        said = say_what_is_known.apply(args=["callback"], headers=headers).get()

        assert said == {"request_id": "request-6789"}
        assert known() == {}


@pytest.mark.django_db(transaction=True)
class TestLoggedAs:
    def test_names_the_job_and_the_event(self):
        event = make.event("FollowStarted", at=day(1))
        delivery = event.deliveries.create(subscriber="x", lane="news")

        with logged_as(delivery):
            within = known()

        assert within == {
            "job": f"events.Delivery {delivery.pk}",
            "event_id": event.pk,
        }
        assert known() == {}

    def test_says_how_it_ended(self, caplog):
        callback = make.callback()

        with caplog.at_level(logging.INFO), logged_as(callback):
            callback.status = "done"

        [line] = [r for r in caplog.records if r.name == "apps.common.tracing"]
        assert (line.status, line.lane) == ("done", "callback")
        assert line.milliseconds >= 0

    def test_is_over_when_something_goes_wrong(self):
        with pytest.raises(ValueError), logged_as(make.callback()):
            raise ValueError

        assert known() == {}


@pytest.mark.django_db(transaction=True)
def test_a_bell_that_a_request_rings_carries_its_id(asked):
    def keep_something():
        with transaction.atomic():
            make.callback().ring()

    [message] = sent_by(keep_something)

    assert message.headers["request_id"] == asked
    assert message.payload[0] == ["callback"]  # the lane, and nothing else
