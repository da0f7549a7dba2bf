"""What employees and customers do to each other, and what WeCom tells of it."""

import pytest

from apps.sandbox.records import CannotDo
from tests.sandbox.golden import NOW


def told(done) -> list[tuple[str, str]]:
    return [
        (one["message"]["Event"], one["message"]["ChangeType"]) for one in done["news"]
    ]


def message(done) -> dict:
    (news,) = done["news"]
    return news["message"]


def follow_of(corp, userid, external_userid) -> dict:
    (customer,) = [
        one
        for one in corp.dump(["customers"])["customers"]
        if one["external_userid"] == external_userid
    ]
    (follow,) = [one for one in customer["follows"] if one["userid"] == userid]
    return follow


class TestAdd:
    def test_begins_a_friendship_and_tells_of_it(self, corp):
        done = corp.do(
            "add", userid="wang", external_userid="wmNew", state="qr_1", at=NOW - 60
        )

        follow = follow_of(corp, "wang", "wmNew")
        assert follow["relation"] == "mutual"
        assert follow["state"] == "qr_1"
        assert follow["add_way"] == 1
        assert follow["createtime"] == NOW - 60
        assert follow["oper_userid"] == "wmNew"
        assert message(done) == {
            "ToUserName": "ww1234567890abcdef",
            "FromUserName": "sys",
            "CreateTime": NOW - 60,
            "MsgType": "event",
            "Event": "change_external_contact",
            "ChangeType": "add_external_contact",
            "UserID": "wang",
            "ExternalUserID": "wmNew",
            "State": "qr_1",
            "WelcomeCode": done["welcome_code"],
        }

    def test_makes_a_person_up_when_none_is_named(self, corp):
        done = corp.do("add")

        assert done["external_userid"].startswith(("wm", "wo"))

    def test_refuses_two_who_are_connected(self, corp):
        with pytest.raises(CannotDo, match="connected already"):
            corp.do("add", userid="lihua", external_userid="wmA0001")

    def test_refuses_an_employee_who_may_not_have_customers(self, corp):
        with pytest.raises(CannotDo):
            corp.do("add", userid="qian")

    @pytest.mark.parametrize(
        "about",
        [{"type": 2}, {"welcome": False}],
        ids=["someone of another corp", "as told"],
    )
    def test_gives_no_welcome_code_where_wecom_gives_none(self, corp, about):
        done = corp.do("add", userid="wang", external_userid="wmNew", **about)

        assert message(done)["WelcomeCode"] == ""

    def test_gives_no_welcome_code_where_the_console_greets(self, corp):
        corp.do("employee_update", userid="wang", console_welcome=True)

        assert corp.do("add", userid="wang")["welcome_code"] == ""

    def test_keeps_remark_and_tags_of_one_who_left_and_comes_back(self, corp):
        corp.do("edit_remark", userid="lihua", external_userid="wmA0002", remark="老李")
        corp.do("put_tags", userid="lihua", external_userid="wmA0002", add=["etT0001"])

        corp.do("add", userid="lihua", external_userid="wmA0002", state="again", at=NOW)

        follow = follow_of(corp, "lihua", "wmA0002")
        assert (follow["relation"], follow["remark"]) == ("mutual", "老李")
        assert follow["tags"] == ["etT0001"]
        assert (follow["state"], follow["createtime"]) == ("again", NOW)
        assert follow["ended_at"] is None

    def test_starts_anew_with_one_who_was_dropped(self, corp):
        corp.do("add", userid="wang", external_userid="wmA0004", remark="新", at=NOW)

        follow = follow_of(corp, "wang", "wmA0004")
        assert (follow["relation"], follow["remark"]) == ("mutual", "新")


class TestHalfAdd:
    def test_is_no_relation_until_it_is_confirmed(self, corp, call):
        done = corp.do(
            "half_add", userid="Zhao.Min@x", external_userid="wmNew", state="s"
        )

        assert told(done) == [("change_external_contact", "add_half_external_contact")]
        assert message(done)["WelcomeCode"]
        assert call("externalcontact/list", userid="Zhao.Min@x")["errcode"] == 84061

    def test_is_confirmed_without_another_code(self, corp, call):
        corp.do("half_add", userid="Zhao.Min@x", external_userid="wmNew", state="s")

        done = corp.do("confirm", userid="Zhao.Min@x", external_userid="wmNew")

        assert told(done) == [("change_external_contact", "add_external_contact")]
        assert (message(done)["State"], message(done)["WelcomeCode"]) == ("s", "")
        listed = call("externalcontact/list", userid="Zhao.Min@x")
        assert listed["external_userid"] == ["wmNew"]

    def test_refuses_one_whom_the_employee_still_has(self, corp):
        with pytest.raises(CannotDo):
            corp.do("half_add", userid="lihua", external_userid="wmA0002")


class TestEdits:
    def test_a_remark_is_told(self, corp):
        done = corp.do(
            "edit_remark", userid="wang", external_userid="wmA0001", remark="三哥"
        )

        assert told(done) == [("change_external_contact", "edit_external_contact")]
        assert follow_of(corp, "wang", "wmA0001")["remark"] == "三哥"

    def test_phones_are_not_told(self, corp):
        about = {"userid": "wang", "external_userid": "wmA0001"}
        done = corp.do("edit_phones", **about, mobiles=["13900000009"])

        assert done["news"] == []
        assert follow_of(corp, "wang", "wmA0001")["remark_mobiles"] == ["13900000009"]

    def test_phones_are_told_if_the_knob_says_so(self, corp):
        corp.knobs.turn(phone_edit_tells=True)

        done = corp.do("edit_phones", userid="wang", external_userid="wmA0001")

        assert told(done) == [("change_external_contact", "edit_external_contact")]

    def test_tags_are_told_when_put_on_and_when_taken_off(self, corp):
        pair = {"userid": "lihua", "external_userid": "wmA0001"}

        done = corp.do("put_tags", **pair, add=["etT0002"], remove=["etT0001"])

        assert told(done) == [("change_external_contact", "edit_external_contact")]
        assert sorted(follow_of(corp, **pair)["tags"]) == ["etT0002", "stT0001"]


class TestEnds:
    def test_a_customer_who_leaves_stays_listed(self, corp, call):
        done = corp.do("customer_leaves", userid="lihua", external_userid="wmA0001")

        assert told(done) == [("change_external_contact", "del_follow_user")]
        listed = call("externalcontact/list", userid="lihua")["external_userid"]
        assert "wmA0001" in listed
        assert follow_of(corp, "lihua", "wmA0001")["relation"] == "left"

    def test_a_customer_who_is_dropped_is_gone(self, corp, call):
        done = corp.do("employee_drops", userid="wang", external_userid="woB0001")

        assert told(done) == [("change_external_contact", "del_external_contact")]
        assert message(done)["Source"] == ""
        answer = call("externalcontact/get", external_userid="woB0001")
        assert answer["errcode"] == 84061

    def test_nobody_can_leave_twice(self, corp):
        with pytest.raises(CannotDo):
            corp.do("customer_leaves", userid="lihua", external_userid="wmA0002")


class TestTransfer:
    def test_tells_both_when_it_is_complete(self, corp):
        corp.do(
            "transfer", handover="lihua", takeover="wang", external_userid="wmA0005"
        )

        done = corp.do("transfer_complete", external_userid="wmA0005", at=NOW)

        first, second = (one["message"] for one in done["news"])
        assert (first["ChangeType"], first["UserID"], first["Source"]) == (
            "del_external_contact",
            "lihua",
            "DELETE_BY_TRANSFER",
        )
        assert (second["ChangeType"], second["UserID"]) == (
            "add_external_contact",
            "wang",
        )
        assert follow_of(corp, "lihua", "wmA0005")["relation"] == "transferred"
        assert follow_of(corp, "wang", "wmA0005")["add_way"] == 202

    def test_does_not_tell_the_taker_who_is_her_friend_already(self, corp):
        corp.do(
            "transfer", handover="lihua", takeover="wang", external_userid="wmA0001"
        )

        done = corp.do("transfer_complete", external_userid="wmA0001")

        assert told(done) == [("change_external_contact", "del_external_contact")]

    def test_does_not_tell_a_taker_who_had_her_before(self, corp):
        for handover, takeover in [("lihua", "wang"), ("wang", "lihua")]:
            about = {"handover": handover, "takeover": takeover}
            corp.do("transfer", **about, external_userid="wmA0005")
            done = corp.do("transfer_complete", external_userid="wmA0005")

        assert told(done) == [("change_external_contact", "del_external_contact")]
        assert follow_of(corp, "lihua", "wmA0005")["relation"] == "mutual"

    @pytest.mark.parametrize("reason", ["customer_refused", "customer_limit_exceed"])
    def test_tells_the_taker_when_it_fails(self, corp, reason):
        corp.do(
            "transfer", handover="lihua", takeover="wang", external_userid="wmA0005"
        )

        done = corp.do("transfer_fail", external_userid="wmA0005", reason=reason)

        assert message(done)["ChangeType"] == "transfer_fail"
        assert message(done)["FailReason"] == reason
        assert message(done)["UserID"] == "wang"
        assert follow_of(corp, "lihua", "wmA0005")["relation"] == "mutual"

    def test_of_a_leavers_customer_is_not_told_to_the_leaver(self, corp, call):
        asked = {"handover_userid": "sun", "takeover_userid": "wang"}
        call(
            "externalcontact/resigned/transfer_customer",
            asked | {"external_userid": ["wmA0006"]},
        )

        done = corp.do("transfer_complete", external_userid="wmA0006")

        assert told(done) == [("change_external_contact", "add_external_contact")]


def test_chat_archiving_is_agreed_to(corp):
    done = corp.do("msg_audit_approved", userid="lihua", external_userid="wmA0001")

    assert told(done) == [("change_external_contact", "msg_audit_approved")]


class TestDo:
    def test_refuses_an_unknown_act(self, corp):
        with pytest.raises(CannotDo, match="no act 'dance'"):
            corp.do("dance")

    def test_refuses_an_unknown_word(self, corp):
        with pytest.raises(CannotDo, match="colour"):
            corp.do("customer_leaves", colour="red")

    def test_leaves_nothing_behind_when_it_fails_half_way(self, corp):
        before = corp.dump()

        with pytest.raises(CannotDo):
            corp.do("put_tags", userid="lihua", external_userid="wmA0001", add=["etX"])

        assert corp.dump() == before
