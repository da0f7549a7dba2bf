"""Pulls on screen: start one, watch it, stop it, believe what it held back."""

import pytest
from django.urls import reverse

from apps.common.jobs import Job
from apps.contacts.models import Contact, Identity
from apps.sync.models import Pull
from apps.sync.pull import PullCancelled
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

START = "/admin/sync/pull/start/"
PROGRESS = "/admin/sync/pull/progress/"


def address(pull: Pull, action: str = "change") -> str:
    return reverse(f"admin:sync_pull_{action}", args=[pull.pk])


def known_as(external_id: str) -> Contact:
    follow = make.follow()
    Identity.objects.filter(pk=follow.identity_id).update(value=external_id)
    return follow.identity.contact


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

        assert (told["failed"], told["text"]) == (True, "没有读完")
        assert "用时" not in told["more"], "nobody noted when it failed"

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

    def test_names_the_employee_and_those_who_are_missing(self, by):
        lin, zhao = make.employee("林静", wecom_id="lin"), known_as("wm1")
        held = {"step": "contacts", "whole": "lin", "items": ["wm1", "wm2"], "held": 9}
        pull = make.pull(status="done", held_back=[held], counts={"contacts": {}})

        page = by("admin").get(address(pull)).content.decode()

        for row in (lin, zhao):
            assert f"/{row._meta.model_name}/{row.pk}/change/" in page
        assert "wm2" in page, "whom we do not know is shown by the id"
        assert "除了等待确认的移除，没有别的差异。" in page


class TestAReportWithoutDifferences:
    @pytest.mark.parametrize(
        ("pull", "says"),
        [
            ({"status": "done"}, "没有差异：本系统与企业微信一致。"),
            ({"status": "done", "source": "first_pull"}, "首次拉取没有可比较的数据。"),
            ({"doing": "contacts"}, "到目前为止没有差异，数据还没有读完。"),
            # it says nothing about what it has not read
            ({"status": "failed", "last_error": "x"}, "已经读到的部分没有差异"),
        ],
    )
    def test_claims_no_more_than_the_pull_has_read(self, by, pull, says):
        page = by("manager").get(address(make.pull(**{"source": "reconcile"} | pull)))

        assert says in page.content.decode()


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

    def test_calls_tags_and_strangers_by_name_as_soon_as_they_are_known(
        self, by, found, django_assert_max_num_queries
    ):
        make.tag("重点客户", wecom_id="et1")
        for number in range(5):
            found.pull.differences.create(
                step="contacts",
                thing="follow",
                kind="missing_here" if number else "different",
                subject=f"lin · wm-{number}",
                field="" if number else "tags",
                ours="" if number else "et1, et-unknown",
            )
        manager = by("manager")
        met = known_as("wm-2")

        with django_assert_max_num_queries(12):
            page = manager.get("/admin/sync/difference/").content.decode()

        assert "重点客户、et-unknown" in page
        assert f"/contact/{met.pk}/change/" in page
        assert "wm-3" in page

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


def test_a_pull_that_was_stopped_is_no_failure_on_screen(by):
    pull = make.pull(status="failed", last_error=str(PullCancelled()))
    manager = by("manager")

    page = manager.get(address(pull)).content.decode()
    rows = manager.get("/admin/sync/pull/").content.decode()

    assert "已按要求停止" in page
    assert "没有做成" not in page
    assert "已停止" in rows


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
