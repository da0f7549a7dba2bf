"""The builder, the page, the filter of the list and REST: what only a door does."""

import json

import pytest

from apps.audit.models import AuditRow
from apps.contacts.models import Contact
from apps.segments.models import Segment
from apps.staff.models import Scope
from tests import make
from tests.backoffice.attacked import signed_in
from tests.orders.telling import Shop

pytestmark = pytest.mark.django_db

BUILD = "/admin/segments/segment/build/"
PREVIEW = "/admin/segments/segment/preview/"
WHY = "/admin/segments/segment/why/"
LEFT = {"field": "standing", "op": "any", "value": ["left"]}


def ask(visitor, address, told):
    return visitor.post(address, told, content_type="application/json")


def manager(**fields):
    return signed_in(make.user(role="manager", **fields))


def seeing_all():
    return signed_in(make.sees(make.user(role="manager"), Scope.ALL))


class TestTheCount:
    def test_tells_how_many_as_of_when_who_and_in_which_words(self):
        make.contact("张三", standing="left")
        make.contact("李四")

        told = ask(seeing_all(), PREVIEW, LEFT).json()

        assert told["many"] == "1"
        assert len(told["at"]) == len("14:03:12")
        assert [person["name"] for person in told["people"]] == ["张三"]
        assert "流失" in told["sentence"] or "“" in told["sentence"]

    def test_counts_only_those_whom_the_visitor_may_see(self):
        ann = make.employee("安")
        mine = make.contact("我的", standing="left", owner=ann, served_by=[ann.pk])
        make.contact("别人的", standing="left")
        visitor = make.sees(make.user(role="manager", employee=ann), Scope.SELF)

        told = ask(signed_in(visitor), PREVIEW, LEFT).json()

        assert (told["many"], told["people"][0]["id"]) == ("1", mine.pk)

    @pytest.mark.parametrize(
        ("told", "place"),
        [
            (
                {"field": "owner__user__password", "op": "regex", "value": "^p"},
                "/field",
            ),
            ({"all": [LEFT, {"field": "name", "op": "__class__"}]}, "/all/1/op"),
            ({"_connector": "OR"}, ""),
            ({**LEFT, "value": ["left') OR 1=1 --"]}, "/value"),
            ("not JSON", ""),
            ("[" * 50_000, ""),
            ("1" * 200_000, ""),
        ],
    )
    def test_refuses_what_is_no_rule_with_its_place(self, told, place):
        answer = ask(seeing_all(), PREVIEW, told)

        assert answer.status_code == 400
        assert answer.json()["wrongs"][0]["place"] == place

    def test_is_for_those_who_may_build(self):
        assert (
            ask(signed_in(make.user(role="employee")), PREVIEW, LEFT).status_code == 403
        )
        assert seeing_all().get(PREVIEW).status_code == 405

    def test_names_of_group_chats_out_of_reach_are_not_told(self):
        chat = make.group_chat("董事会")
        rule = {"field": "in_groups", "op": "any", "value": [chat.pk]}
        ann = make.employee("安")
        visitor = make.sees(make.user(role="manager", employee=ann), Scope.SELF)

        told = ask(signed_in(visitor), PREVIEW, rule).json()

        assert "董事会" not in json.dumps(told, ensure_ascii=False)


class TestWhy:
    def test_says_which_part_holds_and_by_what(self):
        contact = make.contact("张三", standing="left")
        make.order(contact, paid_at=make.day(2), amount=12_300)
        rule = {
            "all": [LEFT, {"field": "order_sum", "op": "at_least", "value": 50_000}]
        }

        told = ask(seeing_all(), WHY, {"rule": rule, "contact": contact.pk})

        page = told.content.decode()
        assert "张三 不在人群中" in page
        assert "¥123.00" in page
        assert page.count("check_circle") == 1

    def test_tells_nothing_of_whoever_is_out_of_reach(self):
        ann = make.employee("安")
        visitor = make.sees(make.user(role="manager", employee=ann), Scope.SELF)
        told = {"rule": LEFT, "contact": make.contact().pk}

        assert ask(signed_in(visitor), WHY, told).status_code == 404


class TestSaving:
    def test_keeps_the_rule_and_writes_it_down(self):
        visitor = seeing_all()

        answer = visitor.post(
            BUILD, {"rule": json.dumps(LEFT), "name": " 流失  客户 ", "folder": "运营"}
        )

        made = Segment.objects.get()
        assert answer.url == f"/admin/segments/segment/{made.pk}/change/"
        assert (made.name, made.folder, made.rule) == ("流失 客户", "运营", LEFT)
        assert AuditRow.objects.filter(deed="added").exists()
        assert "流失 客户" in visitor.get(answer.url).content.decode()

    def test_shows_why_not_and_keeps_what_was_typed(self):
        make.segment("流失")

        answer = seeing_all().post(BUILD, {"rule": json.dumps(LEFT), "name": "流失"})

        page = answer.content.decode()
        assert "已有同名人群" in page
        assert "standing" in page

    def test_whoever_may_only_see_changes_nothing(self):
        segment = make.segment()
        visitor = signed_in(make.user(role="employee"))
        for address in (
            BUILD,
            f"/admin/segments/segment/{segment.pk}/build/",
            f"/admin/segments/segment/{segment.pk}/freeze/",
            f"/admin/segments/segment/{segment.pk}/remove/",
        ):
            told = {"rule": json.dumps(LEFT), "name": "x"}
            assert visitor.post(address, told).status_code == 403
        assert Segment.objects.count() == 1


def test_the_list_of_contacts_shows_who_is_in_a_segment():
    inside = make.contact("在里面", standing="left")
    make.contact("在外面")
    segment = make.segment()

    page = seeing_all().get(f"/admin/contacts/contact/?segment={segment.pk}")

    assert inside.name in page.content.decode()
    assert "在外面" not in page.content.decode()
    beside = f"/admin/contacts/contact/{inside.pk}/later/?place=side"
    assert segment.name in seeing_all().get(beside).content.decode()


def test_how_large_a_segment_is_is_told_to_those_who_see_all():
    for _number in range(3):
        make.contact(standing="left")
    segment = make.segment()
    ann = make.employee("安")
    visitor = make.sees(make.user(role="manager", employee=ann), Scope.SELF)

    page = signed_in(visitor).get(f"/admin/segments/segment/{segment.pk}/change/")

    assert page.context_data["seen"] == "0"
    assert not page.context_data["tells_size"]


class TestRest:
    def test_lists_counts_names_members_and_answers_for_one(self):
        inside, outside = make.contact(standing="left"), make.contact()
        segment = make.segment("流失")
        shop = Shop(make.key("segments:read"))
        here = f"/api/v1/segments/{segment.pk}"

        [listed] = shop.ask("/api/v1/segments").json()["data"]
        assert (listed["id"], listed["name"], listed["count"]) == (
            str(segment.pk),
            "流失",
            1,
        )
        assert shop.ask(here).json() == listed
        [member] = shop.ask(f"{here}/members").json()["data"]
        assert member["contact_id"] == str(inside.pk)
        for contact, expected in ((inside, True), (outside, False)):
            told = shop.ask(f"{here}/members/{contact.pk}").json()
            assert told["is_member"] is expected

    def test_is_for_keys_that_may_read_segments(self):
        segment = make.segment()
        shop = Shop(make.key("orders:read"))

        for way in ("", f"/{segment.pk}", f"/{segment.pk}/members"):
            assert shop.ask(f"/api/v1/segments{way}").status_code == 403

    @pytest.mark.parametrize(
        "query",
        [
            {"limit": "1e9"},
            {"name__regex": "(a+)+$"},
            {"rule": '{"_connector": "OR"}'},
            {"ordering": "many"},
            {"kind": "rule' OR 1=1"},
        ],
    )
    def test_refuses_what_it_does_not_know(self, query):
        answer = Shop(make.key("segments:read")).ask("/api/v1/segments", **query)

        assert answer.status_code == 400

    def test_a_contact_or_segment_that_is_not_there_is_not_found(self):
        segment = make.segment()
        shop = Shop(make.key("segments:read"))

        assert shop.ask("/api/v1/segments/999999").status_code == 404
        ghost = f"/api/v1/segments/{segment.pk}/members/999999"
        assert shop.ask(ghost).status_code == 404


def test_everybody_who_sees_contacts_may_see_in_which_segments_they_are():
    assert Contact.objects.count() == 0
    page = signed_in(make.user(role="employee")).get("/admin/segments/segment/")

    assert page.status_code == 200
