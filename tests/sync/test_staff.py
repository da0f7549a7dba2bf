"""Departments and employees: pulled, compared, and heard of."""

import pytest

from apps.contacts.models import Follow
from apps.events.models import EventRecord
from apps.staff.models import Department, Employee, FormerAccount, Posting
from apps.sync import staff
from apps.wecom.models import Callback, Command
from tests.conftest import day
from tests.sync import rounds

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company(corp, sandbox):
    """Three departments and some of our people; two of them by name."""
    corp.populate(seed=5, employees=8, contacts=0, groups=0)
    corp.do("employee_create", userid="Ann", name="安宁", departments=[2, 3])
    corp.do("employee_create", userid="bob", name="柏", departments=[3], serves=False)
    return corp


@pytest.fixture
def tell(wecom, corp):
    """Let WeCom do something, and tell us of it."""

    def do(act: str, **about) -> None:
        for news in corp.do(act, **about)["news"]:
            answer = wecom.put(news["message"], receiver=news["receiver"])
            assert answer.status_code == 200

    return do


def true_accounts(corp) -> set[str]:
    users = corp.dump(["users"])["users"]
    return {user["userid"].lower() for user in users if user["resigned_at"] is None}


class TestPull:
    def test_reads_everybody_with_departments_and_who_serves(self, company):
        rounds.keep(staff)

        assert {e.wecom_id for e in Employee.objects.all()} == true_accounts(company)
        ann = Employee.objects.get(wecom_id="ann")
        assert (ann.name, ann.serves, ann.status) == ("安宁", True, 1)
        assert {p.department.wecom_id for p in ann.postings.all()} == {2, 3}
        assert not Employee.objects.get(wecom_id="bob").serves
        assert Department.objects.get(wecom_id=1).children.exists()

    def test_takes_one_call_for_each_department_and_two_more(self, company):
        departments = len(company.dump(["departments"])["departments"])

        assert rounds.keep(staff) == departments + 2

    def test_leaves_no_difference(self, company):
        rounds.keep(staff)

        assert rounds.compare(staff) == ([], {})


class TestCompare:
    @pytest.fixture(autouse=True)
    def pulled(self, company):
        rounds.keep(staff)

    def test_reports_each_field_that_differs(self, company):
        company.do(
            "employee_update",
            userid="Ann",
            name="安娜",
            position="店长",
            departments=[3, 4],
            leads=[4],
            status=2,
        )
        company.do("department_update", id=4, name="新部")
        company.do("employee_update", userid="bob", serves=True)

        found, missing = rounds.compare(staff)

        assert rounds.told(found) == {
            ("employee", "different", "name", "安娜"),
            ("employee", "different", "position", "店长"),
            ("employee", "different", "departments", "3, 4"),
            ("employee", "different", "leads", "4"),
            ("employee", "different", "main department", "3"),
            ("employee", "different", "status", "2"),
            ("employee", "different", "serves", "True"),
            ("department", "different", "name", "新部"),
        }
        assert missing == {}

    def test_reports_who_and_what_is_new(self, company):
        company.do("employee_create", userid="eve", departments=[2])
        company.do("department_create", id=77, parentid=1)

        found, _missing = rounds.compare(staff)

        assert {(f.thing, f.kind, f.subject) for f in found} == {
            ("employee", "missing_here", "eve"),
            ("department", "missing_here", "77"),
        }

    @pytest.mark.parametrize("secret", ["contacts-secret-for-tests", ""])
    def test_misses_whom_wecom_does_not_know_any_more(self, company, settings, secret):
        settings.WECOM_CONTACTS_SECRET = secret
        company.do("employee_resign", userid="Ann")
        company.do("employee_resign", userid="bob")
        company.do("department_create", id=77, parentid=1)
        rounds.keep(staff)
        company.do("department_delete", id=77)

        _found, missing = rounds.compare(staff)

        assert missing == {
            "employees": ["ann", "bob"],
            "serving": ["ann"],
            "departments": ["77"],
        }

    @pytest.mark.parametrize(
        ("secret", "errcode"),
        [("contacts-secret-for-tests", 60111), ("", 60011)],
    )
    def test_does_not_miss_whom_the_app_may_not_see(
        self, company, settings, secret, errcode
    ):
        settings.WECOM_CONTACTS_SECRET = secret
        company.knobs.turn(out_of_range=["Ann"], out_of_range_errcode=errcode)

        _found, missing = rounds.compare(staff)

        assert "employees" not in missing

    def test_does_not_miss_who_was_heard_of_only_since(self, company):
        Employee.objects.create(wecom_id="eve")

        assert rounds.compare(staff) == ([], {})


class TestHeard:
    @pytest.fixture(autouse=True)
    def pulled(self, company):
        rounds.keep(staff)

    @pytest.mark.parametrize("events", ["ids", "full"])
    def test_a_new_employee_appears_with_all_that_wecom_tells(
        self, company, tell, work_off, events
    ):
        company.knobs.turn(contacts_events=events)

        tell("employee_create", userid="Eve", name="伊芙", departments=[2])
        work_off()

        eve = Employee.objects.get(wecom_id="eve")
        assert (eve.name, eve.status) == ("伊芙", 1)
        assert eve.joined_at
        assert eve.user.is_active is False

    def test_a_move_to_another_department_is_read(self, tell, work_off):
        tell("employee_update", userid="Ann", departments=[4], leads=[4])
        work_off()

        posting = Posting.objects.get(employee__wecom_id="ann")
        assert (posting.department.wecom_id, posting.leads) == (4, True)

    def test_who_leaves_is_gone_with_all_follows(self, tell, wecom, work_off):
        wecom.says_added("wm-1", employee="Ann", at=day(1))
        work_off()

        tell("employee_resign", userid="Ann")
        work_off()

        ann = Employee.objects.get(wecom_id="ann")
        assert ann.has_left
        assert Follow.objects.get().ended_by == "resigned"

    def test_another_account_stays_the_same_employee(self, tell, work_off):
        ann = Employee.objects.get(wecom_id="ann")

        tell("employee_rename_id", userid="Ann", new_userid="Ann.Ning")
        work_off()

        ann.refresh_from_db()
        assert (ann.wecom_id, ann.name) == ("ann.ning", "安宁")
        assert FormerAccount.objects.get().wecom_id == "ann"
        assert rounds.compare(staff) == ([], {})

    def test_departments_come_move_and_go(self, company, tell, work_off):
        tell("department_create", id=77, name="新部", parentid=1)
        tell("department_update", id=77, parentid=2)
        work_off()
        new = Department.objects.get(wecom_id=77)
        assert (new.name, new.parent.wecom_id) == ("新部", 2)

        tell("department_delete", id=77)
        work_off()
        new.refresh_from_db()
        assert new.deleted_at

    @pytest.mark.parametrize("newest_first", [False, True])
    @pytest.mark.parametrize("times", [1, 3])
    def test_a_whole_life_comes_out_the_same_in_any_order(
        self, company, wecom, work_off, newest_first, times
    ):
        for _time in range(times):
            self.says(wecom, "create_user", day(1), UserID="Eve", Department="2")
            self.says(wecom, "update_user", day(2), UserID="Eve", NewUserID="Eva")
            self.says(wecom, "update_user", day(3), UserID="Eva", Department="3")
            self.says(wecom, "delete_user", day(4), UserID="Eva")
        assert Callback.objects.count() == 4

        work_off(newest_first=newest_first)

        eva = Employee.objects.get(wecom_id="eva")
        assert (eva.joined_at, eva.left_at) == (day(1), day(4))
        assert eva.former_accounts.get().wecom_id == "eve"
        assert Employee.objects.filter(wecom_id="eve").count() == 0
        kinds = EventRecord.objects.filter(facts__employee_id=eva.pk)
        assert set(kinds.values_list("kind", flat=True)) == {
            "AccountRenamed",
            "EmployeeLeft",
        }

    def test_a_tag_of_the_address_book_has_no_effect(self, wecom, work_off):
        self.says(wecom, "update_tag", day(1), TagId="3", AddUserItems="ann")
        work_off()

        assert Callback.objects.get().status == "done"

    def test_whom_wecom_does_not_tell_of_is_kept_by_the_account(self, wecom, work_off):
        self.says(wecom, "update_user", day(1), UserID="nobody")
        work_off()

        assert Employee.objects.get(wecom_id="nobody").status == 0
        assert Command.objects.get().status == "done"

    def says(self, wecom, change: str, at, **about) -> None:
        assert wecom.says("change_contact", change, at=at, **about).status_code == 200
