"""A request that comes again has its effect once, and the same answer."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.common.api.once import forget_old_answers
from apps.common.models import KeptAnswer
from apps.events.models import EventRecord
from apps.orders import api
from apps.orders.models import Order
from tests import make
from tests.orders.telling import Shop, order

pytestmark = pytest.mark.django_db


def test_the_first_answer_comes_again():
    shop = Shop()

    first = shop.tell(order(), key="k")
    again = shop.tell(order(), key="k")

    assert (again.status_code, again.json()) == (201, first.json())
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert EventRecord.objects.filter(kind="OrderPlaced").count() == 1


def test_the_same_json_written_otherwise_is_the_same():
    shop = Shop()
    shop.tell(order(), key="k")

    again = shop.tell(dict(reversed(order().items())), key="k")

    assert again["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", " ", "a b", "a" * 300, "schlüssel"])
def test_without_a_key_nothing_is_done(key):
    shop = Shop()

    answer = shop.http.post(
        "/api/v1/orders",
        order(),
        content_type="application/json",
        headers=shop.headers | {"Idempotency-Key": key},
    )

    assert answer.status_code == 400
    assert answer.json()["code"] == "idempotency_key_missing"
    assert not Order.objects.exists()


def test_another_body_under_the_same_key_is_refused():
    shop = Shop()
    shop.tell(order("e1"), key="k")

    answer = shop.tell(order("e2"), key="k")

    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")
    assert Order.objects.count() == 1


def test_another_clients_key_is_another_key():
    Shop().tell(order("e1"), key="k")

    answer = Shop(make.key(of=make.client("收银台", system="till"))).tell(
        order("e2"), key="k"
    )

    assert answer.status_code == 201
    assert answer.json()["results"][0]["number"] == "e2"


def test_what_was_refused_is_not_kept():
    shop = Shop()

    assert shop.tell(order(amount=-1), key="k").status_code == 400
    assert shop.tell(order(), key="k").status_code == 201


def test_what_went_wrong_had_no_effect(monkeypatch):
    def breaks(*_args):
        raise RuntimeError

    shop = Shop()
    with monkeypatch.context() as broken:
        broken.setattr(api, "kept", breaks)  # after the order was written
        assert shop.tell(order(), key="k").status_code == 500

    assert not Order.objects.exists()
    assert shop.tell(order(), key="k").json()["results"][0]["outcome"] == "created"


def test_a_day_later_the_key_is_free():
    shop = Shop()
    shop.tell(order(), key="k")
    KeptAnswer.objects.update(at=timezone.now() - timedelta(hours=24))

    answer = shop.tell(order("e2"), key="k")

    assert answer.status_code == 201
    assert KeptAnswer.objects.count() == 1


def test_old_answers_are_forgotten():
    Shop().tell(order(), key="k")

    forget_old_answers(at=timezone.now() + timedelta(hours=23))
    assert KeptAnswer.objects.exists()
    forget_old_answers(at=timezone.now() + timedelta(hours=25))
    assert not KeptAnswer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_sixteen_at_once_one_does_it_and_nobody_else(monkeypatch):
    """Attack 21."""

    def slowly(*args, **kwargs):
        time.sleep(0.5)
        return told(*args, **kwargs)

    told = api.tell
    monkeypatch.setattr(api, "tell", slowly)
    shown = make.key()
    together = threading.Barrier(16)
    answers = []

    def one() -> None:
        shop = Shop(shown)
        together.wait()
        answers.append(shop.tell(order(), key="k"))
        connection.close()

    threads = [threading.Thread(target=one) for _each in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    done = [answer for answer in answers if answer.status_code == 201]
    busy = [answer for answer in answers if answer.status_code == 409]
    assert len(done) + len(busy) == 16
    assert len({answer.content for answer in done}) == 1
    assert sum("Idempotency-Replayed" not in answer for answer in done) == 1
    assert all(answer["Retry-After"] == "1" for answer in busy)
    assert EventRecord.objects.filter(kind="OrderPlaced").count() == 1
