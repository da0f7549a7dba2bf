"""What needs a person stands on the front page, and only while it does."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.backoffice.troubles.all import dead_letters, troubles
from apps.backoffice.troubles.not_done import LOOKED_AT
from apps.backoffice.troubles.seen import look
from apps.channels.models import Balance, Channel
from apps.common.models import Presence
from apps.joins.models import GroupCode
from apps.sync.pull import PullCancelled
from apps.tags.models import TagChange
from apps.wecom.errors import WeComUnreachable
from apps.wecom.models import AccessToken, Callback, Command, Quota
from apps.wecom.token import credential_of
from tests import make
from tests.backoffice.reading import faults
from tests.backoffice.test_query_counts import costs
from tests.conftest import day

LIMIT = 30  # queries of the front page, whatever is wrong

pytestmark = pytest.mark.django_db

NOW = day(10, hour=12)
BUG = "ValueError: 'x' is wrong (of, line 12)"


def ago(**length):
    return NOW - timedelta(**length)


def seen(**options):
    return look(at=NOW, **{"broker": True} | options)


def found(*, repairs: bool = True, **options) -> dict:
    told = troubles(seen(**options), at=NOW, may_repair=lambda kind: repairs)
    return {trouble.name: trouble for trouble in told}


def dead(*, repairs: bool = True) -> list:
    return dead_letters(seen(), at=NOW, may_repair=lambda kind: repairs)


def steady_callbacks(*, last) -> None:
    for number in range(30):
        at = last - timedelta(seconds=20 * number)
        make.callback(received_at=at, status="done", done_at=at)


def test_when_all_is_well_there_is_nothing():
    steady_callbacks(last=ago(seconds=9))
    make.command(status="waiting")
    make.command(status="done", errcode=48002, called_at=NOW)
    make.pull(status="done", done_at=ago(hours=3), counts={"audit": {"drift": 0.001}})
    Presence.objects.create(role="timetable", seen_at=ago(seconds=50))
    Presence.objects.create(role="worker:inbox", seen_at=ago(seconds=50))
    Presence.objects.create(role="worker:bulk", seen_at=ago(seconds=90))
    Quota.objects.create(api="externalcontact.get", paused_until=ago(seconds=1))

    assert (found(), dead()) == ({}, [])


class TestOurOwnParts:
    def test_a_broker_that_is_away(self):
        trouble = found(broker=False)["broker"]

        assert trouble.title == "消息中间件没有响应"
        assert "不会丢" in trouble.meaning
        assert "重新启动" in trouble.to_do

    @pytest.mark.parametrize(
        ("role", "name"), [("timetable", "定时"), ("worker:inbox", "后台")]
    )
    def test_a_process_that_is_away_for_a_minute(self, role, name):
        Presence.objects.create(role=role, seen_at=ago(seconds=61))

        [trouble] = found().values()

        assert name in trouble.title
        assert trouble.since == ago(seconds=61)

    def test_callbacks_that_nobody_works_off(self):
        make.callback(created_at=ago(minutes=2), due_at=ago(minutes=2))
        assert found()["workers"].mood == "late"

        make.callback(created_at=ago(minutes=6), due_at=ago(minutes=6))
        trouble = found()["workers"]
        assert (trouble.mood, trouble.since) == ("broken", ago(minutes=6))
        assert "6 分 0 秒" in trouble.title
        assert "status__exact=waiting" in trouble.doors[0].address

    def test_callbacks_that_are_tried_again_later_are_not_overdue(self):
        make.callback(created_at=ago(minutes=9), due_at=NOW + timedelta(minutes=9))

        assert found() == {}


class TestWeCom:
    def test_callbacks_that_have_stopped(self):
        steady_callbacks(last=ago(hours=1))

        trouble = found()["callbacks"]

        assert trouble.since == ago(hours=1)
        assert "1 小时 0 分" in trouble.meaning
        assert "接收消息" in trouble.to_do
        assert "立即同步" in trouble.to_do

    def test_a_token_that_is_refused_until_the_secret_is_another(self):
        AccessToken.objects.create(
            app="app", refused_errcode=40001, credential=credential_of("app")
        )
        trouble = found()["token-app"]
        assert "Secret" in trouble.to_do
        assert trouble.code == "错误码 40001"

        AccessToken.objects.update(credential=b"another one")
        assert found() == {}

    @pytest.mark.parametrize(
        ("errcode", "cause", "remedy"),
        [
            (48002, "无权", "可调用接口的应用"),
            (60020, "IP", "可信IP"),
            (60011, "", ""),
        ],
    )
    def test_calls_that_are_refused_just_now(self, errcode, cause, remedy):
        for call in ("externalcontact.get", "externalcontact.get", "user.get"):
            make.command(
                call,
                status="failed",
                errcode=errcode,
                called_at=ago(minutes=3),
                created_at=ago(minutes=9),
                last_error="x",
            )

        trouble = found()[f"refused-{errcode}"]

        assert cause in trouble.title
        assert remedy in trouble.to_do
        assert trouble.since == ago(minutes=9)
        assert "3" in trouble.meaning
        assert "读取客户详情" in trouble.meaning
        assert dead() == []
        again, see = trouble.doors
        assert again.address.startswith("/admin/wecom/command/replay/?reason=")
        assert "status__exact=failed&reason=" in see.address

    def test_a_refusal_of_this_morning_is_a_dead_letter(self):
        make.command(
            status="failed", errcode=48002, called_at=ago(hours=4), last_error="x"
        )

        assert found() == {}
        assert "可调用接口的应用" in dead()[0].explanation.to_do

    def test_a_refusal_that_concerns_one_contact_alone_is_a_dead_letter(self):
        make.command(status="failed", errcode=84061, called_at=NOW, last_error="x")

        assert found() == {}
        assert "好友关系" in dead()[0].explanation.why

    def test_no_answer_as_commands_and_the_pull_tell_it(self):
        silent = str(WeComUnreachable(sent=True, detail="timeout"))
        for _number in range(2):
            make.command(created_at=ago(minutes=5), last_error=silent)
        make.pull(created_at=ago(minutes=20), last_error=silent)

        trouble = found()["unreachable"]

        assert trouble.since == ago(minutes=20)
        assert "2 次调用" in trouble.meaning

    def test_a_limit_that_is_reached(self):
        Quota.objects.create(
            api="externalcontact.get", paused_until=NOW + timedelta(minutes=1)
        )

        trouble = found()["paused"]

        assert trouble.mood == "late"
        assert "12:01" in trouble.meaning
        assert "读取客户详情" in trouble.meaning


class TestPulls:
    def test_removals_that_are_held_back(self):
        items = [{"step": "contacts", "whole": "lin", "items": ["a"] * 12, "held": 20}]
        pull = make.pull(status="done", done_at=ago(hours=1), held_back=items)

        trouble = found()["removals"]

        assert "12" in trouble.title
        assert trouble.doors[0].address == f"/admin/sync/pull/{pull.pk}/change/"

        make.pull(status="done", done_at=NOW)
        assert found() == {}

    def test_removals_that_a_sweep_of_others_says_nothing_about(self):
        items = [{"step": "lists", "whole": "lin", "items": ["a"] * 12, "held": 20}]
        one = {"status": "done", "scope": "sweep", "done_at": ago(hours=1)}
        make.pull(**one, accounts=["lin"], held_back=items)

        make.pull(**one, accounts=["wang"])
        assert "removals" in found()

        make.pull(**one, accounts=["lin", "wang"])
        assert found() == {}

    def test_a_pull_that_failed_until_another_has_read_all(self):
        make.pull(status="failed", last_error="企业微信没有响应。")
        assert "企业微信没有响应。" in found()["pull-whole"].meaning

        make.pull(status="done", done_at=NOW)
        assert found() == {}

    def test_a_pull_that_a_person_stopped_is_none(self):
        make.pull(status="failed", last_error=str(PullCancelled()))

        assert found() == {}

    def test_a_sample_that_differs_more_than_usual(self):
        pull = make.pull(
            status="done",
            done_at=ago(hours=1),
            scope="audit",
            counts={"audit": {"drift": 0.004, "contacts": 1000, "differing": 4}},
        )

        trouble = found()["drift"]

        assert "0.4%" in trouble.meaning
        assert str(pull.pk) in trouble.doors[0].address


class TestCodesAndTags:
    def test_a_code_that_was_deleted_in_wecom_leads_to_its_page(self):
        channel = make.channel("门店海报")
        Channel.objects.update(trouble="lost")

        trouble = found()["code-lost"]

        assert (trouble.title, trouble.mood) == (
            "1 个渠道活码：已在企业微信中被删除",
            "broken",
        )
        assert "门店海报" in trouble.meaning
        assert "重新印刷" in trouble.to_do
        [door] = trouble.doors
        assert door.address == f"/admin/channels/channel/{channel.pk}/change/"

    def test_several_codes_of_one_trouble_are_told_once(self, client):
        for number in range(4):
            make.channel(f"展会 {number}")
        Channel.objects.update(trouble="refused", errcode=84074)
        client.force_login(make.user(role="admin"))

        trouble = found()["code-refused-84074"]

        assert trouble.title.startswith("4 个")
        assert "84074" in trouble.to_do
        assert "展会 3" not in trouble.meaning
        page = client.get(trouble.doors[0].address)
        assert page.context["cl"].result_count == 4

    def test_a_code_that_nobody_covers_can_wait_and_a_stopped_one_is_no_matter(self):
        make.channel()
        Channel.objects.update(trouble="nobody")
        assert found()["code-nobody"].mood == "late"

        Channel.objects.update(status="stopped")
        assert found() == {}

    def test_a_code_of_groups_that_are_all_full_leads_to_its_page(self):
        code = make.group_code("福利群")
        GroupCode.objects.update(trouble="full")

        [trouble] = found().values()

        assert trouble.title == "群活码“福利群”：所有群都已满员"
        assert trouble.doors[0].address == f"/admin/joins/groupcode/{code.pk}/change/"

    def test_a_low_balance_is_told_only_where_a_link_is_published(self):
        Balance.objects.create(total=1000, left=7, read_at=ago(hours=1))
        channel = make.channel()
        assert found() == {}

        Channel.objects.filter(pk=channel.pk).update(kind="link")

        trouble = found()["balance-of-links"]
        assert (trouble.title, trouble.mood) == ("获客额度只剩 7 个", "late")

    def test_a_change_of_a_tag_that_wecom_refused_until_somebody_has_seen_it(self):
        change = make.tag_change(at=ago(hours=2))

        trouble = found()["tags-refused"]

        assert "1 项" in trouble.title
        assert "标签名已存在" in trouble.meaning
        assert trouble.since == ago(hours=2)
        group = f"/admin/tags/taggroup/{change.group_id}/change/"
        assert trouble.doors[0].address == group
        make.tag_change(errcode=40126)
        assert found()["tags-refused"].doors[0].address == "/admin/tags/taggroup/"

        TagChange.objects.update(seen_at=NOW)
        assert found() == {}

    def test_a_change_that_wecom_was_faster_with(self):
        make.tag_change(state="overtaken", errcode=None)
        make.tag_change(state="waiting", errcode=None)
        make.tag_change(state="done", errcode=None)

        [trouble] = found().values()

        assert (trouble.name, "1 项" in trouble.title) == ("tags-overtaken", True)


def test_commands_of_unknown_outcome_wait_for_a_decision():
    make.command(status="unknown")

    trouble = found()["unknown"]

    assert "1" in trouble.title
    assert trouble.doors[0].address == "/admin/wecom/command/?status__exact=unknown"


class TestDeadLetters:
    def test_are_told_by_reason_the_most_frequent_first(self):
        for value in "abc":
            make.callback(
                status="failed", bugs=5, last_error=f"ValueError: {value} (of, line 12)"
            )
        make.command(status="failed", last_error="客户不存在。")

        first, second = dead()

        assert (first.group.many, first.group.kind) == (3, Callback)
        assert first.explanation.title == "程序出错"
        assert "添加" in first.topics
        assert (second.group.kind, second.explanation.why) == (Command, "客户不存在。")

    def test_lead_to_their_list_and_to_trying_them_again(self, client):
        for number, error in enumerate([BUG, BUG, "别的原因。"]):
            make.callback(status="failed", bugs=5 * (number < 2), last_error=error)
        client.force_login(make.user(role="admin"))
        again, see = dead()[0].doors

        page = client.get(see.address)
        assert page.context["cl"].result_count == 2
        page = client.get(again.address)
        assert page.context["many"] == 2

        client.post(again.address)

        assert Callback.objects.filter(status="waiting").count() == 2
        assert [d.explanation.why for d in dead()] == ["别的原因。"]

    def test_are_only_to_be_read_by_those_who_may_not_repair(self):
        make.callback(status="failed", last_error="x")

        [only] = dead(repairs=False)[0].doors
        assert "replay" not in only.address


class TestReplayPage:
    def test_is_not_for_managers(self, client):
        client.force_login(make.user(role="manager"))

        for path in ("/admin/wecom/callback/replay/", "/admin/events/delivery/replay/"):
            assert client.get(path).status_code == 403
            assert client.post(path).status_code == 403

    def test_of_pulls_does_not_exist(self, client):
        client.force_login(make.user(role="admin"))

        assert client.get("/admin/sync/pull/replay/").status_code == 404

    def test_says_who_did_it_how_often(self, client):
        make.callback(status="failed", last_error="x")
        client.force_login(make.user("zhou", role="admin"))

        client.post("/admin/wecom/callback/replay/")
        page = client.get("/admin/wecom/callback/replay/").content.decode()

        assert "zhou" in page
        assert "已有 1 条重新处理。" in page
        assert "没有失败的记录" in page

    @pytest.mark.parametrize("question", ["", "?reason=nonsense", "?reason=%00"])
    def test_speaks_chinese_whatever_it_is_asked(self, client, question):
        make.callback(status="failed", bugs=5, last_error=BUG)
        somebody = make.user(role="admin")
        client.force_login(somebody)

        page = client.get(f"/admin/wecom/callback/replay/{question}")

        assert page.status_code == 200
        assert faults(page.content.decode(), names=somebody.username) == []

    def test_three_hundred_ticked_across_pages_go_together(self, client):
        Callback.objects.bulk_create(
            Callback(
                event="e", status="failed", lane="callback", message={}, told_at=NOW
            )
            for _number in range(300)
        )
        client.force_login(make.user(role="admin"))
        form = {"action": "try_again_selected", "select_across": "1", "index": "0"}
        form["_selected_action"] = Callback.objects.first().pk

        client.post("/admin/wecom/callback/?status__exact=failed", form)

        assert Callback.objects.filter(status="waiting").count() == 300


class TestPage:
    @pytest.fixture
    def everything_wrong(self):
        now = timezone.now()
        for number in range(30):
            at = now - timedelta(hours=2, seconds=number)
            make.callback(received_at=at, status="failed", bugs=5, last_error=BUG)
        make.callback(created_at=now - timedelta(hours=1))
        make.command(
            status="failed", errcode=48002, called_at=now, last_error="x" * 900
        )
        make.command(status="failed", errcode=84061, called_at=now, last_error="y")
        make.command(status="unknown")
        make.command(last_error=str(WeComUnreachable(sent=False)))
        make.pull(status="failed", bugs=5, last_error=BUG)
        for role in ("worker", "timetable"):
            Presence.objects.create(role=role, seen_at=now - timedelta(hours=1))
        AccessToken.objects.create(
            app="app", refused_errcode=60020, credential=credential_of("app")
        )
        Quota.objects.create(api="user.get", paused_until=now + timedelta(hours=1))
        for trouble in ("lost", "full", "refused", "quota", "nobody"):
            number = make.channel().pk
            Channel.objects.filter(pk=number).update(trouble=trouble, errcode=84074)
        make.tag_change()
        make.tag_change(state="overtaken", errcode=None)

    @pytest.mark.parametrize("role", ["admin", "manager"])
    def test_speaks_chinese_when_everything_is_wrong(
        self, client, everything_wrong, role
    ):
        somebody = make.user(role=role)
        client.force_login(somebody)

        for path in ("/admin/", "/admin/troubles/"):
            page = client.get(path).content.decode()
            assert page.count('class="trouble ') >= 16
            assert faults(page, names=somebody.username) == []

    def test_costs_no_more_when_everything_is_wrong(self, client, everything_wrong):
        client.force_login(make.user(role="admin"))

        assert costs(client, "/admin/") <= LIMIT

    def test_is_not_for_employees(self, visit):
        assert visit("/admin/troubles/", role="employee").status_code == 403


def test_more_dead_letters_than_are_looked_at_are_counted_as_at_least():
    Callback.objects.bulk_create(
        Callback(event="e", status="failed", lane="bulk", message={}, told_at=NOW)
        for _number in range(LOOKED_AT + 1)
    )

    [only] = dead()

    assert only.count == "至少 1,000 条"
