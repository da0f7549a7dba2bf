"""The corp is steered and looked into over HTTP."""

import time

import pytest

from tests.sandbox.golden import NOW


class TestControl:
    def test_says_that_it_is_well(self, call):
        status, answer = call.steer("health")

        assert status == 200
        assert answer["ok"] is True
        assert answer["pending"] == 0

    def test_does_an_act_and_says_what_it_did(self, corp, call):
        status, answer = call.steer(
            "do",
            {"act": "add", "userid": "wang", "external_userid": "wmNew", "at": NOW},
        )

        assert status == 200
        assert answer["did"] == "add"
        assert answer["external_userid"] == "wmNew"
        assert answer["news"][0]["message"]["CreateTime"] == NOW

    @pytest.mark.parametrize(
        ("path", "body", "status"),
        [
            ("do", {"act": "dance"}, 409),
            ("do", {"act": "add", "userid": "nobody"}, 409),
            ("do", {"act": "add", "userid": ["wang"]}, 400),
            ("do", {"act": "add", "userid": "wang", "name": "\ud800"}, 400),
            ("do", {"act": "add", "at": "now"}, 409),
            ("do", {}, 400),
            ("do", [], 400),
            ("knobs", {"colour": 1}, 400),
            ("knobs", {"loss": "much"}, 400),
            ("knobs", {"loss": -1}, 400),
            ("faults", {"rules": 7}, 400),
            ("faults", [{"api": "*", "do": "explode"}], 400),
            ("life", {"per_minute": "lively"}, 400),
            ("receivers", {"app_url": "nonsense"}, 400),
            ("reset", {"size": 7}, 400),
        ],
    )
    def test_says_why_it_will_not(self, call, path, body, status):
        answered, answer = call.steer(path, body)

        assert answered == status
        assert answer["error"]

    def test_shows_the_whole_state_or_a_part(self, corp, call):
        assert call.steer("state")[1].keys() == corp.dump().keys()
        assert call.steer("state", parts="users,groups")[1].keys() == {
            *("corp_id", "at", "users", "groups")
        }
        assert call.steer("state", parts="weather")[0] == 400

    def test_logs_every_call_without_its_secrets(self, call):
        call("externalcontact/list", userid="lihua")

        _, answer = call.steer("log", kind="calls")

        first, second = answer["entries"]
        assert (first["api"], first["errcode"]) == ("gettoken", 0)
        assert "corpsecret" not in first["query"]
        assert second["api"] == "externalcontact/list"
        assert second["query"] == {"userid": "lihua"}
        assert second["app"] == "app"

    def test_logs_only_what_came_after(self, call):
        call("getcallbackip")
        last = call.steer("log")[1]["last"]
        call("getcallbackip")

        entries = call.steer("log", after=last)[1]["entries"]

        assert [one["n"] for one in entries] == [last + 1]

    def test_turns_knobs_all_or_none(self, corp, call):
        assert call.steer("knobs", {"loss": 1, "attempts": 5})[1]["attempts"] == 5
        assert call.steer("knobs", {"attempts": 9, "colour": 1})[0] == 400
        assert call.steer("knobs")[1]["attempts"] == 5

    def test_sets_faults_and_shows_how_often_they_struck(self, call):
        call.steer("faults", [{"api": "getcallbackip", "do": -1, "times": 3}])
        call("getcallbackip")

        (rule,) = call.steer("faults")[1]["rules"]
        assert rule["hit"] == 1
        assert call.steer("faults", {"rules": []})[1] == {"rules": []}

    def test_says_where_news_go_and_whether_it_is_proved(self, server, listener, call):
        call.steer("receivers", {"contacts_url": ""})

        assert call.steer("verify", {})[1] == {"app": "ok"}

    def test_waits_until_all_is_sent(self, corp, server, listener, call):
        corp.do("add", userid="wang")

        assert call.steer("flush", {"timeout": 5})[1] == {"pending": 0}
        assert len(listener.requests) == 1

    def test_starts_anew(self, corp, call):
        sizes = {"seed": 5, "employees": 4, "contacts": 20, "groups": 2}

        assert call.steer("reset", sizes)[1] == sizes
        assert len(corp.dump()["users"]) == 4


class TestLife:
    def test_goes_on_at_the_chosen_rate_and_stops(self, server, call):
        call.steer("reset", {"employees": 10, "contacts": 200, "groups": 10})
        call.steer("life", {"per_minute": 6000})
        deadline = time.monotonic() + 10
        while server.life.done < 50 and time.monotonic() < deadline:
            time.sleep(0.05)
        call.steer("life", {"per_minute": 0})
        time.sleep(0.1)
        done = server.life.done
        time.sleep(0.2)

        assert done >= 50
        assert server.life.done == done
        assert call.steer("log", kind="callbacks")[1]["entries"]

    def test_completes_transfers_when_their_day_is_over(self, corp, clock, server):
        corp.do(
            "transfer", handover="lihua", takeover="wang", external_userid="wmA0005"
        )
        clock.move(86_400)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            (transfer,) = corp.dump(["transfers"])["transfers"]
            if transfer["status"] == 1:
                break
            time.sleep(0.05)

        assert transfer["status"] == 1
