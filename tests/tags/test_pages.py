"""The page where managers keep groups and tags in order."""

import pytest
from django.urls import reverse

from apps.tags import keep_order
from apps.tags.models import Tag, TagChange, TagGroup
from apps.wecom.models import Command
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db
LIST = reverse("admin:tags_taggroup_changelist")


def door(name: str, *args: int, of: str = "taggroup") -> str:
    return reverse(f"admin:tags_{of}_{name}", args=args)


@pytest.fixture
def boss(client):
    client.force_login(make.user("boss", role="manager"))
    return client


@pytest.fixture
def intent() -> TagGroup:
    group = make.tag_group("意向", kind=TagGroup.Kind.OWN, wecom_id="")
    for order, name in ((30, "高"), (20, "中"), (10, "低")):
        make.tag(name, group=group, wecom_id="", order=order)
    return group


def names(group: TagGroup) -> list[str]:
    return [tag.name for tag in keep_order.standing_tags(group)]


def text(answer) -> str:
    return answer.content.decode()


def test_a_group_of_our_own_is_made_with_its_tags(boss):
    page = boss.post(
        door("make"), {"name": "意向", "tags": "高\n低", "kind": "own"}, follow=True
    )

    assert names(TagGroup.objects.get()) == ["高", "低"]
    assert "已保存" in text(page) and page.context["shown"].name == "意向"


def test_for_one_in_wecom_it_is_asked_and_the_list_says_so(boss):
    page = boss.post(
        door("make"), {"name": "等级", "tags": "金，银", "kind": "corp"}, follow=True
    )

    assert not TagGroup.objects.exists()
    assert Command.objects.get().arguments["group_name"] == "等级"
    assert "正在请企业微信新建标签组「等级」" in text(page)
    assert boss.get(door("news")).json() == {"running": True}


def test_what_is_refused_is_said_in_words(boss, intent):
    page = boss.post(door("make"), {"name": "意向", "kind": "own"}, follow=True)

    assert "已有同名的标签组" in text(page)


def test_tags_are_added_renamed_moved_and_deleted(boss, intent):
    high, _middle, low = keep_order.standing_tags(intent)

    boss.post(door("add_tags", intent.pk), {"tags": "无"})
    boss.post(door("rename", high.pk, of="tag"), {"name": "很高"})
    moved = boss.post(door("move", low.pk, of="tag"), {"before": high.pk})
    boss.post(door("remove", Tag.objects.get(name="中").pk, of="tag"))

    assert moved.json() == {"told": "已保存。"}
    assert names(intent) == ["低", "很高", "无"]

    boss.post(door("remove", intent.pk))
    assert names(intent) == []


def test_a_move_without_room_says_why(boss):
    level = make.tag_group("等级")
    make.tag("金", group=level, order=9)
    silver = make.tag("银", group=level, order=8)
    mine = make.tag("铜", group=level, order=1, made_here=True)

    answer = boss.post(door("move", mine.pk, of="tag"), {"before": silver.pk})

    assert answer.status_code == 409
    assert "没有空位" in answer.json()["refused"]


@pytest.mark.parametrize(
    ("kind", "said"),
    [("corp", "只能修改自己创建的标签"), ("strategy", "规则组")],
)
def test_whoever_may_not_change_it_is_told_before_they_try(boss, kind, said):
    group = make.tag_group("等级", kind=kind)
    make.tag("金", group=group)

    page = text(boss.get(door("change", group.pk)))

    assert said in page
    assert "data-move" not in page and door("remove", group.pk) not in page
    assert (door("add_tags", group.pk) in page) == (kind == "corp")


def test_what_wecom_refused_stays_until_somebody_has_seen_it(boss, intent):
    change = TagChange.objects.create(
        deed="edit",
        group=intent,
        tag=intent.tags.get(name="高"),
        wanted={"name": "很高"},
        was={"name": "高"},
        at=day(1),
        state="refused",
        errcode=40071,
    )
    for address in (LIST, door("change", intent.pk)):
        assert "40071" in text(boss.get(address))

    boss.post(door("again", change.pk))  # of our own it is done at once
    assert names(intent)[0] == "很高"

    TagChange.objects.update(seen_at=None)
    boss.post(door("seen", change.pk))
    assert "40071" not in text(boss.get(LIST))


@pytest.mark.parametrize("role", ["employee", "manager"])
def test_whoever_sees_only_some_contacts_changes_no_tags(client, intent, role):
    """A tag that goes would come off contacts of others."""
    client.force_login(make.sees(make.user("lin", role=role), "self"))
    high = intent.tags.get(name="高")

    page = text(client.get(door("change", intent.pk)))
    assert "高" in page and "data-move" not in page and 'name="tags"' not in page
    for address in (
        door("make"),
        door("read"),
        door("add_tags", intent.pk),
        door("rename", high.pk, of="tag"),
        door("move", high.pk, of="tag"),
        door("remove", high.pk, of="tag"),
    ):
        assert client.post(address, {"name": "x", "tags": "x"}).status_code == 403
    assert names(intent) == ["高", "中", "低"]


def test_the_contact_page_says_who_put_what_on(boss, intent):
    contact = make.contact("赵敏")
    lin = make.employee("林静")
    make.tagging(make.tag("金"), make.follow(contact, employee=lin))
    by = make.user("wang", first_name="王芳")
    contact.taggings.create(tag=intent.tags.get(name="高"), source="person", by=by)

    page = text(boss.get(reverse("admin:contacts_contact_change", args=[contact.pk])))

    who = page.split("谁打的标签")[1].split("</details>")[0]
    assert "林静" in who and "王芳在此打上" in who
