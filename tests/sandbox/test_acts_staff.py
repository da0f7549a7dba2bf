"""The address book changes, and the contact-sync receiver hears of it."""

import pytest

from apps.sandbox.records import CannotDo
from tests.sandbox.golden import NOW


def heard(done) -> dict:
    """What the one message says beyond what every message says."""
    (news,) = done["news"]
    assert news["receiver"] == "contacts"
    common = ("ToUserName", "FromUserName", "CreateTime", "MsgType", "Event")
    return {
        name: value for name, value in news["message"].items() if name not in common
    }


class TestEmployees:
    def test_a_new_one_is_told_by_id_and_departments(self, corp, call):
        done = corp.do("employee_create", userid="new", name="新来", departments=[2, 3])

        assert heard(done) == {
            "ChangeType": "create_user",
            "UserID": "new",
            "Department": "2,3",
        }
        assert call("user/get", userid="new")["department"] == [2, 3]

    def test_receivers_of_old_get_every_field(self, corp):
        corp.knobs.turn(contacts_events="full")

        told = heard(corp.do("employee_create", userid="new", name="新来"))

        assert told["Name"] == "新来"
        assert told["ExtAttr"] == [{"Name": "爱好", "Type": 0, "Text": {"Value": "棋"}}]

    def test_a_move_is_told(self, corp, call):
        done = corp.do("employee_update", userid="LIHUA", departments=[3])

        assert heard(done) == {
            "ChangeType": "update_user",
            "UserID": "lihua",
            "Department": "3",
        }
        assert call("user/get", userid="lihua")["main_department"] == 3

    def test_another_name_is_told_only_to_receivers_of_old(self, corp, call):
        done = corp.do("employee_update", userid="lihua", name="李花")
        corp.knobs.turn(contacts_events="full")
        told = heard(corp.do("employee_update", userid="lihua", name="李桦"))

        assert done["news"] == []
        assert told["Name"] == "李桦"
        assert call("user/get", userid="lihua")["name"] == "李桦"

    def test_another_id_is_told_and_all_that_hangs_on_it_moves(self, corp, call):
        done = corp.do("employee_rename_id", userid="lihua", new_userid="li.hua2")

        assert heard(done)["UserID"] == "lihua"
        assert heard(done)["NewUserID"] == "li.hua2"
        listed = call("externalcontact/list", userid="li.hua2")["external_userid"]
        assert listed == ["wmA0001", "wmA0002", "wmA0005"]
        chat = call("externalcontact/groupchat/get", {"chat_id": "wrC0001"})
        assert chat["group_chat"]["owner"] == "li.hua2"
        assert call("user/get", userid="lihua")["errcode"] == 60111

    def test_an_id_may_change_its_case(self, corp, call):
        corp.do("employee_rename_id", userid="lihua", new_userid="LiHua")

        assert call("user/get", userid="lihua")["userid"] == "LiHua"

    def test_a_leaver_is_told_and_his_customers_wait(self, corp, call):
        done = corp.do("employee_resign", userid="lihua", at=NOW)

        assert heard(done) == {"ChangeType": "delete_user", "UserID": "lihua"}
        waiting = call("externalcontact/get_unassigned_list", {})["info"]
        assert [one["external_userid"] for one in waiting] == [
            "wmA0006",
            "wmA0001",
            "wmA0002",
            "wmA0005",
        ]
        owners = {"userid_list": ["lihua"]}
        chats = call(
            "externalcontact/groupchat/list", {"owner_filter": owners, "limit": 9}
        )
        assert chats["group_chat_list"] == [{"chat_id": "wrC0001", "status": 1}]


class TestDepartments:
    def test_a_new_one_is_told(self, corp, call):
        done = corp.do("department_create", name="新部", parentid=2)

        assert heard(done) == {"ChangeType": "create_party", "Id": 4, "ParentId": 2}
        assert call("department/get", id=4)["department"]["name"] == "新部"

    def test_a_move_is_told_and_a_name_only_to_receivers_of_old(self, corp):
        moved = corp.do("department_update", id=3, parentid=1)
        renamed = corp.do("department_update", id=3, name="改名")

        assert heard(moved) == {"ChangeType": "update_party", "Id": 3, "ParentId": 1}
        assert renamed["news"] == []

    def test_cannot_stand_below_itself(self, corp):
        with pytest.raises(CannotDo):
            corp.do("department_update", id=2, parentid=3)

    def test_goes_when_it_is_empty(self, corp, call):
        corp.do("employee_update", userid="Zhao.Min@x", departments=[1])

        done = corp.do("department_delete", id=3)

        assert heard(done) == {"ChangeType": "delete_party", "Id": 3}
        assert call("department/get", id=3)["errcode"] == 60003

    def test_stays_while_somebody_is_in_it(self, corp):
        with pytest.raises(CannotDo):
            corp.do("department_delete", id=2)


class TestAcquisition:
    @pytest.mark.parametrize(
        ("change", "elements"),
        [
            ("balance_low", set()),
            ("quota_expire_soon", {"ExpireTime", "ExpireQuotaNum"}),
            ("link_unavailable", {"LinkId"}),
            ("friend_request", {"LinkId", "State"}),
            ("customer_start_chat", {"UserID", "ExternalUserID", "LinkId"}),
            ("message_from_customer", {"LinkId", "ChatKey"}),
        ],
    )
    def test_is_told_to_the_app(self, corp, change, elements):
        done = corp.do("acquisition_event", change_type=change)

        (news,) = done["news"]
        common = {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Event"}
        assert news["receiver"] == "app"
        assert news["message"].keys() - common - {"ChangeType"} == elements
