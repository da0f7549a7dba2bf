"""What no golden file can show: long lists, the life of a token, quirks of HTTP."""

import http.client
import socket

import pytest

from apps.sandbox.acts.registry import ACTS
from apps.sandbox.server import Server
from tests.sandbox.caller import Caller
from tests.sandbox.golden import NOW

BATCH = "externalcontact/batch/get_by_user"


def pages(call, path, body) -> list[dict]:
    """Every page, from the first to the one without a next cursor."""
    found, cursor = [], ""
    while True:
        answer = call(path, body | {"cursor": cursor})
        assert answer["errcode"] == 0
        found.append(answer)
        cursor = answer["next_cursor"]
        if not cursor:
            return found


class TestTokens:
    def test_end_after_two_hours(self, call, clock):
        call("externalcontact/get_follow_user_list")
        clock.move(7199)
        assert call("externalcontact/get_follow_user_list")["errcode"] == 0

        clock.move(1)

        refused = call("externalcontact/get_follow_user_list")["errcode"]
        assert refused in (42001, 40014)

    def test_are_refused_in_both_ways_when_they_are_old(self, corp, call):
        call("externalcontact/get_follow_user_list")
        corp.do("expire_tokens")

        found = {
            call("externalcontact/get_follow_user_list")["errcode"] for _ in range(40)
        }

        assert found == {42001, 40014}

    def test_are_new_after_the_old_one_ended(self, call, clock):
        first = call.fetch_token()
        clock.move(7200)

        assert call.fetch_token() != first

    def test_may_be_new_each_time_and_end_the_old_one(self, corp, call):
        corp.knobs.turn(token_changes=True)

        first, second = call.fetch_token(), call.fetch_token()

        call.token = first
        assert call("getcallbackip")["errcode"] in (42001, 40014)
        call.token = second
        assert "ip_list" in call("getcallbackip")

    def test_live_on_when_the_server_starts_again(self, corp, call):
        token = call.fetch_token()
        with Server(corp) as again:
            other = Caller(again)
            other.token = token

            assert "ip_list" in other("getcallbackip")


class TestGetContact:
    def test_pages_followers_beyond_five_hundred(self, corp, call):
        for number in range(503):
            corp.do("employee_create", userid=f"e{number}", departments=[1])
            corp.do("add", userid=f"e{number}", external_userid="wmStar", at=NOW)

        first = call("externalcontact/get", external_userid="wmStar")
        cursor = first["next_cursor"]
        last = call("externalcontact/get", external_userid="wmStar", cursor=cursor)

        assert len(first["follow_user"]) == 500
        assert len(last["follow_user"]) == 3
        assert last["next_cursor"] == ""
        other = call("externalcontact/get", external_userid="wmA0001", cursor=cursor)
        assert other["errcode"] == 50100
        assert other["follow_user"] == []


class TestBatch:
    @pytest.fixture(autouse=True)
    def many(self, corp):
        for number in range(130):
            corp.do("add", userid="wang", external_userid=f"wmMany{number}", at=NOW)

    @pytest.mark.parametrize(
        ("asked", "given"),
        [({}, 50), ({"limit": 0}, 50), ({"limit": 500}, 100), ({"limit": 7}, 7)],
    )
    def test_cuts_the_limit_to_a_hundred(self, call, asked, given):
        answer = call(BATCH, {"userid_list": ["wang"], **asked})

        assert len(answer["external_contact_list"]) == given

    def test_gives_each_pair_once_over_all_pages(self, corp, call):
        corp.knobs.turn(short_pages=0.5)

        found = pages(call, BATCH, {"userid_list": ["wang", "lihua"], "limit": 10})

        pairs = [
            (one["follow_info"]["userid"], one["external_contact"]["external_userid"])
            for page in found
            for one in page["external_contact_list"]
        ]
        listed = {
            (userid, whom)
            for userid in ("lihua", "wang")
            for whom in call("externalcontact/list", userid=userid)["external_userid"]
        }
        assert len(pairs) == len(set(pairs)) == 135
        assert set(pairs) == listed

    def test_goes_on_where_it_was_when_customers_come_and_go(self, corp, call):
        body = {"userid_list": ["wang"], "limit": 100}
        first = call(BATCH, body)
        corp.do("employee_drops", userid="wang", external_userid="wmMany0")
        corp.do("add", userid="wang", external_userid="wmLate")

        second = call(BATCH, body | {"cursor": first["next_cursor"]})

        names = [
            one["external_contact"]["external_userid"]
            for one in first["external_contact_list"] + second["external_contact_list"]
        ]
        assert len(names) == len(set(names)) == 133
        assert names[-1] == "wmLate"

    def test_ends_old_cursors_if_the_knob_says_so(self, corp, call, clock):
        corp.knobs.turn(cursor_seconds=60)
        body = {"userid_list": ["wang"], "limit": 10}
        cursor = call(BATCH, body)["next_cursor"]
        clock.move(61)

        assert call(BATCH, body | {"cursor": cursor})["errcode"] == 50100


class TestUnassigned:
    def test_pages_by_cursor_and_by_number(self, corp, call):
        corp.do("employee_resign", userid="lihua")
        path = "externalcontact/get_unassigned_list"

        found = pages(call, path, {"page_size": 3})
        second = call(path, {"page_size": 3, "page_id": 1})

        assert [len(page["info"]) for page in found] == [3, 1]
        assert [page["is_last"] for page in found] == [False, True]
        assert second["info"] == found[1]["info"]


class TestTransfer:
    def test_is_refused_the_third_time_in_ninety_days(self, corp, call, clock):
        path = "externalcontact/transfer_customer"
        codes = []
        for handover, takeover in [("lihua", "wang"), ("wang", "lihua")] * 2:
            answer = call(
                path,
                {
                    "handover_userid": handover,
                    "takeover_userid": takeover,
                    "external_userid": ["wmA0005"],
                },
            )
            codes.append(answer["customer"][0]["errcode"])
            if codes[-1] == 0:
                corp.do("transfer_complete", external_userid="wmA0005")

        assert codes[:3] == [0, 0, 40128]


class TestHttp:
    def test_keeps_the_connection_for_the_next_call(self, server):
        connection = http.client.HTTPConnection(server.host, server.port, timeout=5)
        connection.request("GET", "/cgi-bin/getcallbackip")
        connection.getresponse().read()
        used = connection.sock

        connection.request("GET", "/cgi-bin/getcallbackip")
        answer = connection.getresponse()
        answer.read()

        assert answer.status == 200
        assert connection.sock is used
        connection.close()

    def test_repeats_the_error_in_the_headers(self, call):
        status, headers, answer = call.ask("getcallbackip")

        assert status == 200
        assert headers["Error-Code"] == "41001"
        assert headers["Error-Msg"] == answer["errmsg"]

    @pytest.mark.parametrize(
        "kind", ["text/plain", "application/x-www-form-urlencoded"]
    )
    def test_does_not_care_for_the_content_type(self, server, call, kind):
        token = call.fetch_token()
        connection = http.client.HTTPConnection(server.host, server.port, timeout=5)
        connection.request(
            "POST",
            f"/cgi-bin/externalcontact/groupchat/list?access_token={token}",
            b'{"limit": 1}',
            {"Content-Type": kind},
        )

        assert b'"errcode":0' in connection.getresponse().read()
        connection.close()

    @pytest.mark.parametrize(
        "head",
        [
            b"POST /cgi-bin/x HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            b"POST /cgi-bin/x HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
            b"POST /cgi-bin/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        ],
    )
    def test_refuses_bodies_of_no_known_length(self, server, head):
        with socket.create_connection((server.host, server.port), timeout=5) as line:
            line.sendall(b"".join(head.partition(b"\r\n")[:2]) + b"Host: x\r\n")
            line.sendall(head.partition(b"\r\n")[2])

            assert line.recv(100).startswith(b"HTTP/1.1 411 ")

    @pytest.mark.parametrize(
        "body",
        [
            {"userid": "lihua", "external_userid": "wmA0001", "remark": "\ud800"},
            {"userid": "lihua", "external_userid": 7, "remark": "x"},
            {"userid": ["lihua"], "external_userid": "wmA0001", "remark": "x"},
            {"userid": "lihua", "external_userid": "wmA0001", "remark": {"a": 1}},
        ],
    )
    def test_refuses_what_no_field_can_hold(self, call, body):
        assert call("externalcontact/remark", body)["errcode"] == 40058

    def test_answers_an_unknown_path_with_404(self, call):
        assert call.steer("nothing")[0] == 404
        assert call.ask("x", base="/elsewhere/")[0] == 404


def test_every_act_of_the_list_exists():
    assert set(ACTS) == {
        *("add", "half_add", "confirm", "edit_remark", "edit_phones", "put_tags"),
        *("customer_leaves", "employee_drops", "msg_audit_approved"),
        *("transfer", "transfer_complete", "transfer_fail"),
        *("transfers_end", "person_refuses"),
        *("group_create", "group_join", "group_leave", "group_rename"),
        *("group_notice", "group_owner", "group_dismiss"),
        *("tag_group_create", "tag_create", "tag_rename", "tag_delete"),
        *("tag_group_delete", "tag_shuffle"),
        *("employee_create", "employee_update", "employee_rename_id"),
        *("employee_resign", "department_create", "department_update"),
        *("department_delete", "acquisition_event"),
        *("scan", "meddle_with_code", "lose_code"),
        *("open_link", "write_by_link", "meddle_with_link", "lose_link"),
        *("quota_expires", "scan_group_code", "lose_group_code"),
        *("welcome_by_another_app", "expire_tokens", "sign_in"),
        *("open_miniprogram", "give_phone"),
    }
