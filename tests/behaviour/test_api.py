"""What other systems report that people did."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.behaviour.models import Behaviour
from apps.contacts.models import Contact
from apps.events.models import EventRecord
from tests import make
from tests.orders.telling import Shop, order

pytestmark = pytest.mark.django_db

EVENTS = "/api/v1/events"


def event(number: str = "b1", **told):
    return {
        "id": number,
        "kind": "page_viewed",
        "title": "浏览了商品页",
        "at": "2026-03-01T09:00:00+08:00",
        "contact": {"openid": "o-1", "appid": "wx1"},
        "facts": {"product": "sku-1", "深": [1, 2.5, None, "🙂"]},
        **told,
    }


@pytest.fixture
def shop():
    return Shop()


def tell(shop: Shop, *events):
    return shop.tell({"events": list(events)}, address=EVENTS)


def outcomes(answer) -> list[str]:
    return [result["outcome"] for result in answer.json()["results"]]


class TestReporting:
    def test_keeps_what_somebody_did(self, shop):
        answer = tell(shop, event())

        assert answer.json() == {"results": [{"id": "b1", "outcome": "kept"}]}
        kept, contact = Behaviour.objects.get(), Contact.objects.get()
        assert (kept.system, kept.contact, kept.kind) == (
            "youzan",
            contact,
            "page_viewed",
        )
        assert kept.facts == event()["facts"]
        told = EventRecord.objects.get(kind="BehaviourReported")
        assert told.facts == {"behaviour_id": kept.pk, "name": "page_viewed"}
        assert (told.contact_id, told.at) == (contact.pk, kept.at)

    def test_keeps_each_once(self, shop):
        assert outcomes(tell(shop, event(), event())) == ["kept", "repeated"]
        assert outcomes(tell(shop, event("b2"), event())) == ["kept", "repeated"]

        assert Behaviour.objects.count() == 2
        assert EventRecord.objects.filter(kind="BehaviourReported").count() == 2

    def test_of_several_each_stands_for_itself(self, shop):
        answer = tell(
            shop,
            event("b1"),
            event("b2", kind="Page Viewed"),
            7,
            event("b3", facts={"a": "\x00"}),
            event("b4"),
        )

        assert outcomes(answer) == ["kept", "refused", "refused", "refused", "kept"]
        assert answer.json()["results"][1]["errors"][0]["pointer"] == "#/kind"

    def test_belongs_to_whoever_ordered_as_well(self, shop):
        shop.tell(order(contact={"id": "42"}))
        tell(shop, event(contact={"id": "42"}))

        assert Contact.objects.count() == 1

    @pytest.mark.parametrize(
        ("wrong", "pointer"),
        [
            ({"id": ""}, "#/id"),
            ({"id": 1}, "#/id"),
            ({"kind": "Viewed"}, "#/kind"),
            ({"at": "9000-01-01T00:00:00Z"}, "#/at"),
            ({"at": "2100-01-01T00:00:00Z"}, "#/at"),
            ({"contact": {}}, "#/contact"),
            ({"facts": []}, "#/facts"),
            ({"facts": {"a": "x" * 5_000}}, "#/facts"),
            ({"facts": {"a": "\ud83d"}}, "#/facts"),
            ({"facts": {"\udc00": "a"}}, "#/facts"),
            ({"facts": {"a\x00": "a"}}, "#/facts"),
            ({"points": 100}, "#/points"),
        ],
    )
    def test_refuses_what_is_wrong(self, shop, wrong, pointer):
        answer = tell(shop, event(**wrong))

        [result] = answer.json()["results"]
        assert answer.status_code == 200
        assert [error["pointer"] for error in result["errors"]] == [pointer]
        assert not Behaviour.objects.exists()

    def test_takes_a_backslash_for_what_it_is(self, shop):
        told = event(facts={"a": "\\u0000", "b": "\\\\ud800", "c": "😀\\"})

        assert outcomes(tell(shop, told)) == ["kept"]
        assert Behaviour.objects.get().facts == told["facts"]

    @pytest.mark.parametrize(
        "body", ["{}", '{"events": []}', '{"events": {}}', "[]", '{"events": [1e999]}']
    )
    def test_refuses_what_is_no_list(self, shop, body):
        answer = shop.http.post(
            EVENTS, body, content_type="application/json", headers=shop.headers
        )

        assert answer.status_code == 400

    def test_takes_five_hundred_and_no_more(self, shop):
        many = [event(f"b{n}", contact={"id": f"{n}"}) for n in range(501)]

        assert tell(shop, *many).status_code == 400
        with CaptureQueriesContext(connection) as asked:
            assert set(outcomes(tell(shop, *many[1:]))) == {"kept"}
        assert len(asked) < 25
        assert Contact.objects.count() == 500

    def test_needs_the_right_to_do_it(self):
        assert tell(Shop(make.key("orders:write")), event()).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_sixteen_who_report_the_same_at_once_are_kept_once():
    shown = make.key()
    together = threading.Barrier(16)
    told: list[str] = []

    def one(number: int) -> None:
        shop = Shop(shown)
        together.wait()
        events = [event(f"b{n}", contact={"id": f"{n % 7}"}) for n in range(40)]
        told.extend(outcomes(tell(shop, *(events if number % 2 else events[::-1]))))
        connection.close()

    threads = [threading.Thread(target=one, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(told) == ["kept"] * 40 + ["repeated"] * 600
    assert (Behaviour.objects.count(), Contact.objects.count()) == (40, 7)
