"""Pulls on screen: start one, watch it, stop it, believe what it held back."""

import pytest
from django.urls import reverse

from apps.common.jobs import Job
from apps.sync.models import Pull
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

START = "/admin/sync/pull/start/"
PROGRESS = "/admin/sync/pull/progress/"


def address(pull: Pull, action: str = "change") -> str:
    return reverse(f"admin:sync_pull_{action}", args=[pull.pk])


@pytest.fixture
def by(client):
    def signed_in(role: str):
        client.force_login(make.user(role=role))
        return client

    return signed_in


class TestStarting:
    @pytest.mark.parametrize(
        ("role", "pulls"), [("admin", 1), ("manager", 1), ("employee", 0)]
    )
    def test_is_for_managers_and_administrators(self, by, role, pulls):
        by(role).post(START)

        assert Pull.objects.count() == pulls

    def test_says_who_asked_and_leads_to_the_pull(self, by):
        answer = by("manager").post(START)

        pull = Pull.objects.get()
        assert pull.asked_by.groups.get().name == "manager"
        assert answer["Location"] == address(pull)

    def test_twice_is_one(self, by):
        manager = by("manager")
        manager.post(START)
        manager.post(START)

        assert Pull.objects.count() == 1

    def test_by_following_a_link_is_not_possible(self, by):
        assert by("manager").get(START).status_code == 405


class TestWatching:
    def test_tells_how_far_it_is_and_what_is_read(self, by):
        make.pull(total=8, done=2, doing="contacts", calls=1234)

        told = by("manager").get(PROGRESS).json()

        assert (told["running"], told["percent"]) == (True, 25)
        assert told["text"] == "正在读取客户"
        assert told["more"].startswith("调用 1,234 次")

    def test_tells_of_the_pull_that_is_asked_about(self, by):
        old = make.pull(status="failed", last_error="企业微信没有响应")
        make.pull(status="done", done_at=day(2))

        told = by("manager").get(PROGRESS, {"pull": old.pk}).json()

        assert (told["failed"], told["text"]) == (True, "企业微信没有响应")

    def test_before_the_first_one_tells_that_nothing_runs(self, by):
        assert by("manager").get(PROGRESS).json() == {"running": False}

    @pytest.mark.parametrize("asked", ["x", "-1", "9" * 40])
    def test_passes_over_nonsense(self, by, asked):
        make.pull()

        assert by("manager").get(PROGRESS, {"pull": asked}).json()["running"]

    def test_is_not_for_employees(self, by):
        assert by("employee").get(PROGRESS).status_code == 403


class TestStopping:
    def test_asks_the_pull_to_stop(self, by):
        pull = make.pull()

        by("manager").post(address(pull, "cancel"))

        pull.refresh_from_db()
        assert pull.cancel_asked

    def test_of_one_that_has_ended_says_so(self, by):
        pull = make.pull(status="done")

        page = by("manager").post(address(pull, "cancel"), follow=True)

        assert "已经结束了" in page.content.decode()

    def test_is_not_for_employees(self, by):
        assert by("employee").post(address(make.pull(), "cancel")).status_code == 403


class TestBelieving:
    @pytest.fixture
    def pull(self):
        held = {"step": "contacts", "whole": "lin", "items": ["wm1", "wm2"], "held": 9}
        return make.pull(status="done", held_back=[held], counts={"contacts": {}})

    def test_is_offered_with_the_number(self, by, pull):
        page = by("admin").get(address(pull)).content.decode()

        assert "有 2 项移除等待确认" in page
        assert address(pull, "believe") in page

    def test_is_shown_to_managers_but_not_offered(self, by, pull):
        manager = by("manager")

        page = manager.get(address(pull)).content.decode()

        assert "有 2 项移除等待确认" in page
        assert address(pull, "believe") not in page
        assert manager.post(address(pull, "believe")).status_code == 403


class TestTheListOfDifferences:
    @pytest.fixture
    def found(self):
        contact = make.contact("赵敏")
        return make.pull(status="done").differences.create(
            step="contacts",
            thing="follow",
            kind="different",
            subject="lin · wm1",
            field="remark",
            ours="<script>alert(1)</script>",
            theirs="新备注",
            contact=contact,
        )

    def test_says_both_versions_in_words_and_harms_nobody(self, by, found):
        page = by("manager").get("/admin/sync/difference/").content.decode()

        for words in ("好友关系", "备注", "内容不同", "新备注", "赵敏"):
            assert words in page
        assert "<script>alert" not in page

    def test_may_be_of_one_pull(self, by, found):
        make.pull(status="done")
        other = found.pull_id + 1
        manager = by("manager")

        of_it = manager.get("/admin/sync/difference/", {"pull": found.pull_id})
        of_another = manager.get("/admin/sync/difference/", {"pull": other})

        assert of_it.context["cl"].result_count == 1
        assert of_another.context["cl"].result_count == 0

    def test_each_has_a_page(self, by, found):
        address = reverse("admin:sync_difference_change", args=[found.pk])

        assert "新备注" in by("manager").get(address).content.decode()


def test_a_failed_pull_goes_on_where_it_stopped(by):
    pull = make.pull(status="failed", last_error="x", cancel_asked=True)

    by("manager").post(address(pull, "try_again"))

    pull.refresh_from_db()
    assert (pull.status, pull.cancel_asked) == (Job.Status.WAITING, False)


def test_a_failed_pull_waits_while_another_is_under_way(by):
    failed, _running = make.pull(status="failed"), make.pull()

    page = by("manager").post(address(failed, "try_again"), follow=True)

    failed.refresh_from_db()
    assert failed.status == Job.Status.FAILED
    assert "另一次拉取正在进行" in page.content.decode()


class TestChecking:
    def test_only_looks(self, by):
        by("manager").post("/admin/sync/pull/check/")

        pull = Pull.objects.get()
        assert (pull.looks_only, pull.source) == (True, "reconcile")

    def test_is_not_for_employees(self, by):
        assert by("employee").post("/admin/sync/pull/check/").status_code == 403

    def test_that_found_something_offers_to_mend_it_until_somebody_does(self, by):
        check = make.pull(status="done", looks_only=True, counts={})
        employee, contact = make.employee("林静"), make.contact("赵敏")
        check.differences.create(
            step="contacts",
            thing="follow",
            kind="different",
            subject="lin · wm1",
            field="gender",
            ours="1",
            theirs="2",
            employee=employee,
            contact=contact,
        )
        manager = by("manager")

        page = manager.get(address(check)).content.decode()

        assert "按企业微信修正" in page
        for row in (employee, contact):
            assert f"/{row._meta.model_name}/{row.pk}/change/" in page
        assert "女" in page
        manager.post(START)
        assert "按企业微信修正" not in manager.get(address(check)).content.decode()
