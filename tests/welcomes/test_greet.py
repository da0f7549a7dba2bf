"""A new friend is greeted from the callback alone, once, within twenty seconds."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.common.lanes import Lane
from apps.contacts.models import Contact
from apps.events.models import Delivery, EventRecord
from apps.wecom.models import Command
from apps.welcomes.greet import BUDGET
from apps.welcomes.models import Greeting
from apps.welcomes.result import settle
from tests import make
from tests.conftest import day
from tests.welcomes.hellos import (
    SEND,
    a_friend,
    a_picture,
    a_welcome,
    aged,
    said,
    text_of,
    until_it_is_called,
)


@pytest.mark.django_db
class TestGreet:
    def test_asks_in_the_lane_of_its_own_and_not_beyond_the_twenty_seconds(self):
        a_welcome("您好", is_default=True)
        greeting = a_friend(make.employee())

        command = greeting.command
        assert command.lane == Lane.WELCOME
        assert greeting.at < command.expires_at < greeting.at + BUDGET

    def test_needs_nothing_that_would_have_to_be_read_first(self):
        a_welcome("{nickname|朋友}您好,我是{employee}", is_default=True)
        stranger = make.follow(employee=make.employee("林静"))
        Contact.objects.update(name="")

        greeting = a_friend(stranger.employee, follow=stranger)

        assert text_of(greeting) == "朋友您好,我是林静"
        reads = Command.objects.filter(call="externalcontact.get")
        assert not reads.exists()

    def test_greets_whom_we_know_already_by_name(self):
        a_welcome("{nickname}您好", is_default=True)
        follow = make.follow(employee=make.employee())
        Contact.objects.update(name="{employee}小满")

        # what comes in with a name is text
        assert text_of(a_friend(follow.employee, follow=follow)) == "{employee}小满您好"

    def test_uses_one_code_once_however_often_it_is_told(self):
        a_welcome(is_default=True)
        follow = make.follow(employee=make.employee())
        for _time in range(3):
            a_friend(follow.employee, follow=follow, code="the same")

        assert Greeting.objects.count() == Command.objects.count() == 1

    def test_greets_one_friendship_once_even_with_two_codes(self):
        a_welcome(is_default=True)
        follow = make.follow(employee=make.employee())
        a_friend(follow.employee, follow=follow)

        again = a_friend(follow.employee, follow=follow)

        assert (again.outcome, again.reason) == ("missed", "greeted")
        assert Command.objects.count() == 1

    @pytest.mark.parametrize(
        ("given", "reason"),
        [
            ({"code": ""}, "no_code"),
            ({"now": day(1) + BUDGET}, "late"),
        ],
    )
    def test_says_why_somebody_is_not_greeted(self, given, reason):
        a_welcome(is_default=True)

        greeting = a_friend(make.employee(), at=day(1), **given)

        assert (greeting.outcome, greeting.reason) == ("missed", reason)
        assert not Command.objects.exists()

    def test_says_so_where_no_welcome_is_meant_for_them(self):
        assert a_friend(make.employee()).reason == "no_rule"

    def test_leaves_out_a_file_that_wecom_does_not_have_and_sends_the_rest(self):
        picture = a_picture(media_id="")
        files = [{"kind": "image", "media": picture.pk}]
        a_welcome("您好", is_default=True, attachments=files)

        greeting = a_friend(make.employee())

        assert greeting.left_out == 1
        assert said(greeting)["attachments"] is None

    def test_sends_nothing_where_nothing_is_left_to_send(self):
        picture = a_picture(uploaded_at=timezone.now() - timedelta(days=3))
        files = [{"kind": "image", "media": picture.pk}]
        a_welcome("", is_default=True, attachments=files)

        assert a_friend(make.employee()).reason == "files"

    def test_tells_every_kind_of_attachment_as_wecom_wants_it(self):
        picture = a_picture()
        link = {"kind": "link", "title": "官网", "url": "https://a.example/"}
        card = {"kind": "miniprogram", "title": "商城", "media": picture.pk}
        card |= {"appid": "wx1", "page": "/index"}
        files = [{"kind": "image", "media": picture.pk}, link, card]
        a_welcome("您好", is_default=True, attachments=files)

        assert said(a_friend(make.employee()))["attachments"] == [
            {"msgtype": "image", "image": {"media_id": "M1"}},
            {"msgtype": "link", "link": {"title": "官网", "url": "https://a.example/"}},
            {
                "msgtype": "miniprogram",
                "miniprogram": {
                    "title": "商城",
                    "pic_media_id": "M1",
                    "appid": "wx1",
                    "page": "/index",
                },
            },
        ]

    def test_what_nobody_answered_for_is_settled_by_what_became_of_the_command(self):
        a_welcome(is_default=True)
        ann = make.employee()
        fates = {}
        for status in ("failed", "unknown", "waiting"):
            greeting = a_friend(ann)
            Command.objects.filter(pk=greeting.command_id).update(status=status)
            fates[greeting.pk] = status
        aged(60)

        settle(at=timezone.now())

        found = {fates[g.pk]: (g.outcome, g.reason) for g in Greeting.objects.all()}
        assert found == {
            "failed": ("missed", "late"),
            "unknown": ("unknown", "lost"),
            "waiting": ("waiting", ""),
        }


@pytest.fixture
def house(corp, sandbox, settings):
    """An employee whom WeCom knows, and a welcome for everybody."""
    corp.populate(seed=1, employees=2, contacts=0, groups=0)
    corp.do("employee_create", userid="ann", name="林静")
    ann = make.employee("林静", wecom_id="ann")
    a_welcome("{nickname|朋友}您好", is_default=True)
    return ann


def added(corp, wecom, *, times=1, **about):
    """In WeCom, and we are told."""
    done = corp.do("add", userid="ann", type=1, **about)
    for news in done["news"]:
        for _time in range(times):
            put = wecom.put(news["message"], receiver=news["receiver"])
            assert put.status_code == 200
    return done


def sent_by(sandbox):
    return [call for call in sandbox.journal.read(kind="calls") if call["api"] == SEND]


def outcomes(corp):
    return [row["outcome"] for row in corp.dump(["welcomes"])["welcomes"]]


@pytest.mark.django_db(transaction=True)
class TestFromTheCallback:
    def test_the_welcome_goes_out_before_anything_is_read(
        self, corp, sandbox, wecom, house
    ):
        added(corp, wecom, times=3)

        until_it_is_called(times=3)  # no other lane has been worked

        assert outcomes(corp) == ["sent"]
        assert Greeting.objects.get().outcome == "sent"
        asked = {call["api"] for call in sandbox.journal.read(kind="calls")}
        assert asked <= {"gettoken", SEND}
        kinds = EventRecord.objects.values_list("kind", flat=True)
        assert "WelcomeSent" in kinds

    def test_while_another_app_is_sending_it_is_tried_again_and_then_let_be(
        self, corp, sandbox, wecom, house
    ):
        """Elsewhere nobody knew 41096: the welcome was lost, or tried for ever."""
        done = added(corp, wecom)
        code = done["welcome_code"]
        corp.do("welcome_by_another_app", code=code, busy_seconds=30)
        until_it_is_called(times=4)
        assert Greeting.objects.get().outcome == "waiting"
        [command] = Command.objects.filter(call="externalcontact.send_welcome_msg")
        assert command.due_at < timezone.now() + timedelta(seconds=2)

        corp.run("UPDATE welcome SET busy_until = 0")
        until_it_is_called()

        greeting = Greeting.objects.get()
        assert (greeting.outcome, greeting.reason) == ("missed", "taken")
        assert [call["errcode"] for call in sent_by(sandbox)][-2:] == [41096, 41051]
        until_it_is_called(times=2)  # which is final
        assert [call["errcode"] for call in sent_by(sandbox)].count(41051) == 1

    @pytest.mark.parametrize(("errcode", "reason"), [(41050, "late"), (41051, "taken")])
    def test_a_final_answer_is_never_tried_again(
        self, corp, sandbox, wecom, house, errcode, reason
    ):
        sandbox.faults.replace([{"api": SEND, "do": errcode}])
        added(corp, wecom)

        until_it_is_called(times=4)

        assert Greeting.objects.get().reason == reason
        assert len(sent_by(sandbox)) == 1

    def test_who_cannot_be_greeted_keeps_it_from_nobody_else(
        self, corp, sandbox, wecom, house
    ):
        """Elsewhere one such customer switched the welcome off for all."""
        sandbox.faults.replace([{"api": SEND, "do": 41050}])
        added(corp, wecom)
        until_it_is_called(times=3)
        sandbox.faults.replace([])
        added(corp, wecom)

        until_it_is_called(times=3)

        found = Greeting.objects.order_by("pk").values_list("outcome", flat=True)
        assert list(found) == ["missed", "sent"]

    def test_a_lost_answer_is_never_followed_by_a_second_try(
        self, corp, sandbox, wecom, house
    ):
        lost = {"api": SEND, "do": "timeout_after_effect", "seconds": 0.1}
        sandbox.faults.replace([lost])
        added(corp, wecom)

        until_it_is_called(times=4)
        aged(60)
        settle(at=timezone.now())

        assert len(sent_by(sandbox)) == 1
        assert Greeting.objects.get().outcome == "unknown"

    def test_nothing_is_called_once_the_twenty_seconds_are_over(
        self, corp, sandbox, wecom, house
    ):
        waited = a_friend(house, code="in time, but then it waited")
        aged(20)
        wecom.says_added(
            "wm-1", employee="ann", at=waited.at - BUDGET, welcome_code="told late"
        )

        until_it_is_called(times=3)
        aged(20)
        settle(at=timezone.now())

        assert sent_by(sandbox) == []
        reasons = Greeting.objects.values_list("outcome", "reason")
        assert list(reasons) == [("missed", "late")] * 2

    def test_who_is_confirmed_later_is_greeted_with_the_code_that_comes_then(
        self, corp, wecom, house
    ):
        """WeCom gives the code with one of both; the other is no beginning any more."""
        now = timezone.now()
        wecom.says_half_added("wm-1", employee="ann", at=now)
        until_it_is_called("callback")
        until_it_is_called("news")
        assert Greeting.objects.get().reason == "no_code"
        wecom.says_added("wm-1", employee="ann", at=now, welcome_code="CODE")
        until_it_is_called(times=2)

        found = Greeting.objects.order_by("pk").values_list("code", "reason")
        assert [bool(code) for code, _why in found] == [False, True]

    def test_two_workers_ask_wecom_once(self, corp, sandbox, wecom, house):
        from django.db import connections

        from apps.common.jobs import drain

        for _one in range(5):
            added(corp, wecom)

        def work():
            for _time in range(3):
                drain("welcome")
            connections.close_all()

        both = [threading.Thread(target=work) for _one in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join()

        assert len(sent_by(sandbox)) == 5
        assert outcomes(corp) == ["sent"] * 5

    def test_what_the_first_pull_finds_is_greeted_by_nobody(self, house):
        from apps.contacts.follow import start_follows
        from apps.contacts.rows import FollowRow

        for source in ("first_pull", "reconcile"):
            row = FollowRow(
                external_id=f"wm-{source}",
                employee_id=house.pk,
                began_at=timezone.now(),
            )
            start_follows([row], source=EventRecord.Source(source))

        hearers = Delivery.objects.values_list("subscriber", flat=True)
        assert not [name for name in hearers if "welcomes" in name]
