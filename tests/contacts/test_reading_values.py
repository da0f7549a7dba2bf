"""What people write into a field, and what is meant by it."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from apps.contacts.attribute_models import Attribute
from apps.contacts.reading_values import Field, NotOfTheField, Value, read_value

OPTIONS = {"会员": 1, "非会员": 2, "A/B": 3, "VIP": 4}


def field(type: str) -> Field:
    return Field(Attribute(name="字段", type=type), OPTIONS)


@pytest.mark.parametrize(
    ("type", "written", "value"),
    [
        ("text", "  教师 ", Value(text="教师")),
        ("number", "1,200", Value(number=Decimal(1200))),
        ("number", "１２．５", Value(number=Decimal("12.5"))),  # full width
        ("number", "3万", Value(number=Decimal(30_000))),
        ("number", "-0.0001", Value(number=Decimal("-0.0001"))),
        ("number", 12, Value(number=Decimal(12))),
        ("money", "99.5", Value(fen=9950)),
        ("money", "¥1,234.56", Value(fen=123_456)),
        ("money", "￥ 20元", Value(fen=2000)),
        ("money", "1.2万", Value(fen=1_200_000)),
        ("money", 0.1, Value(fen=10)),
        ("date", "2026-03-08", Value(day=date(2026, 3, 8))),
        ("date", "2026年3月8日", Value(day=date(2026, 3, 8))),
        ("date", "2026/3/8 14:08:00", Value(day=date(2026, 3, 8))),
        ("date", "20260308", Value(day=date(2026, 3, 8))),
        ("date", datetime(2026, 3, 8, 14), Value(day=date(2026, 3, 8))),  # noqa: DTZ001
        ("yes_no", "是", Value(yes=True)),
        ("yes_no", "ＮＯ", Value(yes=False)),
        ("choice", "会员", Value(choice=1)),
        ("choice", "ＶＩＰ", Value(choice=4)),
        ("choices", "会员、VIP", Value(choices=(1, 4))),
        ("choices", "VIP；会员, VIP", Value(choices=(1, 4))),
        ("choices", "A/B", Value(choices=(3,))),  # a name with a mark in it
        ("choices", ["会员"], Value(choices=(1,))),
    ],
)
def test_what_is_meant(type, written, value):
    assert read_value(field(type), written) == value


@pytest.mark.parametrize("type", Attribute.Type.values)
@pytest.mark.parametrize("written", ["", "   ", "\u3000", None])
def test_nothing_is_no_value(type, written):
    assert read_value(field(type), written) is None


@pytest.mark.parametrize(
    ("type", "written", "why"),
    [
        ("text", "长" * 501, "「字段」超过 500 个字符。"),
        ("text", "a\x00b", "「字段」含有无法保存的字符。"),
        ("number", "很多", "「字段」应为数字，例如 1200 或 3.5；「很多」不是。"),
        ("number", "NaN", "应为数字"),
        ("number", "1e400", "应为数字"),
        ("number", "9" * 20, "应为数字"),
        ("number", "1.00001", "小数点后超过 4 位"),
        ("money", "1.005", "小数点后超过 2 位"),
        ("money", "$5", "应为金额（元），例如 99.50"),
        ("date", "2026-02-31", "应为日期，例如 2026-03-08"),
        ("date", "0001-01-01", "不是合理的日期"),
        ("date", "昨天", "应为日期"),
        ("yes_no", "可能", "应为「是」或「否」"),
        ("choice", "黑名单", "只能是：会员、非会员、A/B、VIP；「黑名单」不是。"),
        ("choices", "会员、黑名单", "只能是：会员、非会员、A/B、VIP；「黑名单」不是。"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(type, written, why):
    with pytest.raises(NotOfTheField) as refusal:
        read_value(field(type), written)

    assert why in str(refusal.value)
