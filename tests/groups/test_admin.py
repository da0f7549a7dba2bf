"""The list of group chats and the page of one."""

import pytest
from django.urls import reverse

from apps.groups.models import GroupChat, Stay
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

LIST = "/admin/groups/groupchat/"


@pytest.fixture
def see(client):
    client.force_login(make.user(role="admin"))

    def names(**asked) -> list[str]:
        page = client.get(LIST, asked)
        return [row["group"].name for row in page.context["cl"].rows]

    return names


@pytest.fixture
def chats() -> dict[str, GroupChat]:
    return {
        "fitness": make.group_chat("健身1群", owner=make.employee("安琪")),
        "over": make.group_chat("美业2群", dismissed_at=day(5), created_at=day(2)),
        "orphan": make.group_chat(
            "教育3群", status=GroupChat.Status.OWNER_LEFT, created_at=day(3)
        ),
    }


def test_those_that_are_dismissed_are_shown_when_asked_for(see, chats):
    assert see() == ["教育3群", "健身1群"]
    assert see(status="dismissed") == ["美业2群"]


def test_are_found_by_name_and_pinyin(see, chats):
    for term in ("健身", "jians", "js"):
        assert see(q=term) == ["健身1群"], term
    assert see(q="没有这个群") == []


def test_are_filtered_by_owner_status_and_day(see, chats):
    owner = chats["fitness"].owner_id
    for question, found in [
        ({"owner": owner}, ["健身1群"]),
        ({"status": GroupChat.Status.OWNER_LEFT.value}, ["教育3群"]),
        ({"created_from": "2026-03-02"}, ["教育3群"]),
        ({"created_to": "2026-03-02"}, ["健身1群"]),
        ({"owner": "x"}, []),
    ]:
        assert see(**question) == found, question


def test_a_page_shows_who_is_in_it_and_who_left(client, chats):
    client.force_login(make.user(role="admin"))
    here, gone = make.follow(make.contact("曾小贤")), make.follow(make.contact("赵敏"))
    make.stay(chats["fitness"], here, scene=Stay.Scene.QR_CODE)
    left = {"left_at": day(2), "left_by": Stay.LeftBy.SELF}
    make.stay(chats["fitness"], gone, **left)

    page = client.get(page_of(chats["fitness"]))

    assert page.context["here"].paginator.count == 1
    assert page.context["left"].paginator.count == 1
    for words in ("健身1群", "曾小贤", "赵敏", "安琪"):
        assert words in page.content.decode()


@pytest.mark.parametrize("number", ["x", "-1", "99999999999999999999"])
def test_a_page_of_members_that_does_not_exist_is_the_nearest(client, chats, number):
    client.force_login(make.user(role="admin"))
    make.stay(chats["fitness"], make.follow(make.contact("曾小贤")))

    page = client.get(page_of(chats["fitness"]), {"m": number, "l": number})

    assert "曾小贤" in page.content.decode()


def page_of(chat: GroupChat) -> str:
    return reverse("admin:groups_groupchat_change", args=[chat.pk])
