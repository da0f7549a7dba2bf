"""Many are tagged at once: by a segment, or by lines that name them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F
from django.utils import timezone

from apps.contacts.models import Contact
from apps.lists.models import Batch, BatchRow
from apps.segments.keep import freeze_as
from apps.staff.models import Scope
from apps.sync.pull import advance, start_pull
from apps.tags.models import Tag, Tagging, TagGroup
from apps.wecom.models import Command
from tests import make
from tests.backoffice.attacked import signed_in
from tests.conftest import day
from tests.tables import csv_of, xlsx_of

MARK = "/admin/segments/segment/mark/"
BEGIN = "/admin/lists/batch/begin/"
CARRIED = "SELECT count(*) FROM tagging WHERE tag = ?"
State = BatchRow.State


@pytest.fixture
def own():
    return make.tag("高意向", group=make.tag_group(kind=TagGroup.Kind.OWN), wecom_id="")


def carriers(tag) -> set[int]:
    return set(Tagging.objects.filter(tag=tag).values_list("contact", flat=True))


@pytest.mark.django_db
class TestByLines:
    @pytest.mark.parametrize("written", [csv_of, xlsx_of])
    def test_numbers_and_ids_of_a_file_are_tagged_and_strangers_are_told(
        self, own, written
    ):
        one, other = make.contact(), make.follow().identity
        make.contact()
        table = [
            ["客户", "备注"],
            [f"#{one.pk}", "甲"],
            [other.value, "乙"],
            ["wm-nobody", "丙"],
        ]
        file = SimpleUploadedFile("名单", written(table))
        visitor = signed_in(make.sees(make.user(role="manager"), Scope.ALL))

        told = {"action": "put_on", "picked": own.pk, "file": file}
        page = visitor.post(MARK, told, follow=True).content.decode()

        assert carriers(own) == {one.pk, other.contact_id}
        assert "2 行没有找到你可见的客户：客户、wm-nobody" in page
        batch = Batch.objects.get()
        assert (batch.total, batch.status) == (2, "done")
        visitor.post(f"/admin/lists/batch/{batch.pk}/undo/")
        assert not carriers(own)

    def test_only_of_those_whom_one_may_see(self, own):
        ann = make.employee("安")
        mine = make.contact(owner=ann, served_by=[ann.pk])
        theirs = make.contact()
        visitor = make.sees(make.user(role="employee", employee=ann), Scope.SELF)

        text = f"{mine.pk}\n{theirs.pk}"
        told = {"action": "put_on", "picked": own.pk, "text": text}
        signed_in(visitor).post(MARK, told)

        assert carriers(own) == {mine.pk}

    @pytest.mark.parametrize(
        ("told", "words"),
        [
            ({"action": "put_on", "picked": ""}, "标签已不存在"),
            ({"action": "delete"}, "不再提供"),
            (
                {
                    "action": "put_on",
                    "file": SimpleUploadedFile("图.csv", b"PK\x03\x04"),
                },
                "请上传 CSV 或 XLSX",
            ),
            ({"action": "put_on", "text": "wm-nobody"}, "没有一行对应"),
            (
                {"action": "put_on", "text": "\n".join(map(str, range(20_001)))},
                "20,000",
            ),
        ],
    )
    def test_what_cannot_be_done_is_said(self, own, told, words):
        whole = {"picked": own.pk, "text": f"{make.contact().pk}"} | told

        page = signed_in(make.user(role="admin")).post(MARK, whole).content.decode()

        assert words in page
        assert not Batch.objects.exists()


def worked_off(batch: Batch) -> Batch:
    """By a worker and the outbox, to its end."""
    while batch.status == "waiting":
        Batch.objects.filter(pk=batch.pk).update(attempts=F("attempts") + 1)
        Batch.objects.get(pk=batch.pk).work_off()
        waiting = Command.objects.filter(status="waiting")
        for pk in waiting.values_list("pk", flat=True):
            Command.objects.filter(pk=pk).update(attempts=1)
            Command.objects.get(pk=pk).work_off()
        batch.refresh_from_db()
    return batch


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "many", [210, pytest.param(5_000, marks=pytest.mark.slow)], ids=str
)
def test_all_of_a_segment_are_tagged_in_wecom_three_fail_and_are_tried_again(
    corp, sandbox, many
):
    corp.populate(seed=3, employees=4, contacts=many + many // 4, groups=0)
    advance(pull=start_pull(by=None, at=timezone.now()))
    tag = Tag.objects.exclude(group__kind="own").order_by("pk").first()
    free = Contact.objects.filter(standing="friend").exclude(taggings__tag=tag)
    people = list(free.values_list("pk", flat=True)[:many])
    segment = freeze_as(people, name="名单", folder="", by=make.root(), at=day(1))
    before = corp.value(CARRIED, tag.wecom_id)
    sandbox.faults.add(api="*/mark_tag", do=40144, times=3)
    client = signed_in(make.user(role="admin"))

    told = {"list": "contacts.contact", "query": f"segment={segment.pk}", "all": "yes"}
    client.post(BEGIN, told | {"action": "put_on", "picked": tag.pk})
    batch = worked_off(Batch.objects.get())

    failed = batch.rows.filter(state=State.FAILED)
    assert (batch.total, failed.count()) == (len(people), 3)
    assert all("40144" in row.why for row in failed)
    assert corp.value(CARRIED, tag.wecom_id) == before + len(people) - 3

    client.post(f"/admin/lists/batch/{batch.pk}/again/")
    batch.refresh_from_db()
    worked_off(batch)

    assert not batch.rows.exclude(state=State.CHANGED).exists()
    assert corp.value(CARRIED, tag.wecom_id) == before + len(people)
    assert carriers(tag) >= set(people)
