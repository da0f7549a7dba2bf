"""What every request passes through."""

import ipaddress

import pytest
from django.http import HttpResponse

from scrm.middleware import (
    ProxiesMiddleware,
    RequestIdMiddleware,
    WireMiddleware,
    visitor,
)


@pytest.fixture(autouse=True)
def proxies(settings):
    settings.TRUSTED_PROXIES = [ipaddress.ip_network("10.0.0.0/8")]


class TestVisitor:
    @pytest.mark.parametrize(
        ("peer", "way", "expected"),
        [
            ("10.0.0.1", "8.8.8.8", "8.8.8.8"),
            # what the visitor wrote in front of it is worth nothing
            ("10.0.0.1", "127.0.0.1, 8.8.8.8", "8.8.8.8"),
            ("10.0.0.1", "8.8.8.8, 10.0.0.2", "8.8.8.8"),
            # nobody but our own proxies
            ("10.0.0.1", "10.0.0.2", "10.0.0.1"),
            ("10.0.0.1", "nonsense", "nonsense"),
        ],
    )
    def test_is_the_last_who_is_not_one_of_our_proxies(self, peer, way, expected):
        assert visitor(peer, way) == expected


class TestProxiesMiddleware:
    def seen(self, rf, **meta):
        return ProxiesMiddleware(lambda request: request)(rf.get("/", **meta))

    def test_believes_a_proxy_that_it_knows(self, rf):
        request = self.seen(
            rf,
            REMOTE_ADDR="10.0.0.1",
            HTTP_X_FORWARDED_FOR="8.8.8.8",
            HTTP_X_FORWARDED_PROTO="https",
        )

        assert request.META["REMOTE_ADDR"] == "8.8.8.8"
        assert request.is_secure()

    def test_throws_away_what_anybody_else_claims(self, rf):
        request = self.seen(
            rf,
            REMOTE_ADDR="8.8.4.4",
            HTTP_X_FORWARDED_FOR="127.0.0.1",
            HTTP_X_FORWARDED_PROTO="https",
        )

        assert request.META["REMOTE_ADDR"] == "8.8.4.4"
        assert not request.is_secure()


class TestRequestIdMiddleware:
    def answer(self, rf, **headers):
        ours = RequestIdMiddleware(lambda request: HttpResponse())
        return ours(rf.get("/", headers=headers))

    def test_hands_a_given_id_on(self, rf):
        assert self.answer(rf, x_request_id="abc-12345")["X-Request-Id"] == "abc-12345"

    @pytest.mark.parametrize("given", ["", "short", "with spaces in it", "x" * 65])
    def test_makes_one_where_none_fit_to_be_logged_is_given(self, rf, given):
        made = self.answer(rf, x_request_id=given)["X-Request-Id"]

        assert made != given
        assert len(made) == 16


class TestWireMiddleware:
    def by_way_of_all_others(self, request):
        return "a page"

    def test_lets_a_callback_pass_all_others(self, rf):
        answer = WireMiddleware(self.by_way_of_all_others)(rf.get("/wecom/callback/"))

        assert answer.status_code == 400  # the view's own word

    @pytest.mark.parametrize("path", ["/admin/", "/healthz", "/", "/wecom"])
    def test_lets_nothing_else_pass(self, rf, path):
        request = rf.get(path)

        assert WireMiddleware(self.by_way_of_all_others)(request) == "a page"

    @pytest.mark.parametrize("path", ["/wecom/", "/wecom/callback", "/wecom/x/"])
    def test_knows_no_other_address(self, client, path):
        assert client.get(path).status_code == 404
