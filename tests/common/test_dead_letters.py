"""Why a job has not been done, in words for people; failed jobs in groups."""

import pytest

from apps.common.dead_letters import KEY, REASON, explained, failed_alike
from apps.common.jobs import MAX_ATTEMPTS, WorkerDied
from apps.wecom.models import Callback
from tests import make

BUG = "TypeError: 'NoneType' object is not subscriptable (contact_added, line 41)"


def told(**fields):
    return explained(Callback(**{"status": "failed"} | fields))


class TestExplained:
    def test_says_nothing_of_what_is_done_or_merely_waits(self):
        assert told(status="done", last_error="x") is None
        assert told(status="ignored") is None
        assert told(status="waiting") is None

    def test_a_bug_is_told_in_plain_words_with_one_line_to_quote(self):
        found = told(bugs=5, attempts=5, last_error=BUG)

        assert found.title == "程序出错"
        assert "已试 5 次" in found.why
        assert "TypeError" not in found.why + found.to_do
        assert found.code == BUG

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            ("TookTooLong: (work, line 3)", "超过"),
            ("OperationalError: server closed the connection (f, line 1)", "数据库"),
            ("IntegrityError: … [23505 x] (f, line 1)", "冲突"),
            ("DataError: value too long (f, line 1)", "太长"),
            ("KeyError (f, line 1)", "没有预料"),
        ],
    )
    def test_the_kind_of_a_bug_is_told_as_far_as_it_is_known(self, error, words):
        assert words in told(bugs=5, last_error=error).why

    def test_a_bug_that_is_tried_again_by_itself_needs_nobody(self):
        assert "自动再试" in told(status="waiting", bugs=1, last_error=BUG).to_do

    def test_a_refusal_stays_the_sentence_that_it_is(self):
        found = told(last_error="客户不存在。")

        assert (found.why, found.code) == ("客户不存在。", "")

    def test_what_was_tried_for_ten_hours_says_so(self):
        found = told(attempts=MAX_ATTEMPTS, last_error="企业微信没有响应。")

        assert "企业微信没有响应。" in found.why
        assert "20 次" in found.why

    def test_whoever_tried_it_died_of_it(self):
        assert "中断" in told(last_error=str(WorkerDied())).title

    def test_an_unknown_outcome_is_not_repeated(self):
        assert "不会自动重复" in told(status="unknown").to_do


@pytest.mark.django_db
class TestGroups:
    def test_one_bug_is_one_group_whatever_the_values_were(self):
        for value in ("a\nb", "'x' (y)", ""):
            line = f"ValueError: {value} (of, line 12)"
            make.callback(status="failed", bugs=5, last_error=line)
        make.callback(status="failed", bugs=5, last_error="ValueError: (of, line 13)")
        make.callback(status="failed", bugs=5, last_error="KeyError")
        make.callback(status="failed", last_error="客户不存在。")

        failed = Callback.objects.failed().annotate(reason=REASON, key=KEY)

        reasons = sorted(failed.values_list("reason", flat=True))
        assert reasons == [
            "KeyError",
            *["ValueError (of, line 12)"] * 3,
            "ValueError (of, line 13)",
            "客户不存在。",
        ]
        first = failed.order_by("pk").first()
        assert failed_alike(Callback.objects.failed(), first.key).count() == 3
