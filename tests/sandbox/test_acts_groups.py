"""Group chats come, change and go, and WeCom tells of it."""

import pytest

from apps.sandbox.records import CannotDo
from tests.sandbox.golden import NOW


def message(done) -> dict:
    (news,) = done["news"]
    return news["message"]


def chat(call, chat_id="wrC0001") -> dict:
    return call("externalcontact/groupchat/get", {"chat_id": chat_id})["group_chat"]


class TestGroups:
    def test_a_new_one_is_told_by_its_id_alone(self, corp, call):
        done = corp.do("group_create", owner="wang", members=["wmA0001"], at=NOW)

        assert message(done)["ChangeType"] == "create"
        assert message(done)["ChatId"] == done["chat_id"]
        members = chat(call, done["chat_id"])["member_list"]
        assert {one["userid"] for one in members} == {"wang", "wmA0001"}

    def test_joining_is_told_with_the_versions_before_and_after(self, corp, call):
        before = chat(call)["member_version"]

        done = corp.do("group_join", chat_id="wrC0001", members=["wmA0002", "wmNew"])

        told = message(done)
        assert told["UpdateDetail"] == "add_member"
        assert told["JoinScene"] == 3
        assert told["MemChangeCnt"] == 2
        assert told["MemChangeList"] == ["wmA0002", "wmNew"]
        assert told["LastMemVer"] == before
        assert told["CurMemVer"] == chat(call)["member_version"] != before
        assert "QuitScene" not in told

    @pytest.mark.parametrize(
        ("scene", "in_event", "invitor"), [(1, 0, True), (2, 0, False), (3, 3, False)]
    )
    def test_the_ways_of_joining_are_numbered_otherwise_in_events(
        self, corp, call, scene, in_event, invitor
    ):
        done = corp.do("group_join", chat_id="wrC0001", members=["wmX"], scene=scene)

        (member,) = [one for one in chat(call)["member_list"] if one["userid"] == "wmX"]
        assert member["join_scene"] == scene
        assert ("invitor" in member) == invitor
        assert message(done)["JoinScene"] == in_event

    @pytest.mark.parametrize(("removed", "scene"), [(False, 0), (True, 1)])
    def test_leaving_is_told_apart_from_being_removed(self, corp, call, removed, scene):
        done = corp.do(
            "group_leave", chat_id="wrC0001", members=["wmA0001"], removed=removed
        )

        assert message(done)["UpdateDetail"] == "del_member"
        assert message(done)["QuitScene"] == scene
        assert "JoinScene" not in message(done)
        assert "wmA0001" not in {one["userid"] for one in chat(call)["member_list"]}

    def test_the_owner_cannot_leave(self, corp):
        with pytest.raises(CannotDo):
            corp.do("group_leave", chat_id="wrC0001", members=["lihua"])

    @pytest.mark.parametrize(
        ("act", "detail", "field", "value"),
        [
            ("group_rename", "change_name", "name", "新群名"),
            ("group_notice", "change_notice", "notice", "新公告"),
            ("group_owner", "change_owner", "owner", "wang"),
        ],
    )
    def test_a_change_is_told_by_its_kind(self, corp, call, act, detail, field, value):
        done = corp.do(act, chat_id="wrC0001", **{field: value})

        assert message(done)["UpdateDetail"] == detail
        assert chat(call)[field] == value

    def test_a_leavers_group_is_inherited_by_its_new_owner(self, corp):
        corp.do("group_owner", chat_id="wrC0005", owner="lihua")

        (found,) = [one for one in corp.dump()["groups"] if one["chat_id"] == "wrC0005"]
        assert (found["owner"], found["status"]) == ("lihua", 3)
        assert "lihua" in {one["member"] for one in found["members"]}

    def test_a_dismissed_one_is_told_and_gone(self, corp, call):
        done = corp.do("group_dismiss", chat_id="wrC0001")

        assert message(done)["ChangeType"] == "dismiss"
        answer = call("externalcontact/groupchat/get", {"chat_id": "wrC0001"})
        assert answer["errcode"] == 49008

    def test_a_change_may_be_seen_a_little_later(self, corp, clock, call):
        corp.knobs.turn(group_lag_seconds=2.0)
        before = chat(call)
        corp.do("group_join", chat_id="wrC0001", members=["wmNew"])

        assert chat(call) == before
        clock.move(2)
        assert len(chat(call)["member_list"]) == len(before["member_list"]) + 1

    def test_one_out_of_range_is_not_told(self, corp):
        corp.knobs.turn(out_of_range=["lihua"])

        assert corp.do("group_rename", chat_id="wrC0001")["news"] == []
