"""A table tells who agreed to what, when, where, under which text; taken back, too."""

import pytest
from django.utils import timezone

from apps.audit.models import AuditRow
from apps.contacts.consent import consents_of, may_be_sent_marketing, say
from apps.contacts.models import Contact
from apps.contacts.rights_models import ConsentRecord, ConsentText
from apps.events.models import EventRecord
from apps.imports.bring_in import MeaningsWillNotDo, check, undo
from apps.imports.files import rows_left_out
from tests import make
from tests.conftest import day
from tests.imports.test_import import brought, checked, counts, work, written, wrongs

pytestmark = pytest.mark.django_db
HEADING = ["手机", "同意营销", "同意时间", "同意渠道", "协议版本"]
PHONE = "13800000001"


@pytest.fixture
def manager():
    return make.user(role="manager")


def table(*rows, by):
    return brought(rows, by=by, heading=HEADING)


def marketing():
    return consents_of(Contact.objects.get())["marketing"]


def refuses(*, at) -> None:
    say(
        contact=Contact.objects.get(),
        purpose="marketing",
        given=False,
        channel="phone",
        at=at,
        now=timezone.now(),
        source=EventRecord.Source.PERSON,
    )


class TestATable:
    def test_says_what_for_when_where_and_under_which_words(self, manager):
        text = ConsentText.objects.create(
            purpose="marketing", version="2026-03", text="我们会……"
        )

        of = written(
            table(
                [PHONE, "同意", "2026-03-08 14:30", "门店", "2026-03"],
                ["13800000002", "", "", "", ""],
                by=manager,
            )
        )

        assert of.meanings == [
            "phone",
            *("agrees:marketing", "agreed_at", "agreed_in", "agreed_text"),
        ]
        [said] = ConsentRecord.objects.all()
        assert (said.given, said.channel, said.text, said.by) == (
            *(True, "shop", text, manager),
        )
        assert f"{timezone.localtime(said.at):%Y-%m-%d %H:%M}" == "2026-03-08 14:30"
        [row] = AuditRow.objects.filter(deed="consent_given")
        assert (row.contact_id, row.actor) == (said.contact_id, manager)

    def test_brought_again_changes_nothing(self, manager):
        rows = [[PHONE, "是", "2026-03-08", "电话", ""]]
        written(table(*rows, by=manager))

        assert counts(checked(table(*rows, by=manager))) == {"same": 1}
        rows[0][1] = "否"
        assert counts(checked(table(*rows, by=manager))) == {"changed": 1}

    def test_of_long_ago_does_not_undo_a_later_refusal(self, manager):
        written(brought([[PHONE]], by=manager, heading=["手机"]))
        refuses(at=day(9))

        written(table([PHONE, "同意", "2025-12-01", "网页", ""], by=manager))

        assert not marketing().given
        assert may_be_sent_marketing([Contact.objects.get().pk]) == set()

    @pytest.mark.parametrize(
        ("row", "why"),
        [
            (["也许", "2026-03-08", "电话", ""], "「也许」既不是同意也不是拒绝。"),
            (["同意", "", "电话", ""], "什么时候同意或拒绝的？缺少时间。"),
            (["同意", "2026-03-08", "", ""], "在哪里同意或拒绝的？缺少渠道。"),
            (["同意", "昨天", "电话", ""], "「昨天」不是时间。"),
            (["同意", "2199-01-01", "电话", ""], "同意或拒绝的时间在将来。"),
            (["同意", "2026-03-08", "梦里", ""], "「梦里」不是渠道"),
            (["同意", "2026-03-08", "电话", "v9"], "v9"),
        ],
    )
    def test_is_told_what_is_wrong_and_has_it_back_to_mend(self, manager, row, why):
        of = checked(table([PHONE, *row], by=manager))

        [told] = wrongs(of)
        assert why in told
        [_heading, left_out] = rows_left_out(of)
        assert left_out == [PHONE, *row, told]

    def test_wants_columns_for_when_and_where(self, manager):
        of = brought([[PHONE, "同意"]], by=manager, heading=HEADING[:2])

        with pytest.raises(MeaningsWillNotDo, match="一列说明时间"):
            check(of=of, meanings=of.meanings, at=day(1))


class TestTakenBack:
    def test_leaves_what_people_had_said_before(self, manager):
        written(table([PHONE, "拒绝", "2026-03-01", "电话", ""], by=manager))
        of = written(table([PHONE, "同意", "2026-03-08", "门店", ""], by=manager))
        assert marketing().given

        work(undo(of=of, at=timezone.now()))

        assert not marketing().given
        assert AuditRow.objects.filter(deed="consent_given").count() == 1

    def test_leaves_nobody_of_whom_nothing_else_is_known(self, manager):
        of = written(table([PHONE, "同意", "2026-03-08", "门店", ""], by=manager))

        work(undo(of=of, at=timezone.now()))

        assert not Contact.objects.exists()

    def test_keeps_who_has_refused_since(self, manager):
        """A refusal must not be forgotten with the person who said it."""
        of = written(table([PHONE, "同意", "2026-03-08", "门店", ""], by=manager))
        refuses(at=day(20))

        work(undo(of=of, at=timezone.now()))

        of.refresh_from_db()
        assert of.stayed == [Contact.objects.get().pk]
        assert not marketing().given
