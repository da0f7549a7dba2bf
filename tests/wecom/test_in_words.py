"""Callbacks and calls in words; phones and codes masked wherever JSON is shown."""

import json

import pytest

from apps.sync.handlers import HANDLERS
from apps.wecom.in_words import (
    CALLS,
    KINDS,
    call_in_words,
    kind_in_words,
    printed,
    subject_in_words,
)


def test_every_callback_that_is_handled_has_words():
    assert HANDLERS.keys() - KINDS.keys() == set()


def test_every_call_has_words():
    from apps.wecom import calls

    assert calls.CALLS.keys() - CALLS.keys() == set()


@pytest.mark.parametrize(
    ("event", "change", "detail", "expected"),
    [
        ("change_external_contact", "add_external_contact", "", "添加客户"),
        ("change_external_chat", "update", "add_member", "客户群变更 · 成员入群"),
        # WeCom may invent details and kinds
        ("change_external_chat", "update", "new_thing", "客户群变更"),
        ("new_event", "new_change", "", "new_event/new_change"),
        ("new_event", "", "", "new_event"),
    ],
)
def test_kinds(event, change, detail, expected):
    assert kind_in_words(event, change, detail) == expected


def test_an_unknown_call_keeps_its_name():
    assert call_in_words("some.call") == "some.call"


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("contact:wm1", ("客户", "wm1")),
        ("tag", ("标签", "")),
        ("", ("", "")),
    ],
)
def test_subjects(subject, expected):
    assert subject_in_words(subject) == expected


def test_what_is_personal_is_masked_at_any_depth():
    shown = json.loads(
        printed(
            {
                "UserID": "lin",
                "Mobile": "13812345678",
                "Email": "lin.jing@example.com",
                "WelcomeCode": "opens a door",
                "follow_user": [{"remark_mobiles": ["13900001111"], "remark": "老王"}],
                "Address": "",
            }
        )
    )

    assert shown == {
        "UserID": "lin",
        "Mobile": "138 **** 5678",
        "Email": "lin***@example.com",
        "WelcomeCode": "***",
        "follow_user": [{"remark_mobiles": ["139 **** 1111"], "remark": "老王"}],
        "Address": "",
    }
