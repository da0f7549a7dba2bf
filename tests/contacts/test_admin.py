"""The list of contacts and the page of one: found, filtered, opened."""

import pytest
from django.urls import reverse

from apps.contacts.models import Contact, Follow
from apps.contacts.phones import add_phones, found_by
from apps.events.models import EventRecord
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

LIST = "/admin/contacts/contact/"


@pytest.fixture
def see(client):
    """see(q="曾"): the names in the list, first to last."""
    client.force_login(make.user(role="admin"))

    def names(**asked) -> list[str]:
        page = client.get(LIST, asked)
        assert page.status_code == 200
        return [row["contact"].name for row in page.context["cl"].rows]

    return names


@pytest.fixture
def people() -> dict[str, Follow]:
    ann, bob = make.employee("安琪"), make.employee("伯涛")
    zeng = make.follow(
        make.contact("曾小贤", owner=ann, added_at=day(3)), employee=ann, add_way=1
    )
    left = make.follow(
        make.contact("赵敏", standing=Contact.Standing.LEFT, added_at=day(2)),
        employee=bob,
        ended_at=day(4),
        ended_by=Follow.EndedBy.CONTACT,
    )
    phones = found_by(zeng.identity.contact_id, ["13800005678"])
    add_phones(phones, source=EventRecord.Source.CALLBACK, at=day(1))
    return {"zeng": zeng, "left": left}


class TestFinding:
    @pytest.mark.parametrize(
        "term", ["曾", "小贤", "zengx", "cengxiao", "zxx", "5678", "138 0000 5678"]
    )
    def test_by_name_pinyin_initials_or_phone(self, see, people, term):
        assert see(q=term) == ["曾小贤"]

    @pytest.mark.parametrize("term", ["1380", "00005678", "没有这个人", "%", "_", "'"])
    def test_nobody_by_a_part_of_a_phone_or_by_nonsense(self, see, people, term):
        assert see(q=term) == []

    def test_by_an_id_of_wecom(self, see, people):
        people["left"].identity.value = "wm-1234567890"
        people["left"].identity.save()

        assert see(q="wm-1234567890") == ["赵敏"]


class TestFiltering:
    def test_shows_the_newest_first(self, see, people):
        assert see() == ["曾小贤", "赵敏"]

    def test_by_what_we_know_of_them(self, see, people):
        ann, bob = (people[who].employee_id for who in ("zeng", "left"))
        for question, found in [
            ({"standing": "left"}, ["赵敏"]),
            ({"owner": ann}, ["曾小贤"]),
            ({"owner": "none"}, ["赵敏"]),
            ({"way": 1}, ["曾小贤"]),
            ({"added_from": "2026-03-03"}, ["曾小贤"]),
            ({"added_to": "2026-03-02"}, ["赵敏"]),
            ({"follower": bob}, []),
            ({"follower": f"{bob}.contact"}, ["赵敏"]),
        ]:
            assert see(**question) == found, question

    def test_by_tag_and_by_group(self, see, people):
        tag, group = make.tag(), make.group_chat()
        make.tagging(tag, people["zeng"])
        make.stay(group, people["left"])

        assert see(tag=tag.pk) == ["曾小贤"]
        assert see(group=group.pk) == ["赵敏"]
        assert see(group="any") == ["赵敏"]
        assert see(group="none") == ["曾小贤"]

    @pytest.mark.parametrize(
        "question",
        [{"owner": "9" * 30}, {"tag": "x"}, {"standing": "nobody"}, {"group": "-1"}],
    )
    def test_nonsense_finds_nobody(self, see, people, question):
        assert see(**question) == []

    def test_says_what_is_filtered_for_and_leads_back(self, client, see, people):
        page = client.get(LIST, {"owner": people["zeng"].employee_id, "q": "zeng"})

        chips = page.context["cl"].chips
        assert [(chip.title, chip.words) for chip in chips] == [
            ("搜索", "zeng"),
            ("归属员工", "安琪"),
        ]
        assert "q=" not in chips[0].without
        assert "owner=" not in chips[1].without


class TestThePage:
    def test_shows_who_serves_them_and_what_they_carry(self, client, people):
        client.force_login(make.user(role="admin"))
        make.tagging(make.tag("重点客户"), people["zeng"])
        make.stay(make.group_chat("健身1群"), people["zeng"])
        address = page_of(people["zeng"])

        page = client.get(address).content.decode()

        for words in ("曾小贤", "安琪", "重点客户", "健身1群", "138 **** 5678"):
            assert words in page
        assert "13800005678" not in page

    def test_warns_of_who_left(self, client, people):
        client.force_login(make.user(role="admin"))

        page = client.get(page_of(people["left"])).content.decode()

        assert "已于 2026-03-04 09:00 删除伯涛" in page


def page_of(follow: Follow) -> str:
    pk = follow.identity.contact_id
    return reverse("admin:contacts_contact_change", args=[pk])
