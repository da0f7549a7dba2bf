"""Find a person, a group or a page from anywhere, within what one may see."""

import pytest

from apps.groups.models import GroupChat
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def find(client):
    def ask(term: str, *, role: str = "employee") -> dict[str, list[str]]:
        everybody = make.sees(make.user(role=role), "all")
        client.force_login(everybody)
        found = client.get("/admin/search/", {"s": term}).context["found"]
        return {str(kind.title): [hit.title for hit in kind.hits] for kind in found}

    return ask


@pytest.mark.parametrize(
    "term", ["张三丰", "三丰", "zhangsanfeng", "zsf", "ZSF", " zsf "]
)
def test_finds_a_contact_by_name_pinyin_and_initials(find, term):
    make.contact("张三丰")
    make.contact("李四")

    assert find(term) == {"客户": ["张三丰"]}


def test_finds_employees_and_pages_too(find):
    make.employee("童话")

    assert find("th") == {"员工": ["童话"]}
    assert find("标签") == {"页面": ["标签"]}
    assert find("bq") == {"页面": ["标签"]}


def test_shows_no_page_that_may_not_be_opened(find):
    assert find("回调") == {}
    assert find("回调", role="manager") == {"页面": ["回调"]}


def test_shows_a_handful_of_each_kind(find):
    for _ in range(9):
        make.contact("王伟")

    assert len(find("王伟")["客户"]) == 8


@pytest.mark.parametrize("term", ["", " ", "%", "\x00", "a" * 5_000, "' OR 1=1 --"])
def test_finds_nothing_in_nonsense(find, term):
    make.contact("张三丰")

    assert find(term) == {}


def test_counts_its_hits_for_the_keyboard(client):
    make.contact("标签大王")
    client.force_login(make.sees(make.user(role="employee"), "all"))

    found = client.get("/admin/search/", {"s": "标签"}).context["found"]

    assert [hit.number for kind in found for hit in kind.hits] == [1, 2]


def test_asks_little_of_the_database(client, django_assert_max_num_queries):
    GroupChat.objects.create(wecom_id="wr1", name="张家群")
    make.contact("张三丰")
    client.force_login(make.user(role="manager"))

    with django_assert_max_num_queries(12):
        client.get("/admin/search/", {"s": "zhang"})


def test_finds_views_and_what_one_may_do(find):
    make.saved_view(name="流失客户")

    assert find("lskh") == {"视图": ["流失客户"]}
    assert find("导入客户", role="manager") == {"操作": ["导入客户"]}
    assert find("导入客户") == {}


def test_names_what_was_opened_within_what_one_sees(client):
    me = make.employee()
    mine, theirs = make.contact("张三", owner=me), make.contact("李四")
    client.force_login(make.user(role="employee", employee=me))
    told = f"staff.user:1,contacts.contact:{theirs.pk},contacts.contact:{mine.pk},x"

    found = client.get("/admin/search/", {"recent": told}).context["found"]

    assert [(str(k.title), [h.title for h in k.hits]) for k in found] == [
        ("最近打开", ["张三"])
    ]
