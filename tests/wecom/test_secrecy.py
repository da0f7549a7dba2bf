"""No secret and no token in a message, a traceback, a report or a log."""

import logging
import traceback

import pytest
from django.views.debug import ExceptionReporter

from apps.common.errors import TryLater
from apps.wecom.calls import call
from apps.wecom.errors import (
    TokenRejected,
    WeComBusy,
    WeComRefused,
    WeComUnreachable,
)
from tests.wecom.host import HangUp

pytestmark = pytest.mark.django_db(transaction=True)

IPS = "getcallbackip"


class TestSecrecy:
    @pytest.mark.parametrize(
        ("answer", "failure"),
        [
            ({"errcode": 40058}, WeComRefused),
            ({"errcode": 45009}, WeComBusy),
            ({"errcode": 40014}, TokenRejected),
            (500, WeComUnreachable),
            (b"<html>", WeComUnreachable),
            (HangUp, WeComUnreachable),
        ],
    )
    @pytest.mark.parametrize("of_the_token_itself", [False, True])
    def test_of_a_failed_call(
        self, host, settings, caplog, answer, failure, of_the_token_itself
    ):
        def answers(asked):
            if answer is HangUp:
                raise HangUp
            return answer

        if of_the_token_itself:
            host.tokens = answers
            failure = TryLater if failure is not WeComRefused else failure
        else:
            host.tokens = lambda asked: {"access_token": "a-token-of-wecoms"}
            host.answers = answers

        with caplog.at_level(logging.DEBUG), pytest.raises(Exception) as caught:
            call(IPS)

        error = caught.value
        shown = [
            *(str(error), repr(error), repr(vars(error)), repr(error.__context__)),
            "".join(traceback.format_exception(error)),
            "".join(
                traceback.TracebackException.from_exception(
                    error, capture_locals=True
                ).format()
            ),
            ExceptionReporter(None, *caught._excinfo).get_traceback_text(),
            caplog.text,
        ]
        for text in shown:
            assert settings.WECOM_APP_SECRET not in text
            assert "a-token-of-wecoms" not in text
        if answer != {"errcode": 40014} or not of_the_token_itself:
            assert isinstance(error, failure)

    def test_of_a_call_that_nobody_answers(self, settings, caplog):
        settings.WECOM_API_URL = "http://127.0.0.1:9"
        settings.WECOM_APP_SECRET = "a-secret-of-ours"

        with caplog.at_level(logging.DEBUG), pytest.raises(WeComUnreachable) as caught:
            call(IPS)

        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        assert "a-secret-of-ours" not in caplog.text
