"""Two segments beside each other, one dealt by lot, and RFM in the browser's words."""

import pytest

from apps.segments.compare import Overlap, PartsOutOfReach, overlap, split
from apps.segments.keep import freeze_as
from apps.segments.models import Segment, SegmentContact
from apps.staff.models import Scope
from tests import make
from tests.backoffice.attacked import signed_in
from tests.conftest import day

pytestmark = pytest.mark.django_db


def listed(name: str, contacts) -> Segment:
    numbers = [contact.pk for contact in contacts]
    return freeze_as(numbers, name=name, folder="", by=make.root(), at=day(1))


def members(segment: Segment) -> set[int]:
    rows = SegmentContact.objects.filter(segment=segment)
    return set(rows.values_list("contact", flat=True))


def seeing_all():
    return signed_in(make.sees(make.user(role="manager"), Scope.ALL))


def test_what_two_have_in_common():
    people = [make.contact() for _number in range(5)]

    found = overlap(listed("一", people[:3]), listed("二", people[2:]))

    assert found == Overlap(only_one=2, both=1, only_other=2)
    assert found.share == 0.2


def test_a_lot_deals_everybody_once_and_the_same_seed_deals_alike():
    people = [make.contact() for _number in range(7)]
    whole = listed("全部", people)

    def dealt(seed: str) -> list[set[int]]:
        made = split(segment=whole, parts=3, seed=seed, by=make.root(), at=day(2))
        found = [members(each) for each in made]
        Segment.objects.exclude(pk=whole.pk).delete()
        return found

    first = dealt("a")
    assert sorted(map(len, first)) == [2, 2, 3]
    assert set.union(*first) == members(whole)
    assert first == dealt("a")
    assert first != dealt("b")
    for parts in (1, 11):
        with pytest.raises(PartsOutOfReach):
            split(segment=whole, parts=parts, seed="", by=make.root(), at=day(2))


def test_lists_are_made_of_whom_one_can_wait_for_and_of_who_is_known():
    segment = make.segment("流失")
    visitor = seeing_all()

    def said(deed: str, **told) -> str:
        address = f"/admin/segments/segment/{segment.pk}/{deed}/"
        return visitor.post(address, told, follow=True).content.decode()

    for fields, words in (
        ({"many": 200_001}, "最多由 20 万人生成"),
        ({"many": 1, "version": 2}, "仍在计算中"),
    ):
        Segment.objects.filter(pk=segment.pk).update(**fields)
        assert words in said("freeze", name="名单")
        assert words in said("split", parts="2")
    assert Segment.objects.count() == 1


def test_the_pages_show_and_do_it():
    people = [make.contact() for _number in range(4)]
    one, other = listed("甲群", people[:3]), listed("乙群", people[2:])
    visitor = seeing_all()

    page = visitor.get(f"/admin/segments/segment/{one.pk}/change/?beside={other.pk}")
    assert page.context_data["overlap"] == Overlap(2, 1, 1)
    visitor.post(
        f"/admin/segments/segment/{one.pk}/split/", {"parts": "2", "seed": "x"}
    )
    assert Segment.objects.filter(name__contains="/2 x").count() == 2


def test_a_list_is_brought_by_numbers_and_ids_of_whom_one_may_see():
    ann = make.employee("安")
    mine = [make.follow(make.contact(owner=ann), employee=ann) for _n in range(2)]
    other = make.contact()
    visitor = make.sees(make.user(role="manager", employee=ann), Scope.SELF)
    first, second = mine
    text = f"#{first.identity.contact_id}\n{second.identity.value}\n{other.pk}\nwmX\n"

    answer = signed_in(visitor).post(
        "/admin/segments/segment/bring/", {"name": "名单", "text": text}, follow=True
    )

    made = Segment.objects.get(name="名单")
    assert members(made) == {f.identity.contact_id for f in mine}
    assert "2 行" in answer.content.decode()
    answer = signed_in(visitor).post(
        "/admin/segments/segment/bring/", {"name": "空", "text": "13800138000"}
    )
    assert "没有一行" in answer.content.decode()


class TestRfm:
    HERE = "/admin/segments/segment/rfm/"

    def test_each_number_leads_to_a_rule_that_finds_as_many(self):
        for number in range(6):
            make.order(make.contact(), paid_at=day(1), amount=1_000 * (number + 1))

        page = seeing_all().get(self.HERE, {"days": "730", "n": "3"})

        found = page.context_data["found"]
        assert found.buyers == 6
        for row in page.context_data["heat"]:
            for cell in row["cells"]:
                if cell["many"]:
                    builder = seeing_all().get(cell["address"])
                    assert builder.context_data["data"]["rule"]
                    assert builder.context_data["told"]["name"]

    @pytest.mark.parametrize(
        "asked",
        [
            {"days": "1e9", "n": "99", "channel": "'; DROP TABLE x"},
            {"recency": "1,2", "frequency": "a,b,c,d", "money": "4,3,2,1"},
            {"money": "9" * 300, "recency": "-1,2,3,4"},
        ],
    )
    def test_what_makes_no_sense_is_passed_over(self, asked):
        make.order(make.contact(), paid_at=day(1))

        page = seeing_all().get(self.HERE, asked)

        assert page.status_code == 200
        assert page.context_data["found"].asked.cuts == {}

    def test_is_told_to_those_who_see_everybody(self):
        ann = make.employee("安")
        visitor = make.sees(make.user(role="manager", employee=ann), Scope.SELF)

        page = signed_in(visitor).get(self.HERE)

        assert "found" not in page.context_data
        employee = signed_in(make.user(role="employee"))
        assert employee.get(self.HERE).status_code == 403

    def test_a_rule_that_a_link_brings_is_only_one_that_is_understood(self):
        builder = "/admin/segments/segment/build/"

        for told in ('{"field": "password"}', "x", '{"all": []}'):
            page = seeing_all().get(builder, {"rule": told})
            assert page.context_data["data"]["rule"] is None
