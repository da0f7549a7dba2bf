"""Ready-made audiences: layers that do not overlap, saved by one click; RFM of one's
own, whose cells are a word of rules."""

from datetime import timedelta
from itertools import combinations

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import Max
from django.utils import timezone

from apps.audit.models import AuditRow
from apps.contacts.models import Contact
from apps.orders.models import Order
from apps.rules.compile import found_by
from apps.rules.tree import read
from apps.segments.audiences import AUDIENCES, audiences_for, keep_layer
from apps.segments.models import RfmSetting, Segment
from apps.segments.rfm import Asked, rfm
from apps.segments.rfm_setting import cell_names, keep_setting, key_of
from apps.staff.models import Scope
from tests import make
from tests.backoffice.attacked import signed_in
from tests.conftest import day
from tests.rules.living import NOW, people

pytestmark = pytest.mark.django_db

BUILD = "/admin/segments/segment/build/"
RFM = "/admin/segments/segment/rfm/"


def bought(*days_ago: int, discount: int = 0, amount: int = 10_000) -> Contact:
    contact = make.contact()
    for number in days_ago:
        at = day(20 - number)
        order = make.order(contact, paid_at=at, placed_at=at, amount=amount)
        Order.objects.filter(pk=order.pk).update(discount=discount)
    return contact


def an_administrator():
    return signed_in(make.user(role="admin"))


def audience(name: str) -> set[int]:
    [found] = [each for each in AUDIENCES if each.name == name]
    return set(found_by(read(found.rule), at=NOW).members)


@pytest.mark.parametrize(
    ("days_ago", "layer"),
    [
        ((5,), "active"),
        ((5, 100), "active"),
        ((5, 100, 400), "active"),
        ((5, 200), "won_back"),
        ((89, 181), "won_back"),
        ((90,), "dormant"),
        ((364,), "dormant"),
        ((365,), "lost"),
    ],
)
def test_each_buyer_is_in_one_part_of_the_life_cycle(days_ago, layer):
    contact = bought(*days_ago)

    parts = ("new", "active", "won_back", "dormant", "lost")
    assert [part for part in parts if contact.pk in audience(part)] == [layer]


def test_layers_of_value_and_of_the_second_purchase_do_not_overlap():
    people(200)
    assert Order.objects.aggregate(last=Max("paid_at"))["last"] <= NOW

    for layer in (
        ("new", "active", "won_back", "dormant", "lost"),
        ("valuable", "middling", "small"),
        ("second", "second_late", "second_never"),
    ):
        for one, other in combinations(layer, 2):
            assert not audience(one) & audience(other)


def test_who_buys_half_at_a_discount_is_sensitive_to_prices():
    thrifty = bought(1, 2, 3, discount=500)
    bought(1, 2, 3)
    bought(1, discount=500)

    assert audience("thrifty") == {thrifty.pk}


def test_birthdays_are_offered_where_there_is_a_field():
    user = make.root()
    assert "birthday" not in [each.name for each in audiences_for(user)]
    make.attribute("生日", "date")

    assert "birthday" in [each.name for each in audiences_for(user)]


def test_a_whole_layer_is_saved_and_nothing_twice():
    by = make.user(role="manager")

    made = keep_layer(of="second", by=by, at=NOW)

    assert {str(each) for each in made} == {
        "待二购客户",
        "二购已迟",
        "很久前只买过一次",
    }
    assert {each.folder for each in made} == {"促二购"}
    assert not keep_layer(of="second", by=by, at=NOW)
    assert not keep_layer(of="nothing", by=by, at=NOW)
    page = signed_in(by).get("/admin/segments/segment/").content.decode()
    assert "现成人群" in page
    assert signed_in(by).post("/admin/segments/segment/ready/", {"of": "new"})
    assert Segment.objects.filter(folder="生命周期").count() == 5


class TestOurOwnRfm:
    def test_a_kept_cell_finds_whom_the_heat_map_counts(self):
        for number in range(12):
            bought(*range(number, number + 1 + number % 4), amount=1_000 * number)
        asked = Asked(today=timezone.localdate(NOW), classes=3)
        found = rfm(asked)
        names = {"111": "  大  客户 "}

        kept = keep_setting(found=found, names=names, by=make.root(), at=NOW)

        assert kept.names == {"111": "大 客户"}
        assert cell_names(kept)[True, True, True] == "大 客户"
        assert AuditRow.objects.filter(about_kind="segments.rfmsetting").exists()
        for cell, many in found.cells().items():
            rule = {"field": "rfm_cell", "op": "any", "value": [key_of(cell)]}
            assert found_by(read(rule), at=NOW).many == many

    def test_it_is_kept_and_named_in_the_browser(self):
        bought(1)
        bought(5, 6)
        visitor = an_administrator()
        product = make.product()

        assert "rfm_cell" not in visitor.get(BUILD).content.decode()

        told = {"days": 730, "n": 3, "product": product.pk, "recency": "20, 40"}
        answer = visitor.post(f"{RFM}keep/", {**told, "111": "大客户"})

        assert answer.url == RFM
        kept = RfmSetting.objects.get()
        assert (kept.days, kept.classes, kept.products) == (730, 3, [product.pk])
        assert kept.recency == [20, 40]
        page = visitor.get(RFM).content.decode()
        assert product.name in page
        assert "rfm_cell" in visitor.get(BUILD).content.decode()
        page = visitor.get(f"{RFM}?days=730&n=3").content.decode()
        assert "大客户" in page

    def test_what_is_kept_counts_what_the_page_showed(self):
        for number in range(6):
            bought(*range(1, number + 2), amount=1_033 + number)
        visitor = an_administrator()
        page = visitor.get(f"{RFM}?days=730&n=3")
        shown = {cut["name"]: cut["text"] for cut in page.context_data["cuts"]}

        visitor.post(f"{RFM}keep/", {"days": 730, "n": 3, **shown})

        found = page.context_data["found"]
        assert tuple(RfmSetting.objects.get().money) == found.cuts["money"]
        assert any(cut % 100 for cut in found.cuts["money"])
        assert visitor.get(RFM).context_data["is_kept"]

    @pytest.mark.parametrize(
        "told",
        [{"recency": "7, 800000"}, {"111": "大\0客户"}, {"money": "1.234, 5"}],
    )
    def test_what_could_not_be_reckoned_is_not_kept(self, told):
        bought(1)
        visitor = an_administrator()

        visitor.post(f"{RFM}keep/", {"days": 730, "n": 3, **told})

        kept = RfmSetting.objects.get()
        assert kept.recency[-1] < 1_000 and kept.names in ({}, {"111": "大客户"})
        rule = {"field": "rfm_cell", "op": "any", "value": ["111", "000"]}
        assert found_by(read(rule), at=NOW).many <= 1

    def test_what_takes_too_long_says_so(self, monkeypatch):
        def asleep(*_asked):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(5)")

        monkeypatch.setattr("apps.segments.builder.PATIENCE", timedelta(seconds=0.05))
        monkeypatch.setattr("apps.segments.rfm_page.rfm", asleep)
        monkeypatch.setattr("apps.segments.builder.rfm", asleep)
        visitor = an_administrator()

        assert "计算量过大" in visitor.get(RFM).content.decode()
        answer = visitor.post(f"{RFM}keep/", {"n": 3}, follow=True)
        assert "计算量过大" in answer.content.decode()
        assert not RfmSetting.objects.exists()

    def test_is_not_for_whoever_sees_only_some(self):
        visitor = signed_in(make.sees(make.user(role="manager"), Scope.SELF))

        assert visitor.post(f"{RFM}keep/", {"n": 3}).status_code == 403

    def test_is_for_those_who_may_change_segments_and_see_orders(self):
        bought(1)
        manager = signed_in(make.sees(make.user(role="manager"), Scope.ALL))
        page = manager.get(RFM, {"days": 730, "n": 3})
        assert page.context_data["found"].buyers == 1
        assert "rfm/keep" not in page.content.decode()
        assert manager.post(f"{RFM}keep/", {"n": 3}).status_code == 403

        user = make.user(role="admin")
        orders = Permission.objects.get(codename="view_order")
        for group in user.groups.all():
            group.permissions.remove(orders)
        visitor = signed_in(user)
        assert visitor.post(f"{RFM}keep/", {"n": 3}).status_code == 403
