"""What is logged, and what is not."""

import json
import logging

import pytest
from django.db import IntegrityError

from apps.common.tracing import event_id, request_id, working_on
from apps.wecom.models import Callback
from scrm.logs import JsonLine, TextLine

NAME = "欧阳清风"
DETAIL = f"duplicate key\nDETAIL:  Key (name)=({NAME}) already exists."


def record(message, *arguments, **extra):
    made = logging.LogRecord("x", logging.INFO, "x.py", 1, message, arguments, None)
    vars(made).update(extra)
    return made


@pytest.fixture(params=[JsonLine, TextLine])
def line(request):
    return request.param()


class TestLine:
    @pytest.mark.parametrize(
        "secret",
        [
            # as the settings of the tests have them
            "app-secret-for-tests",
            "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
            # the second of two keys for personal values
            "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
        ],
    )
    def test_strikes_out_every_secret_of_the_settings(self, line, secret):
        text = line.format(record("the value is %s!", secret, also=f"<{secret}>"))

        assert secret not in text
        assert "***" in text

    def test_strikes_out_tokens_in_an_address(self, line):
        text = line.format(record("GET /cgi-bin/x?access_token=abc&type=1&code=9"))

        assert "abc" not in text
        assert "access_token=***&type=1&code=***" in text

    def test_leaves_what_only_sounds_like_a_secret(self, line):
        assert "status_code=404" in line.format(record("status_code=404"))

    def test_is_one_line_whatever_is_in_the_message(self, line):
        text = line.format(record("a\r\nb\x1b[31m\x00\u2028c"))

        assert len(text.splitlines()) == 1
        assert "\x1b" not in text

    def test_shows_where_a_mistake_was_made(self, line):
        try:
            raise ValueError("app-secret-for-tests")
        except ValueError as mistake:
            told = (type(mistake), mistake, mistake.__traceback__)
            text = line.format(record("went wrong", exc_info=told))

        assert "test_logs.py" in text
        assert "app-secret" not in text

    def test_says_on_whose_behalf_it_was_written(self, line):
        tokens = [
            (request_id, request_id.set("request-1")),
            (working_on, working_on.set((Callback(pk=7),))),
            (event_id, event_id.set(41)),
        ]
        text = line.format(record("done"))
        for variable, token in tokens:
            variable.reset(token)

        for part in ("request-1", "wecom.Callback 7", "41"):
            assert part in text
        assert "request_id" not in line.format(record("done"))

    def test_leaves_the_values_out_of_a_mistake(self, line):
        try:
            raise IntegrityError(DETAIL)
        except IntegrityError as mistake:
            told = (type(mistake), mistake, mistake.__traceback__)
            texts = [
                line.format(record("went wrong", exc_info=told)),
                # others say its words once more
                line.format(record("went wrong: %s", mistake, exc_info=told)),
                line.format(record(f"went wrong: {mistake!r}", exc_info=told)),
                line.format(record("went wrong: %r", mistake)),
                line.format(record(f"went wrong: {mistake}")),
            ]

        for text in texts:
            assert NAME not in text
            assert NAME.encode("ascii", "backslashreplace").decode() not in text
        assert "IntegrityError: duplicate key" in texts[0]
        assert "test_logs.py" in texts[0]


class TestJsonLine:
    def test_tells_the_time_with_its_zone_and_what_else_is_known(self):
        told = json.loads(JsonLine().format(record("done", job="wecom.Command 7")))

        assert told["at"].endswith("+08:00")
        assert told["job"] == "wecom.Command 7"
        assert (told["level"], told["message"]) == ("info", "done")
