"""A body that is no JSON, or too much of it, is refused before it does harm."""

import io
import time
from types import SimpleNamespace

import pytest
from rest_framework.exceptions import ParseError

from apps.common.api.parsing import StrictJsonParser, is_too_deep
from apps.common.api.problems import Problem


def parse(body: bytes):
    stream = io.BytesIO(body)
    request = SimpleNamespace(META={"CONTENT_LENGTH": str(len(body))}, read=stream.read)
    return StrictJsonParser().parse(request)


def test_reads_what_is_json():
    assert parse('{"名": [1, -2.5, null, true, "[[[["]}'.encode()) == {
        "名": [1, -2.5, None, True, "[[[["]
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"NaN",
        b'{"a": Infinity}',
        b'{"a": 1, "a": 2}',
        b"\xff\xfe",
        '{"a": "\u00e9"}'.encode("latin-1"),
        b"1" * 19,
        b"1" * 100_000,
        b"[" * 21 + b"]" * 21,
        b"[" * 1_000_000,
        b'{"a":' * 100_000,
    ],
    ids=range(12),
)
def test_refuses_what_is_none_or_goes_too_far(body):
    began = time.process_time()

    with pytest.raises(ParseError):
        parse(body)

    assert time.process_time() - began < 1


def test_refuses_what_is_too_large_unread():
    request = SimpleNamespace(META={"CONTENT_LENGTH": str(3 * 1024 * 1024)}, read=None)

    with pytest.raises(Problem) as refused:
        StrictJsonParser().parse(request)

    assert refused.value.status_code == 413


def test_looks_once_at_a_string_that_never_ends():
    began = time.process_time()

    assert not is_too_deep('"' + '\\"' * 1_000_000)
    assert time.process_time() - began < 1
