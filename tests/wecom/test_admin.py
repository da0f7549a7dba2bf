"""Inbox and outbox on screen: what happened, why not done, and once more."""

from datetime import timedelta

import pytest
from django.urls import reverse

from apps.wecom.errors import WeComRefused
from apps.wecom.models import Callback
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

CALLBACKS = "/admin/wecom/callback/"


def page_of(job) -> str:
    return reverse(f"admin:wecom_{job._meta.model_name}_change", args=[job.pk])


def again(job) -> str:
    return reverse(f"admin:wecom_{job._meta.model_name}_try_again", args=[job.pk])


@pytest.fixture
def by(client):
    def signed_in(role: str):
        client.force_login(make.user(role=role))
        return client

    return signed_in


class TestACallback:
    def test_is_told_in_words_with_its_message(self, by):
        late = make.callback(
            "del_follow_user",
            subject="contact:wm1",
            told_at=day(1) - timedelta(minutes=20),
            message={"ChangeType": "del_follow_user", "WelcomeCode": "secret"},
        )

        page = by("manager").get(page_of(late)).content.decode()

        for words in ("客户删除员工", "wm1", "迟到", "20 分 0 秒"):
            assert words in page
        assert "secret" not in page

    def test_says_in_chinese_that_the_program_failed(self, by):
        failed = make.callback(
            status="failed", bugs=5, last_error="KeyError: 'UserID' (handle, line 3)"
        )

        page = by("manager").get(page_of(failed)).content.decode()

        assert "程序出错" in page
        assert "已试 5 次" in page
        assert page.index("技术说明") < page.index("KeyError")

    def test_is_found_by_the_whole_id(self, by):
        make.callback(subject="contact:wm1")
        make.callback(subject="contact:wm11")

        found = by("manager").get(CALLBACKS, {"q": "wm1"}).context["cl"]

        assert [c.subject for c in found.result_list] == ["contact:wm1"]

    def test_is_found_by_its_kind(self, by):
        make.callback("add_external_contact")
        make.callback("del_follow_user")
        kind = "change_external_contact/del_follow_user"

        found = by("manager").get(CALLBACKS, {"kind": kind}).context["cl"]

        assert [c.change_type for c in found.result_list] == ["del_follow_user"]


class TestACommand:
    def test_says_what_wecom_means_and_what_to_do(self, by):
        refused = make.command(
            status="failed",
            errcode=84061,
            last_error=str(WeComRefused(84061)),
            arguments={"external_userid": "wm1"},
        )

        page = by("manager").get(page_of(refused)).content.decode()

        for words in ("读取客户详情", "没有好友关系", "怎么办", "84061", "wm1"):
            assert words in page

    def test_is_found_by_its_error_code(self, by):
        make.command(status="failed", errcode=84061)
        make.command(status="failed", errcode=40096)
        manager = by("manager")

        found = manager.get("/admin/wecom/command/", {"errcode": 84061}).context["cl"]
        nonsense = manager.get("/admin/wecom/command/", {"errcode": "x"})

        assert found.result_count == 1
        assert nonsense.status_code == 200


class TestTryingAgain:
    @pytest.fixture
    def failed(self):
        return make.callback(status="failed", attempts=5, bugs=5, last_error="x")

    def test_lets_a_failed_one_wait_from_the_beginning(self, by, failed):
        by("admin").post(again(failed))

        failed.refresh_from_db()
        assert (failed.status, failed.attempts, failed.bugs) == ("waiting", 0, 0)

    def test_is_offered_to_administrators_only(self, by, failed):
        assert again(failed) in by("admin").get(page_of(failed)).content.decode()
        manager = by("manager")
        assert again(failed) not in manager.get(page_of(failed)).content.decode()
        assert manager.post(again(failed)).status_code == 403

    def test_by_following_a_link_is_not_possible(self, by, failed):
        assert by("admin").get(again(failed)).status_code == 405

    def test_leaves_alone_what_is_done(self, by):
        done = make.callback(status="done", attempts=1)

        page = by("admin").post(again(done), follow=True).content.decode()

        done.refresh_from_db()
        assert done.status == "done"
        assert "只有失败的作业可以重试" in page

    def test_all_that_are_ticked_tries_the_failed_ones(self, by, failed):
        done = make.callback(status="done")
        other = make.callback(status="failed")
        form = {
            "action": "try_again_selected",
            "_selected_action": [failed.pk, done.pk, other.pk],
        }

        page = by("admin").post(CALLBACKS, form, follow=True).content.decode()

        waiting = Callback.objects.filter(status="waiting")
        assert set(waiting) == {failed, other}
        assert "已有 2 条重新处理" in page

    def test_all_that_are_ticked_is_refused_to_managers(self, by, failed):
        form = {"action": "try_again_selected", "_selected_action": [failed.pk]}

        by("manager").post(CALLBACKS, form)

        failed.refresh_from_db()
        assert failed.status == "failed"


def test_nothing_that_happened_is_changed_or_deleted(by):
    job = make.callback()
    admin = by("admin")

    for page in ("delete", "change"):
        address = reverse(f"admin:wecom_callback_{page}", args=[job.pk])
        admin.post(address, {"post": "yes", "status": "done"})

    job.refresh_from_db()
    assert job.status == "waiting"
