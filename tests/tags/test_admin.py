"""The lists of tags and of their groups, and the page of each."""

import pytest
from django.urls import reverse

from apps.tags.models import Tag, TagGroup
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

GROUPS, TAGS = "/admin/tags/taggroup/", "/admin/tags/tag/"


@pytest.fixture
def admin(client):
    client.force_login(make.user(role="admin"))
    return client


@pytest.fixture
def vip() -> Tag:
    """重点客户 in 客户等级, which two carry; in the same group one that is deleted."""
    level = make.tag_group("客户等级", order=2)
    vip = make.tag("重点客户", group=level)
    for name in ("曾小贤", "赵敏"):
        make.tagging(vip, make.follow(make.contact(name)))
    make.tag("老标签", group=level, deleted_at=day(2))
    strategy = make.tag_group("行业", kind=TagGroup.Kind.STRATEGY, order=1)
    make.tag("教育", group=strategy)
    return vip


def groups_in(page) -> list[tuple[str, list[tuple[str, int]]]]:
    return [
        (group.name, [(tag.name, many) for tag, many in tags])
        for group, tags, _wanted in page.context["cl"].rows
    ]


def test_groups_are_listed_with_their_tags(admin, vip):
    rows = groups_in(admin.get(GROUPS))

    assert [(name, [tag for tag, _many in tags]) for name, tags in rows] == [
        ("客户等级", ["重点客户"]),
        ("行业", ["教育"]),
    ]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "等级"}, ["客户等级"]),
        ({"q": "重点"}, ["客户等级"]),  # by the name of one of its tags
        ({"kind": "strategy"}, ["行业"]),
        ({"deleted": "1"}, []),
        ({"q": "没有"}, []),
    ],
)
def test_groups_are_found_and_filtered(admin, vip, asked, found):
    rows = groups_in(admin.get(GROUPS, asked))

    assert [name for name, _tags in rows] == found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["重点客户", "教育"]),
        ({"deleted": "1"}, ["老标签"]),
        ({"deleted": "all"}, ["重点客户", "老标签", "教育"]),
        ({"q": "重点"}, ["重点客户"]),
        ({"q": "行业"}, ["教育"]),  # by the name of its group
    ],
)
def test_tags_are_found_and_filtered(admin, vip, asked, found):
    page = admin.get(TAGS, asked)

    assert [tag.name for tag, _many in page.context["cl"].rows] == found


def test_the_page_of_a_tag_counts_who_carries_it_and_shows_the_newest(admin, vip):
    page = admin.get(reverse("admin:tags_tag_change", args=[vip.pk]))

    assert page.context["many"] == 2
    for name in ("曾小贤", "赵敏", "客户等级"):
        assert name in page.content.decode()


def test_the_page_of_a_group_shows_deleted_tags_as_well(admin, vip):
    page = admin.get(reverse("admin:tags_taggroup_change", args=[vip.group_id]))

    assert [row["tag"].name for row in page.context["rows"]] == ["重点客户", "老标签"]
