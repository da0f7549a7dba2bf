"""Errcodes in words for people."""

import re

import pytest

from apps.wecom.errcodes import Kind, explain, explanations
from apps.wecom.errors import WeComBusy, WeComRefused, WeComUnreachable

HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("errcode", explanations())
def test_every_code_has_a_cause_and_a_remedy_in_chinese(errcode):
    explanation = explain(errcode)

    for clause in (explanation.cause, explanation.remedy):
        assert HAN.search(clause)
        assert not clause.endswith(("。", " ", "；"))
        assert not re.search(
            r"[\u4e00-\u9fff][,:;()]", clause
        )  # half width after a Han character


@pytest.mark.parametrize(
    ("errcode", "kind"),
    [
        (-1, Kind.BUSY),
        (45033, Kind.BUSY),
        (45009, Kind.PAUSE),
        (40014, Kind.RELOGIN),
        (42001, Kind.RELOGIN),
        (40001, Kind.CONFIG),
        (60020, Kind.CONFIG),
        (60011, Kind.SCOPE),
        (84061, Kind.ENDED),
        (40058, Kind.REFUSED),
        # in the middle of a range
        (41303, Kind.REFUSED),
    ],
)
def test_a_code_asks_something_of_us(errcode, kind):
    assert explain(errcode).kind == kind


def test_an_unknown_code_is_a_failure_of_that_call():
    assert explain(987654).kind == Kind.REFUSED
    assert HAN.search(explain(987654).remedy)


def test_a_refusal_says_what_happened_what_to_do_and_the_code():
    assert str(WeComRefused(41051)) == (
        "该客户已开始聊天，欢迎语未重复发送。无需处理（错误码 41051）。"
    )
    assert str(WeComBusy(-1)).endswith("（错误码 -1）。")


def test_where_there_is_no_code_there_is_still_a_sentence():
    assert str(WeComBusy())
    assert str(WeComUnreachable(sent=True, detail="HTTP 502")).endswith("(HTTP 502)")
