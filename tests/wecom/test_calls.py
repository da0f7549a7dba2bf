"""Calls by their names, and walking through pages."""

import pytest

from apps.wecom.calls import CALLS, call, pages
from apps.wecom.errors import WeComRefused, WeComUnreachable

pytestmark = pytest.mark.django_db(transaction=True)

BATCH = "externalcontact.batch_get_by_user"


class TestTable:
    def test_names_the_calls_that_must_not_be_repeated(self):
        unsafe = {name for name, call in CALLS.items() if not call.safe_to_repeat}

        assert unsafe == {
            "externalcontact.send_welcome_msg",
            "externalcontact.add_contact_way",
            "externalcontact.customer_acquisition_create_link",
            "externalcontact.groupchat_add_join_way",
            "externalcontact.add_corp_tag",
            "externalcontact.transfer_customer",
            "externalcontact.resigned_transfer_customer",
            "auth.getuserinfo",
        }

    @pytest.mark.parametrize("name", CALLS)
    def test_names_a_call_after_its_path(self, name):
        first, *rest = CALLS[name].path.split("/")

        assert name == ".".join([first, "_".join(rest)]).rstrip(".")

    @pytest.mark.parametrize("name", CALLS)
    def test_refuses_arguments_that_a_call_does_not_take(self, name):
        with pytest.raises(TypeError):
            CALLS[name].check({"nonsense": 1})

    def test_knows_who_may_ask_for_ids_alone(self):
        assert {c.name for c in CALLS.values() if c.app == "contacts"} == {
            "user.list_id"
        }


class TestCall:
    def test_takes_an_employee_without_contacts_for_an_empty_list(self, host):
        host.answers = lambda asked: {"errcode": 84061, "external_userid": []}

        answer = call("externalcontact.list", userid="ann")

        assert answer["external_userid"] == []

    def test_takes_one_without_contacts_for_an_empty_page(self, host):
        host.answers = lambda asked: {"errcode": 84061}

        answer = call(BATCH, userid_list=["ann"])

        assert (answer["external_contact_list"], answer["next_cursor"]) == ([], "")

    def test_does_not_take_many_of_whom_one_is_wrong_for_an_empty_page(self, host):
        host.answers = lambda asked: {"errcode": 84061}

        with pytest.raises(WeComRefused):
            call(BATCH, userid_list=["ann", "bob"])

    def test_brings_all_followers_of_a_contact(self, host):
        after = {"": "a", "a": "b", "b": ""}

        def answers(asked):
            cursor = asked.query.get("cursor", "")
            return {
                "external_contact": {"external_userid": "wm-1"},
                "follow_user": [{"userid": f"{cursor}-1"}, {"userid": f"{cursor}-2"}],
                "next_cursor": after[cursor],
            }

        host.answers = answers

        answer = call("externalcontact.get", external_userid="wm-1")

        followers = [follow["userid"] for follow in answer["follow_user"]]
        assert followers == ["-1", "-2", "a-1", "a-2", "b-1", "b-2"]
        assert answer["next_cursor"] == ""

    def test_asks_about_the_agent_of_the_settings(self, host, settings):
        call("agent.get")

        assert host.of("agent/get")[0].query["agentid"] == settings.WECOM_AGENT_ID


class TestPages:
    @pytest.fixture
    def three_pages(self, host):
        after = {"": "a", "a": "b", "b": ""}
        host.answers = lambda asked: {
            "external_contact_list": [asked.body["cursor"]],
            "next_cursor": after[asked.body["cursor"]],
        }

    def test_come_one_after_another_each_with_the_cursor_of_the_next(self, three_pages):
        walked = [
            (answer["external_contact_list"], following)
            for answer, following in pages(BATCH, userid_list=["ann"])
        ]

        assert walked == [([""], "a"), (["a"], "b"), (["b"], "")]

    def test_go_on_from_a_cursor(self, three_pages):
        walked = [f for _answer, f in pages(BATCH, cursor="a", userid_list=["ann"])]

        assert walked == ["b", ""]

    @pytest.mark.parametrize("last", [{}, {"next_cursor": None}, {"is_last": True}])
    def test_end_where_wecom_says_so_in_one_way_or_another(self, host, last):
        host.answers = lambda asked: {"info": []} | last

        assert len(list(pages("externalcontact.get_unassigned_list"))) == 1

    def test_that_do_not_go_on_are_given_up(self, host):
        host.answers = lambda asked: {"next_cursor": "a"}

        with pytest.raises(WeComUnreachable):
            list(pages(BATCH, userid_list=["ann"]))

        assert len(host.of("externalcontact/batch/get_by_user")) == 2
