"""The audit draws contacts by lot, mends them, and says how far we have drifted."""

import pytest
from django.utils import timezone

from apps.contacts.models import Follow
from apps.sync.audit import interval
from apps.sync.models import Pull
from apps.sync.pull import advance, start_pull
from tests.sync.written import marks


class TestInterval:
    def test_of_none_in_a_thousand_does_not_promise_none(self):
        low, high = interval(0, of=1_000)

        assert low == 0
        assert 0.003 < high < 0.004

    def test_lies_about_the_share(self):
        low, high = interval(50, of=1_000)

        assert 0.037 < low < 0.05 < high < 0.066

    def test_of_nobody_says_nothing(self):
        assert interval(0, of=0) == (0, 1)


@pytest.mark.django_db(transaction=True)
class TestAudit:
    @pytest.fixture
    def small(self, corp, sandbox):
        corp.populate(seed=7, employees=4, contacts=40, groups=1)
        read(Pull.Scope.WHOLE)
        return corp

    def test_of_records_that_agree_finds_no_drift_and_writes_nothing(self, small):
        before = marks()

        audit = read()

        drawn = contacts()
        assert audit.calls == drawn + 1
        assert audit.counts["audit"] == {
            "contacts": drawn,
            "differing": 0,
            "drift": 0.0,
            "low": 0.0,
            "high": pytest.approx(interval(0, of=drawn)[1], abs=1e-5),
        }
        assert marks() == before

    def test_counts_each_contact_once_however_much_differs(self, small):
        follow = a_follow()
        small.do("edit_remark", **pair(follow), remark="改过")
        small.do("edit_phones", **pair(follow), mobiles=["13800138000"])

        audit = read()

        fields = set(audit.differences.values_list("field", flat=True))
        assert fields == {"remark", "phones"}
        assert audit.counts["audit"]["differing"] == 1
        follow.refresh_from_db()
        assert follow.remark == "改过"

    def test_reports_who_is_gone_and_removes_nobody(self, small):
        follow = a_follow()
        small.do("employee_drops", **pair(follow))

        audit = read()

        assert audit.differences.get().kind == "missing_there"
        assert audit.counts["audit"]["differing"] == 1
        follow.refresh_from_db()
        assert follow.ended_at is None


def read(scope: str = Pull.Scope.AUDIT) -> Pull:
    pull = start_pull(by=None, at=timezone.now(), scope=scope)
    advance(pull=pull)
    pull.refresh_from_db()
    assert pull.status == "done", pull.last_error
    return pull


def contacts() -> int:
    ours = Follow.objects.open().filter(confirmed_at__isnull=False)
    return ours.values("identity").distinct().count()


def a_follow() -> Follow:
    ours = Follow.objects.open().filter(confirmed_at__isnull=False)
    return ours.select_related("employee", "identity").order_by("pk")[0]


def pair(follow: Follow) -> dict[str, str]:
    return {
        "userid": follow.employee.wecom_id,
        "external_userid": follow.identity.value,
    }
