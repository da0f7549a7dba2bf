"""Rules read as good Chinese, and the evidence is named for one who is in and one out.

tests/rules/sentences.json holds thirty rules with their sentences. Names stand in it
for the numbers of rows: the test puts those in.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.assignment.models import Pool
from apps.followups.models import Stage
from apps.rules.explain import Part, sentence, why
from apps.rules.fields import FIELDS
from apps.rules.tree import read
from apps.segments.models import RfmSetting
from apps.staff.models import Department
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

GOLDEN = Path(__file__).parent / "sentences.json"
NOW = day(20)


@pytest.fixture
def numbers() -> dict[str, int]:
    """What the rules name, by their names."""
    cuts = {"recency": [30, 90], "frequency": [2, 4], "money": [100, 200]}
    names = {"111": "大客户"}
    RfmSetting.objects.create(pk=1, days=365, classes=3, names=names, **cuts)
    hobby = make.attribute("爱好", "choices", options=["茶", "咖啡"])
    return {
        "重点客户": make.tag("重点客户").pk,
        "母婴": make.tag("母婴").pk,
        "流失预警": make.tag("流失预警").pk,
        "林静": make.employee("林静").pk,
        "周颖": make.employee("周颖").pk,
        "门店": Department.objects.create(wecom_id=9, name="门店").pk,
        "健身1群": make.group_chat("健身1群").pk,
        "旗舰店活码": make.channel("旗舰店活码").pk,
        "福利群活码": make.group_code("福利群活码").pk,
        "沉睡客户": Pool.objects.create(name="沉睡客户").pk,
        "高山乌龙": make.product("高山乌龙").pk,
        "VIP客户": make.segment("VIP客户").pk,
        "attribute.生日": make.attribute("生日", "date").pk,
        "attribute.年收入": make.attribute("年收入", "money", fresh_days=180).pk,
        "attribute.爱好": hobby.pk,
        "attribute.会员": make.attribute("会员", "yes_no").pk,
        "有意": Stage.objects.create(name="有意", place=9).pk,
        "茶": hobby.options.get(name="茶").pk,
        "咖啡": hobby.options.get(name="咖啡").pk,
    }


def filled(told: Any, numbers: dict[str, int]) -> Any:
    if isinstance(told, dict):
        return {key: filled(value, numbers) for key, value in told.items()}
    if isinstance(told, list):
        return [filled(each, numbers) for each in told]
    if isinstance(told, str) and told.startswith("attribute."):
        return f"attribute.{numbers[told]}"
    if isinstance(told, str) and told.startswith("#"):
        return numbers[told[1:]]
    return told


def test_thirty_rules_read_as_sentences(numbers):
    golden = json.loads(GOLDEN.read_text())
    assert len(golden) >= 30

    wrong = {}
    for told in golden:
        reads = sentence(read(filled(told["rule"], numbers)))
        if reads != told["reads"]:
            wrong[reads] = told["reads"]

    assert not wrong


def test_each_word_of_the_language_is_among_them():
    told = {
        leaf["field"] for rule in json.loads(GOLDEN.read_text()) for leaf in said(rule)
    }

    assert not set(FIELDS) - told


def said(told: Any) -> Iterator[dict[str, Any]]:
    if isinstance(told, dict):
        if "field" in told:
            yield told
        for each in told.values():
            yield from said(each)
    if isinstance(told, list):
        for each in told:
            yield from said(each)


def test_a_contact_who_is_in_and_one_who_is_out_are_told_by_what(numbers):
    inside, outside = make.contact("甲"), make.contact("乙")
    follow = make.follow(inside)
    make.tagging(make.tag("新品"), follow)
    for paid, amount in ((5, 30_000), (15, 25_000)):
        make.order(inside, paid_at=day(paid), amount=amount)
    make.order(outside, paid_at=day(2), amount=100)
    rule = read(
        {
            "all": [
                {"field": "order_sum", "op": "at_least", "value": 50_000},
                {"field": "tags", "op": "known"},
                {"not": {"field": "last_order", "op": "longer_ago", "value": 7}},
            ]
        }
    )

    told = flat(why(rule, inside.pk, at=NOW))
    assert [(part.holds, part.evidence) for part in told] == [
        (True, ""),
        (True, "¥550.00"),
        (True, "新品"),
        (True, ""),
        (False, "2026-03-15 09:00"),
    ]
    told = flat(why(rule, outside.pk, at=NOW))
    assert [(part.holds, part.evidence) for part in told] == [
        (False, ""),
        (False, "¥1.00"),
        (False, "没有记录"),
        (False, ""),
        (True, "2026-03-02 09:00"),
    ]


def flat(part: Part) -> list[Part]:
    return [part, *(inner for each in part.parts for inner in flat(each))]


def test_what_is_deleted_is_said_to_be(numbers):
    rule = read({"field": "tags", "op": "any", "value": [999_999]})

    assert sentence(rule) == "标签包含“（已删除 #999999）”"
