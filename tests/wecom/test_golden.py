"""The client understands what the fact sheet says WeCom answers, file by file.

The same files are put to the sandbox (tests/sandbox/test_golden.py), so that both
cannot err alike.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from apps.wecom.calls import CALLS, call
from apps.wecom.client import client_of
from apps.wecom.errcodes import Kind, explain
from apps.wecom.errors import TokenRejected, WeComBusy, WeComRefused, WeComUnreachable
from apps.wecom.models import Receiver

pytestmark = pytest.mark.django_db(transaction=True)

FILES = Path(__file__).parent.parent / "payloads/wecom"
STEPS = [
    pytest.param(step, id=f"{file.stem}-{number}")
    for file in sorted(FILES.glob("*.json"))
    for number, step in enumerate(json.loads(file.read_text("utf-8")), start=1)
]
BY_PATH = {call.path: call for call in CALLS.values()}
# A refusal that our client takes for an empty answer.
EMPTY = {("externalcontact/list", 84061), ("externalcontact/batch/get_by_user", 84061)}


def arguments_of(step: dict[str, Any]) -> dict[str, Any] | None:
    """What our method would be given for this request; None if it takes no such."""
    request = step["request"]
    given = {k: v for k, v in request["query"].items() if k != "access_token"}
    if isinstance(request["body"], dict):
        given |= request["body"]
    try:
        BY_PATH[step["call"]].check(given)
    except (KeyError, TypeError):
        return None
    return given


def put(step: dict[str, Any]) -> dict[str, Any]:
    """Make the call by its name, or by its path where we have no method for it."""
    arguments = arguments_of(step)
    if arguments is not None:
        return call(BY_PATH[step["call"]].name, **arguments)
    client = client_of(Receiver.APP)
    body = step["request"]["body"]
    if body is None:
        return client.get(step["call"])
    return client.post(step["call"], data=body if isinstance(body, dict) else {})


@pytest.mark.parametrize("step", STEPS)
def test_an_answer_is_understood(host, step):
    if step["call"] == "gettoken":
        host.tokens = lambda asked: step["answer"]
        step = step | {"call": "getcallbackip", "answer": step["answer"]}
    host.answers = lambda asked: step.get("status") or step["answer"]
    answer = step["answer"]
    errcode = answer.get("errcode", 0) if isinstance(answer, dict) else 0
    kind = explain(errcode).kind

    if step.get("status", 200) != 200:
        with pytest.raises(WeComUnreachable):
            put(step)
    elif not errcode or (step["call"], errcode) in EMPTY:
        understood = put(step)
        if not errcode:
            assert understood | answer | {"next_cursor": ""} == understood | {
                "next_cursor": ""
            }
    elif kind is Kind.RELOGIN:
        with pytest.raises(TokenRejected):
            put(step)
        assert len(host.of("gettoken")) == 2
    elif kind in (Kind.BUSY, Kind.PAUSE):
        with pytest.raises(WeComBusy) as busy:
            put(step)
        assert busy.value.errcode == errcode
    else:
        with pytest.raises(WeComRefused) as refusal:
            put(step)
        assert refusal.value.errcode == errcode


@pytest.mark.parametrize(
    "step", [step for step in STEPS if arguments_of(step.values[0]) is not None]
)
def test_a_request_is_the_one_that_wecom_expects(host, step):
    host.answers = lambda asked: {"errcode": 0}
    expected = step["request"]

    put(step)

    asked = host.asked[-1]
    assert asked.method == expected["method"]
    assert f"/cgi-bin/{asked.name}" == expected["path"]
    ours = asked.query if expected["body"] is None else asked.body
    given = {k: v for k, v in arguments_of(step).items() if v is not None}
    if expected["body"] is None:
        given = {name: str(value) for name, value in given.items()}
    assert ours | given == ours
