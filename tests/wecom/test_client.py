"""HTTP to WeCom: what is sent, what is understood, what is never shown."""

import logging
import time
from datetime import timedelta

import pytest
from wechatpy.enterprise import WeChatClient

from apps.wecom.calls import call
from apps.wecom.client import Client, client_of
from apps.wecom.errors import (
    WeComBusy,
    WeComRefused,
    WeComUnreachable,
)
from apps.wecom.models import Receiver
from tests.wecom.host import HangUp

pytestmark = pytest.mark.django_db(transaction=True)

IPS = "getcallbackip"
WELCOME = "externalcontact.send_welcome_msg"


class TestRequest:
    def test_goes_to_the_address_of_the_settings_also_for_a_token(self, host):
        call(IPS)

        assert [a.name for a in host.asked] == ["gettoken", IPS]

    def test_names_the_corp_and_the_secret_once(self, host, settings):
        call(IPS)

        assert host.asked[0].query == {
            "corpid": settings.WECOM_CORP_ID,
            "corpsecret": settings.WECOM_APP_SECRET,
        }

    def test_holds_json_in_utf_8_without_what_was_left_out(self, host):
        call(
            "externalcontact.remark",
            userid="ann",
            external_userid="wm-1",
            remark="张先生",
        )

        [asked] = host.of("externalcontact/remark")
        assert asked.method == "POST"
        assert asked.body == {
            "userid": "ann",
            "external_userid": "wm-1",
            "remark": "张先生",
        }

    def test_is_made_by_wechatpys_client(self):
        assert isinstance(client_of(Receiver.APP), WeChatClient)

    def test_keeps_its_connection_open(self, host):
        for _time in range(5):
            call(IPS)

        assert len(host.connections) == 1

    def test_has_a_connection_of_its_own_if_it_must_not_be_repeated(self, host):
        call(IPS)
        call(WELCOME, welcome_code="code")

        assert len(host.connections) == 2

    def test_follows_no_redirect(self, host):
        host.answers = lambda asked: 302

        with pytest.raises(WeComUnreachable):
            call(IPS)

        assert [a.name for a in host.asked] == ["gettoken", IPS]

    def test_of_wechatpys_own_style_works_too(self, host):
        host.answers = lambda asked: {"ip_list": ["1.2.3.4"]}

        answer = client_of(Receiver.APP).get("getcallbackip")

        assert answer["ip_list"] == ["1.2.3.4"]


class TestAnswer:
    @pytest.mark.parametrize(
        "answer", [{}, {"errcode": 0}, {"errcode": "0"}, {"errcode": None}]
    )
    def test_without_an_errcode_is_a_good_one(self, host, answer):
        host.answers = lambda asked: answer | {"ip_list": ["1.2.3.4"]}

        assert call(IPS)["ip_list"] == ["1.2.3.4"]
        assert call(IPS)["errcode"] == 0

    @pytest.mark.parametrize(
        "answer", [b"", b"<html>", b"[]", b"1", b"null", 500, 502, 404, 302]
    )
    def test_that_is_none_is_no_answer(self, host, answer):
        host.answers = lambda asked: answer

        with pytest.raises(WeComUnreachable) as failure:
            call(IPS)

        assert failure.value.sent

    @pytest.mark.parametrize(
        ("content", "name"),
        [
            (b'{"name": "x\\u0000y"}', "xy"),
            (b'{"name": "x\x00y"}', "xy"),
            (b'{"name": "x\\ud83dy"}', "xy"),
            (b'{"name": "\\ud83d\\ude00"}', "\U0001f600"),
            (b'{"name": "tab\there"}', "tab\there"),
            (b'\xef\xbb\xbf{"name": "x"}', "x"),
            (b'{"name": "\xff"}', "\ufffd"),
        ],
    )
    def test_holds_what_the_database_can_keep(self, host, content, name):
        host.answers = lambda asked: content

        assert call(IPS)["name"] == name

    def test_may_be_nested_beyond_reason(self, host):
        host.answers = lambda asked: b"[" * 100_000

        with pytest.raises(WeComUnreachable):
            call(IPS)

    def test_that_never_ends_is_given_up(self, host):
        host.answers = lambda asked: b" " * (33 * 1024 * 1024)

        with pytest.raises(WeComUnreachable):
            call(IPS)


class TestRefusal:
    @pytest.mark.parametrize("errcode", [40058, 84061, 60011, 48002, 999999])
    def test_is_raised_at_once_with_its_code(self, host, errcode):
        host.answers = lambda asked: {"errcode": errcode, "errmsg": "free text"}

        with pytest.raises(WeComRefused) as refusal:
            call(IPS)

        assert refusal.value.errcode == errcode
        assert str(refusal.value).endswith(f"（错误码 {errcode}）。")
        assert len(host.of(IPS)) == 1

    def test_over_a_setting_is_logged_for_the_operator(self, host, caplog):
        host.answers = lambda asked: {"errcode": 60020}

        with pytest.raises(WeComRefused):
            call(IPS)

        [record] = [r for r in caplog.records if r.levelno >= logging.ERROR]
        assert (record.endpoint, record.errcode) == (IPS, 60020)


class TestBusyWeCom:
    @pytest.mark.parametrize("errcode", [-1, 6000, 45033, 45035])
    def test_is_asked_again_with_pauses(self, host, errcode):
        codes = iter([errcode, errcode, 0])
        host.answers = lambda asked: {"errcode": next(codes)}
        began = time.monotonic()

        answer = call(IPS, patience=timedelta(seconds=10))

        assert answer["errcode"] == 0
        assert time.monotonic() - began > 1

    def test_is_left_alone_after_three_more_times(self, host):
        host.answers = lambda asked: {"errcode": -1}

        with pytest.raises(WeComBusy) as busy:
            call(IPS)

        assert busy.value.errcode == -1
        assert len(host.of(IPS)) == 4

    def test_is_waited_for_if_there_is_patience(self, host):
        codes = iter([-1, -1, -1, -1, -1, 0])
        host.answers = lambda asked: {"errcode": next(codes)}

        assert call(IPS, patience=timedelta(seconds=20))["errcode"] == 0

    def test_is_not_waited_for_beyond_the_limit_of_the_call(self, host):
        host.answers = lambda asked: {"errcode": -1}
        client = Client(Receiver.APP)
        began = time.monotonic()

        with client.within(timedelta(seconds=1)), pytest.raises(WeComBusy):
            client.get(IPS)

        assert time.monotonic() - began < 1.5


class TestSilence:
    def test_is_given_up_when_the_time_is_over(self, host):
        call(IPS)
        host.answers = lambda asked: time.sleep(5) or {}
        client = client_of(Receiver.APP)
        began = time.monotonic()

        with client.within(timedelta(seconds=0.5)), pytest.raises(WeComUnreachable):
            client.get(IPS)

        assert time.monotonic() - began < 2

    def test_may_hide_an_effect(self, host):
        def hang_up(asked):
            raise HangUp

        call(IPS)
        host.answers = hang_up

        with pytest.raises(WeComUnreachable) as failure:
            call(IPS)

        assert failure.value.sent

    def test_hides_none_where_nobody_listens(self, settings):
        settings.WECOM_API_URL = "http://127.0.0.1:9"

        with pytest.raises(WeComUnreachable) as failure:
            call(IPS)

        assert not failure.value.sent

    def test_is_not_repeated_by_patience_if_it_must_not_be(self, host):
        def hang_up(asked):
            raise HangUp

        host.answers = hang_up

        with pytest.raises(WeComUnreachable):
            call(WELCOME, welcome_code="code", patience=timedelta(seconds=5))

        assert len(host.of("externalcontact/send_welcome_msg")) == 1
