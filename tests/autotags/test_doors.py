"""The builder and its rehearsal, the page of a rule: what only a door does."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.autotags.models import Hit, TagRule
from apps.staff.models import Scope
from apps.tags.models import Tagging, TagGroup
from tests import make
from tests.backoffice.attacked import signed_in

pytestmark = pytest.mark.django_db

RULES = "/admin/autotags/tagrule/"
LEFT = {"field": "standing", "op": "any", "value": ["left"]}


@pytest.fixture
def own():
    return make.tag("新客", group=make.tag_group(kind=TagGroup.Kind.OWN), wecom_id="")


@pytest.fixture
def boss():
    return signed_in(make.user(role="admin"))


def asked(tags=(), *, scene="follow", narrowed=None, rule=None):
    told = {"scene": scene, "narrowed": narrowed or {}, "rule": rule}
    return told | {"tags": [tag.pk for tag in tags]}


def rehearse(visitor, told):
    return visitor.post(f"{RULES}rehearse/", told, content_type="application/json")


def added(contact, *, days_ago: int, **facts):
    at = timezone.now() - timedelta(days=days_ago)
    told = {"follow_id": contact.pk, "employee_id": 1} | facts
    return make.event("FollowStarted", at=at, contact=contact, **told)


def test_a_rehearsal_tells_whom_it_would_have_hit_in_thirty_days(boss, own):
    lost = make.contact("张三", standing="left")
    added(lost, days_ago=3), added(lost, days_ago=4, follow_id=0)
    added(make.contact("李四"), days_ago=3)
    added(make.contact("王五", standing="left"), days_ago=31)
    Tagging.objects.create(contact=lost, tag=own, source="person")

    told = rehearse(boss, asked([own], rule=LEFT)).json()

    assert (told["many"], [p["name"] for p in told["people"]]) == ("1", ["张三"])
    assert "2 次" in told["note"] and "1 位" in told["note"]
    assert "已删除我们" in told["sentence"]
    assert not Hit.objects.exists()
    assert rehearse(boss, asked([own])).json()["many"] == "2"


@pytest.mark.parametrize(
    "told",
    [
        "not JSON",
        {"scene": "drop table"},
        {"scene": ["follow"]},
        {"scene": "follow", "narrowed": {"owner__password": "x"}},
        {"scene": "follow", "narrowed": {"employees": ["1) OR 1=1"]}},
        {"scene": "follow", "narrowed": {"hours": [18, 9]}},
        {"scene": "entered", "narrowed": {}},
        {"scene": "follow", "rule": {"field": "x", "op": "y"}},
        {"scene": "follow", "tags": ["x"]},
        {"scene": "follow", "more": 1},
    ],
)
def test_nonsense_is_refused_in_words(boss, told):
    answer = rehearse(boss, told)

    assert answer.status_code == 400
    assert answer.json().get("refused") or answer.json()["wrongs"]


def test_is_made_switched_on_and_shown_with_its_hits(boss, own):
    told = {
        "name": "门店新客",
        "told": json.dumps(asked([own], narrowed={"hours": [9, 18]})),
    }

    page = boss.post(f"{RULES}build/", told)

    rule = TagRule.objects.get()
    assert (page.url, rule.is_on) == (f"{RULES}{rule.pk}/change/", False)
    boss.post(f"{RULES}{rule.pk}/switch/", {"on": "yes"})
    make.hit(rule, contact=make.contact("张三"), reason=[["名称包含「张」", "张三"]])
    page = boss.get(page.url).content.decode()
    assert "门店新客" in page and "9 ～ 18" in page
    assert "张三" in page and "名称包含" in page and "撤销" in page
    assert "门店新客" in boss.get(RULES).content.decode()
    assert own.name in boss.get(f"{RULES}{rule.pk}/build/").content.decode()


def test_what_is_wrong_is_said_and_what_was_typed_stays(boss, own):
    told = {"name": "门店新客", "told": json.dumps(asked([], rule=LEFT))}

    page = boss.post(f"{RULES}build/", told).content.decode()

    assert "请选择 1 到 20 个" in page and "门店新客" in page and "standing" in page
    assert not TagRule.objects.exists()


def test_whoever_sees_only_some_makes_none_and_sees_only_theirs(own):
    rule = make.tag_rule(own)
    ann = make.employee("安")
    mine = make.contact("我的", owner=ann, served_by=[ann.pk])
    make.hit(rule, contact=mine), make.hit(rule, contact=make.contact("别人的"))
    visitor = make.sees(make.user(role="manager", employee=ann), Scope.SELF)

    page = signed_in(visitor).get(f"{RULES}{rule.pk}/change/").content.decode()

    assert "我的" in page and "别人的" not in page
    assert rehearse(signed_in(visitor), asked([own])).status_code == 403
    for address in ("build/", f"{rule.pk}/switch/", f"{rule.pk}/take-back/"):
        assert signed_in(visitor).post(f"{RULES}{address}").status_code == 403
