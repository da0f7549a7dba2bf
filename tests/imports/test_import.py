"""A table is checked, written and taken back."""

import io
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.assignment.give import give
from apps.assignment.models import Assignment
from apps.common.jobs import Job
from apps.contacts.attribute_words import known_of
from apps.contacts.attributes import Told, set_values
from apps.contacts.models import AttributeValue, Contact, Identity
from apps.contacts.reading_values import fields_of, read_value
from apps.events.models import EventRecord
from apps.imports.bring_in import (
    MeaningsWillNotDo,
    NotChecked,
    NothingToTakeBack,
    UnderWay,
    WrittenAlready,
    ask_to_cancel,
    check,
    take_in,
    undo,
    write,
)
from apps.imports.models import Import, ImportPart, Pass
from apps.imports.passes import TAGS_GROUP
from apps.tags.models import Tag, Tagging, TagGroup
from tests import make
from tests.conftest import day
from tests.contacts.everything import dump
from tests.tables import csv_of

pytestmark = pytest.mark.django_db(transaction=True)
HEADING = ["姓名", "手机", "会员号", "职业", "标签", "归属员工"]


@pytest.fixture
def manager():
    return make.user(role="admin")


def brought(rows, *, by, heading=HEADING) -> Import:
    content = csv_of([heading, *rows])
    return take_in(file=io.BytesIO(content), name="客户.csv", by=by, at=day(1))


def work(job: Pass) -> Pass:
    Pass.objects.filter(pk=job.pk).update(attempts=1)
    job.refresh_from_db()
    job.work_off()
    job.refresh_from_db()
    assert job.status == Job.Status.DONE, job.last_error
    return job


def checked(of: Import) -> Import:
    work(check(of=of, meanings=of.meanings, at=day(1)))
    of.refresh_from_db()
    return of


def written(of: Import) -> Import:
    work(write(of=checked(of), at=timezone.now()))
    of.refresh_from_db()
    return of


def counts(of: Import, what: str = "check") -> dict:
    return {name: many for name, many in of.counts[what].items() if many}


def wrongs(of: Import) -> list[str]:
    found = [row for part in of.parts.order_by("number") for row in part.found]
    return [why for outcome, why in found if outcome == "wrong"]


class TestChecking:
    def test_counts_and_says_why_and_writes_nothing(self, manager):
        make.attribute("职业")
        make.employee("周颖")
        known = make.follow(make.contact("赵敏")).identity
        before = Contact.objects.count()
        of = brought(
            [
                ["张三", "13800000001", "", "教师", "重点", "周颖"],
                ["李四", "13800000001", "", "", "", ""],
                ["王五", "没有", "", "", "", ""],
                ["", "", "", "", "", ""],
                ["孙六", "", "", "", "", ""],
                ["周七", "", "M1", "", "", "不存在"],
                [known.value, "13800000009", "", "", "", ""],
            ],
            by=manager,
        )

        checked(of)

        found = {"new": 2, "duplicate": 1, "wrong": 3}
        assert counts(of) == found | {"owners": [["周颖", 1]]}
        assert wrongs(of) == [
            "「没有」不是手机号。",
            "这一行没有编号、手机或邮箱，不知道是哪位客户。",
            "没有员工「不存在」。",
        ]
        assert Contact.objects.count() == before
        assert not Tag.objects.exists()

    def test_of_thousands_costs_the_same_for_each_part(self, manager):
        of = brought(
            [[f"客户{n}", f"1380000{n:04}", "", "", "", ""] for n in range(1_200)],
            by=manager,
        )

        checked(of)

        assert (of.rows, of.parts.count()) == (1_200, 3)
        assert counts(of) == {"new": 1_200}

    def test_wants_meanings_that_say_who(self, manager):
        of = brought([["张三"]], by=manager, heading=["姓名"])

        with pytest.raises(MeaningsWillNotDo):
            check(of=of, meanings=["name"], at=day(1))

    def test_passes_over_a_meaning_that_was_not_offered(self, manager):
        of = brought([["张三", "13800000001"]], by=manager, heading=["姓名", "手机"])

        work(check(of=of, meanings=["other:<script>", "phone"], at=day(1)))

        of.refresh_from_db()
        assert of.meanings == ["", "phone"]


class TestWriting:
    def test_makes_contacts_with_all_that_the_table_says(self, manager):
        make.attribute("职业")
        lin = make.employee("林静")
        of = brought(
            [["张三", "13800000001", "M1", "教师", "重点、老客户", "林静"]], by=manager
        )

        written(of)

        [made] = Contact.objects.all()
        assert (made.name, made.standing, made.owner) == ("张三", "known", lin)
        kinds = made.identities.order_by("kind").values_list("kind", "system", "value")
        assert list(kinds) == [("other", "会员号", "M1"), ("phone", "", "")]
        assert AttributeValue.objects.get().text == "教师"
        assert sorted(t.tag.name for t in made.taggings.all()) == ["老客户", "重点"]
        assert TagGroup.objects.get().name == TAGS_GROUP
        assert counts(of, "write") == {"new": 1}
        assert list(Contact.objects.called("zhangsan")) == [made]

    def test_again_changes_nothing_and_a_changed_row_is_a_change(self, manager):
        row = ["张三", "13800000001", "M1", "", "重点", ""]
        written(brought([row], by=manager))

        again = checked(brought([row], by=manager))
        other = written(brought([["张三丰", "", "M1", "", "", ""]], by=manager))

        assert counts(again) == {"same": 1}
        assert counts(other, "write") == {"changed": 1}
        assert [contact.name for contact in Contact.objects.all()] == ["张三丰"]

    def test_leaves_alone_what_wecom_says(self, manager):
        follow = make.follow(make.contact("赵敏", corp_name=""))
        told = follow.identity.value
        heading = ["客户ID", "姓名", "公司"]

        written(brought([[told, "敏敏", "明教"]], by=manager, heading=heading))

        contact = Contact.objects.get()
        told = (contact.name, contact.corp_name, str(contact.owner))
        assert told == ("赵敏", "明教", "林静")

    @pytest.mark.parametrize("kind", ["external", "union"])
    def test_makes_nobody_of_an_id_that_only_wecom_gives(self, manager, kind):
        heading = {"external": "客户ID", "union": "unionid"}[kind]
        of = checked(brought([["wm-unknown"]], by=manager, heading=[heading]))

        assert wrongs(of) == ["企业微信里没有「wm-unknown」。"]

    def test_joins_no_two_people(self, manager):
        heading = ["手机", "会员号"]
        for row in (["13800000001", ""], ["", "M2"]):
            written(brought([row], by=manager, heading=heading))

        of = checked(brought([["13800000001", "M2"]], by=manager, heading=heading))

        assert wrongs(of) == ["这一行的编号属于 2 位不同的客户。"]

    def test_is_done_once(self, manager):
        of = brought([["张三", "13800000001", "", "", "", ""]], by=manager)
        with pytest.raises(NotChecked):
            write(of=of, at=day(2))
        written(of)

        with pytest.raises(WrittenAlready):
            write(of=of, at=day(3))
        with pytest.raises(WrittenAlready):
            check(of=of, meanings=of.meanings, at=day(3))

    def test_waits_for_the_pass_that_is_under_way(self, manager):
        of = brought([["张三", "13800000001", "", "", "", ""]], by=manager)
        check(of=of, meanings=of.meanings, at=day(1))

        with pytest.raises(UnderWay):
            check(of=of, meanings=of.meanings, at=day(1))

    def test_refuses_whom_the_bringer_may_not_see(self):
        theirs = make.contact("赵敏")
        make.follow(theirs)
        phone = Identity.objects.get().value
        employee = make.user(role="employee", employee=make.employee("林静"))
        of = brought([[phone]], by=employee, heading=["客户ID"])

        checked(of)

        assert wrongs(of) == ["这位客户由其他同事负责。"]

    def test_goes_on_after_a_death_in_the_middle_and_writes_nothing_twice(
        self, manager
    ):
        rows = [
            [f"客户{n}", f"1380000{n:04}", "", "", "重点", ""] for n in range(1_200)
        ]
        of = checked(brought(rows, by=manager))
        job = write(of=of, at=timezone.now())
        Pass.objects.filter(pk=job.pk).update(attempts=1)
        job.refresh_from_db()
        from apps.imports import passes

        walk = passes.Write(job)
        assert passes.one_part(job, walk)  # and then it died
        assert Contact.objects.count() == 500

        work(Pass.objects.get(pk=job.pk))

        assert Contact.objects.count() == Tagging.objects.count() == 1_200
        assert EventRecord.objects.filter(kind="ContactCreated").count() == 1_200

    def test_stops_when_asked_to_and_goes_on_when_tried_again(self, manager):
        of = checked(brought([["张三", "13800000001", "", "", "", ""]], by=manager))
        job = write(of=of, at=timezone.now())
        ask_to_cancel(of=of, at=day(3))
        Pass.objects.filter(pk=job.pk).update(attempts=1)
        job.refresh_from_db()

        job.work_off()

        job.refresh_from_db()
        assert (job.status, job.last_error) == ("failed", "导入已停止。")
        assert not Contact.objects.exists()
        job.try_again(at=day(2))
        work(Pass.objects.get(pk=job.pk))
        assert Contact.objects.count() == 1


class TestTakingBack:
    def test_leaves_everything_as_it_was(self, manager):
        field = make.attribute("职业")
        written(
            brought([["张三", "13800000001", "M1", "教师", "重点", ""]], by=manager)
        )
        before = state()
        of = written(
            brought(
                [
                    ["张三丰", "", "M1", "医生", "重点、新", ""],
                    ["李四", "13800000002", "M2", "会计", "新", ""],
                ],
                by=manager,
            )
        )
        assert state() != before

        work(undo(of=of, at=timezone.now()))

        assert state() == before
        with pytest.raises(NothingToTakeBack):
            undo(of=of, at=timezone.now())
        assert field.values.get().text == "教师"

    def test_gives_owners_by_the_table_and_back(self, manager):
        lin, zhou = make.employee("林静"), make.employee("周颖")
        written(brought([["张三", "", "M1", "", "", "林静"]], by=manager))
        rows = [["张三", "", "M1", "", "", "周颖"], ["李四", "", "M2", "", "", "周颖"]]
        of = checked(brought(rows, by=manager))
        assert of.counts["check"]["owners"] == [["周颖", 2]]
        of = written(of)
        zhang = Contact.objects.get(name="张三")
        now = Assignment.objects.open().get(contact=zhang)
        assert (now.employee, now.how) == (zhou, "import")
        assert now.why == "表格「客户.csv」第 2 行"

        work(undo(of=of, at=timezone.now()))

        zhang.refresh_from_db()
        assert zhang.owner == lin
        had = Assignment.objects.filter(contact=zhang).order_by("since", "pk")
        assert [each.employee for each in had] == [lin, zhou, lin]
        assert [c.name for c in Contact.objects.all()] == ["张三"]

    def test_who_was_given_on_since_stays_there(self, manager):
        make.employee("林静"), make.employee("周颖")
        chen = make.employee("陈晨")
        written(brought([["张三", "", "M1", "", "", "林静"]], by=manager))
        of = written(brought([["张三", "", "M1", "", "", "周颖"]], by=manager))
        zhang = Contact.objects.get()
        give(contact=zhang, employee=chen, how="hand", at=timezone.now())

        work(undo(of=of, at=timezone.now()))

        zhang.refresh_from_db()
        assert zhang.owner == chen

    def test_keeps_what_a_colleague_has_said_since(self, manager):
        field = make.attribute("职业")
        written(brought([["张三", "13800000001", "M1", "", "", ""]], by=manager))
        of = written(
            brought([["张三", "13800000001", "M1", "教师", "", ""]], by=manager)
        )
        [known] = fields_of([field])
        told = Told(Contact.objects.get().pk, field.pk, read_value(known, "医生"))
        set_values([told], source=EventRecord.Source.PERSON, at=timezone.now())

        work(undo(of=of, at=timezone.now()))

        assert field.values.get().text == "医生"

    def test_keeps_what_has_happened_since(self, manager):
        make.attribute("职业")
        of = written(
            brought(
                [
                    ["张三", "13800000001", "", "教师", "", ""],
                    ["李四", "13800000002", "", "", "", ""],
                    ["王五", "13800000003", "", "", "", ""],
                    ["赵六", "13800000004", "", "", "", ""],
                ],
                by=manager,
            )
        )
        in_wecom = Contact.objects.get(name="赵六")  # nobody's friend, in a group
        in_wecom.identities.create(
            kind=Identity.Kind.EXTERNAL,
            value="wmZhaoLiu",
            source=EventRecord.Source.CALLBACK,
            first_seen_at=day(2),
            last_seen_at=day(2),
        )
        followed = Contact.objects.get(name="张三")
        make.follow(followed)
        bought = Contact.objects.get(name="李四")
        make.order(bought, placed_at=day(1) - timedelta(days=400))  # told only now

        work(undo(of=of, at=timezone.now()))

        of.refresh_from_db()
        assert of.stayed == [followed.pk, bought.pk, in_wecom.pk]
        assert [c.pk for c in Contact.objects.order_by("pk")] == of.stayed


def state() -> dict:
    """What is known of contacts, without when it was last seen and what was told."""
    kept = {}
    for contact in Contact.objects.order_by("pk"):
        faces = known_of(contact.pk, at=day(9))
        kept[contact.pk] = (
            (contact.name, contact.owner_id, contact.standing, contact.spelling),
            sorted(map(str, contact.identities.values_list("kind", "value", "system"))),
            [k.words for known in faces.values() for k in known],
            sorted(t.tag.name for t in contact.taggings.all()),
        )
    return kept


def test_the_rows_lie_sealed(manager):
    written(brought([["张三丰", "13800000001", "M1", "", "", ""]], by=manager))

    told = str(dump()) + "".join(
        bytes(part.rows_sealed + part.found_sealed + part.journal_sealed).decode(
            "latin-1"
        )
        for part in ImportPart.objects.all()
    )
    assert "13800000001" not in told
