"""Other systems read tags, and which a contact carries."""

import pytest

from apps.clients.models import Scope
from apps.tags.models import TagGroup
from tests import make
from tests.orders.telling import Shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop(make.key(Scope.TAGS_READ))


@pytest.fixture
def vip():
    level = make.tag_group("客户等级")
    make.tag("老标签", group=level, deleted_at="2026-03-02T00:00:00Z")
    own = make.tag_group("意向", kind=TagGroup.Kind.OWN, wecom_id="")
    make.tag("高", group=own, wecom_id="")
    return make.tag("重点客户", group=level)


def read(shop, path: str, **asked):
    return shop.http.get(path, asked, headers=shop.headers).json()


def test_tags_are_listed_with_their_groups(shop, vip):
    found = read(shop, "/api/v1/tags")["data"]

    assert [(t["name"], t["group"], t["kind"]) for t in found] == [
        ("重点客户", "客户等级", "corp"),
        ("高", "意向", "own"),
    ]
    assert found[0]["wecom_id"] == vip.wecom_id


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"kind": "own"}, ["高"]),
        ({"group": "客户等级"}, ["重点客户"]),
        ({"name": "x"}, []),
    ],
)
def test_they_are_found_by_what_is_asked(shop, vip, asked, names):
    assert [t["name"] for t in read(shop, "/api/v1/tags", **asked)["data"]] == names


def test_they_come_page_by_page_each_once(shop, vip):
    first = read(shop, "/api/v1/tags", limit=1)
    second = shop.http.get(first["next"], headers=shop.headers).json()

    assert [t["name"] for t in first["data"] + second["data"]] == ["重点客户", "高"]
    assert second["next"] is None


def test_a_contact_carries_a_tag_once_for_each_connection(shop, vip):
    contact = make.contact("赵敏")
    for name in ("林静", "王芳"):
        make.tagging(vip, make.follow(contact, employee=make.employee(name)))

    found = read(shop, f"/api/v1/contacts/{contact.pk}/tags")["data"]

    assert {t["name"] for t in found} == {"重点客户"}
    assert len({t["employee"] for t in found}) == 2


def test_whoever_may_not_is_told(vip):
    other = Shop(make.key(Scope.ORDERS_READ))

    assert other.http.get("/api/v1/tags", headers=other.headers).status_code == 403
