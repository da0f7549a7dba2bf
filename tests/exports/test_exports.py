"""A table is asked for, approved, written, fetched, and gone (cases 25, 30 and 39)."""

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.audit.models import AuditRow
from apps.common.tables import read_table
from apps.contacts.identities import Id, Known, keep_ids
from apps.contacts.models import Contact
from apps.events.models import EventRecord
from apps.exports import ask as asking
from apps.exports import writing
from apps.exports.columns import chosen
from apps.exports.models import Export, ExportPart, Preset, Writing
from apps.exports.writing import forget_old
from tests import make
from tests.backoffice.attacked import signed_in
from tests.conftest import day

pytestmark = pytest.mark.django_db

START = "/admin/exports/export/start/"
COLUMNS = ["name", "phone", "tags", "owner"]


@pytest.fixture
def manager():
    return make.user("lin", role="manager")


def known(name: str, *, phone: str = "") -> Contact:
    contact = make.contact(name)
    ids = [Known(contact.pk, Id("phone", phone))] if phone else []
    keep_ids(ids, source=EventRecord.Source.PERSON, at=day(1))
    return contact


def asked(client, *, of: str = "contacts", query: str = "", **form):
    form = {"columns": COLUMNS, "form": "csv", "reason": "回访老客户"} | form
    return client.post(f"{START}?of={of}{query}", form)


def work() -> None:
    for job in Writing.objects.filter(status="waiting"):
        Writing.objects.filter(pk=job.pk).update(attempts=1)
        Writing.objects.get(pk=job.pk).work_off()


def page_of(client) -> str:
    pk = Export.objects.latest("pk").pk
    return client.get(f"/admin/exports/export/{pk}/change/").content.decode()


def link_on(page: str) -> str:
    at = page.index("/admin/exports/export/file/")
    return page[at : page.index('"', at)]


def fetched(client) -> bytes:
    work()
    return b"".join(client.get(link_on(page_of(client))).streaming_content)


def table_in(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


class TestMasked:
    def test_what_the_list_shows_masked_and_marked(self, manager):
        known("张三丰", phone="13800001402")
        known("赵敏", phone="13800001403")
        client = signed_in(manager)

        asked(client, query="&q=张三丰")

        heading, row, mark = table_in(fetched(client))
        assert heading == ["姓名", "手机", "归属员工", "标签"]
        assert row[:2] == ["张三丰", "138 **** 1402"]
        export = Export.objects.get()
        assert mark[0].startswith(f"※ 导出编号 E{export.pk}，")
        [noted] = AuditRow.objects.filter(deed="exported")
        assert (noted.actor_id, noted.reason) == (manager.pk, "回访老客户")
        assert noted.after["rows"] == 1
        assert "张三丰" not in f"{export.query}{noted.after}"  # whom one looked for
        assert AuditRow.objects.filter(deed="fetched").count() == 1

    def test_no_cell_is_a_formula_and_what_comes_back_is_as_it_was(self, manager):
        names = ["=HYPERLINK(1)", "+1", "-1", "@SUM", "＝1+1", "138000000000000001"]
        for name in names:
            known(name)
        client = signed_in(manager)

        asked(client, columns=["name"])
        content = fetched(client)

        cells = [row[0] for row in table_in(content)[1:-1]]
        assert all(cell.startswith("'") for cell in cells)
        back = read_table(io.BytesIO(content))
        assert sorted(row.cells[0] for row in back.rows) == sorted(names)

    def test_as_xlsx_which_reads_the_same(self, manager):
        known("=1+1", phone="13800001402")
        client = signed_in(manager)

        asked(client, form="xlsx", columns=["name", "phone"])

        back = read_table(io.BytesIO(fetched(client)))
        assert back.columns == ["姓名", "手机"]
        assert [row.cells for row in back.rows] == [["=1+1", "138 **** 1402"]]

    def test_orders_with_their_lines_and_buyers(self, manager):
        make.order(known("赵敏", phone="13800001402"), order_number="E1")
        client = signed_in(manager)

        columns = ["number", "buyer_name", "buyer_phone", "amount", "lines"]
        asked(client, of="orders", columns=columns)

        row = table_in(fetched(client))[1]
        assert row == ["E1", "赵敏", "138 **** 1402", "1.00", "高山乌龙 × 1"]

    def test_only_contacts_within_ones_scope(self, manager):
        known("不可见")
        client = signed_in(make.user(role="employee", employee=make.employee()))
        assert client.get(f"{START}?of=contacts").status_code == 403

        make.sees(manager, "self")
        manager.employee = make.employee("林静")
        manager.save()
        client = signed_in(manager)
        page = asked(client).content.decode()

        assert "列表是空的" in page
        assert not Export.objects.exists()

    def test_whoever_has_lost_sight_of_a_row_meanwhile_does_not_get_it(self, manager):
        known("张三丰")
        client = signed_in(manager)
        asked(client)
        make.sees(manager, "self")

        assert len(table_in(fetched(client))) == 2  # heading and mark

    def test_rights_count_as_they_are_when_a_part_is_written(
        self, manager, monkeypatch
    ):
        monkeypatch.setattr(asking, "PART", 1)
        monkeypatch.setattr(writing, "PART", 1)
        known("张三丰")
        known("赵敏")
        client = signed_in(manager)
        asked(client)
        job = Writing.objects.get()
        Writing.objects.update(attempts=1)
        job.refresh_from_db()
        columns = chosen(job.of.kind, job.of.columns)
        assert writing.one_part(job, columns)

        make.sees(manager, "self")
        assert writing.one_part(job, columns)

        assert len(list(writing.rows_of(job.of))) == 3  # heading, one, mark

    @pytest.mark.parametrize(
        ("form", "why"),
        [
            ({"reason": " "}, "请用几个字说明用途。"),
            ({"columns": []}, "请至少选择一列。"),
        ],
    )
    def test_wants_a_reason_and_columns(self, manager, form, why):
        known("张三丰")

        page = asked(signed_in(manager), **form).content.decode()

        assert why in page
        assert not Export.objects.exists()

    def test_a_preset_is_ticked_again(self, manager):
        known("张三丰")
        client = signed_in(manager)
        asked(client, columns=["name"], preset="只要姓名")

        kept = Preset.objects.get()
        page = client.get(f"{START}?of=contacts&preset={kept.pk}").content.decode()

        assert kept.columns == ["name"]
        assert page.count(" checked") == 1


def test_the_audit_tells_of_an_export_in_the_words_of_its_page(manager):
    known("张三丰")
    asked(signed_in(manager))

    audit = signed_in(make.user(role="admin")).get("/admin/audit/auditrow/")

    page = audit.content.decode()
    assert "姓名、手机、归属员工、标签" in page
    assert "corp_name" not in page
    assert ">contacts<" not in page.replace(" ", "")


class TestTicked:
    def test_only_the_ticked_rows_in_the_order_of_the_list(self, manager):
        one, _two, three = map(known, ("张三丰", "赵敏", "周芷若"))
        client = signed_in(manager)
        ticked = f"&n={one.pk}&n={three.pk}&n=x"

        assert "2 行" in client.get(f"{START}?of=contacts{ticked}").content.decode()
        asked(client, query=ticked, columns=["name"])

        names = [row[0] for row in table_in(fetched(client))[1:-1]]
        assert names == ["周芷若", "张三丰"]
        [noted] = AuditRow.objects.filter(deed="exported")
        assert noted.after["filter"] == ticked.removeprefix("&")

    def test_whom_one_may_not_see_is_left_out(self, manager):
        theirs = known("不可见")
        manager.employee = make.employee("林静")
        manager.save()
        mine = make.contact("我的", owner=manager.employee)
        make.sees(manager, "self")
        client = signed_in(manager)

        asked(client, query=f"&n={theirs.pk}&n={mine.pk}", columns=["name"])

        assert [row[0] for row in table_in(fetched(client))[1:-1]] == ["我的"]

    def test_is_offered_to_those_who_may_export(self, manager):
        make.order(known("赵敏"))
        orders, offered = "/admin/orders/order/?view=all", f'data-to="{START}?of=orders'

        assert offered in signed_in(manager).get(orders).content.decode()
        others = signed_in(make.user(role="employee", employee=make.employee()))
        assert "tick-box" not in others.get(orders).content.decode()


class TestWhole:
    def test_needs_the_right_and_the_password(self, manager):
        known("张三丰", phone="13800001402")
        client = signed_in(manager)
        session = client.session
        session.pop("shown_to_be_them_at", None)
        session.save()

        assert "请先确认是你本人。" in asked(client, whole="on").content.decode()
        assert not Export.objects.exists()
        asked(client, whole="on", password=make.PASSWORD)

        assert table_in(fetched(client))[1][1] == "13800001402"

    def test_more_than_a_thousand_rows_wait_for_a_second_person(
        self, manager, monkeypatch
    ):
        monkeypatch.setattr(asking, "WHOLE_ALONE", 1)
        for name in ("张三丰", "赵敏"):
            known(name, phone="13800001402")
        client, other = signed_in(manager), make.user(role="admin")
        asked(client, whole="on", password=make.PASSWORD)
        export = Export.objects.get()
        assert not Writing.objects.exists()
        assert "等待批准" in page_of(client)
        approve = f"/admin/exports/export/{export.pk}/approve/"
        client.post(approve)  # not one's own
        assert not Writing.objects.exists()

        signed_in(other).post(approve)

        assert len(table_in(fetched(client))) == 4
        assert AuditRow.objects.get(deed="approved").actor_id == other.pk

    def test_nobody_approves_their_own(self):
        boss = make.user("boss", role="admin")
        own = make.exported(boss, needs_approval=True)
        Writing.objects.all().delete()
        assert boss.has_perm("exports.approve_export")

        with pytest.raises(asking.NotToApprove):
            asking.approve(of=own, by=boss, at=timezone.now())

        other = make.user("other", role="admin")
        asking.approve(of=own, by=other, at=timezone.now())

    def test_so_many_a_day(self, manager):
        known("张三丰")
        client = signed_in(manager)
        for _each in range(asking.WHOLE_A_DAY):
            asked(client, whole="on", password=make.PASSWORD)

        page = asked(client, whole="on", password=make.PASSWORD).content.decode()

        assert "今天的导出次数已用完" in page


class TestTheLink:
    @pytest.fixture
    def mine(self, manager):
        known("张三丰")
        client = signed_in(manager)
        asked(client)
        work()
        return client, link_on(page_of(client))

    def test_is_of_one_person_and_one_session(self, manager, mine):
        client, link = mine
        assert client.get(link).status_code == 200

        assert signed_in(make.user(role="admin")).get(link).status_code == 404
        assert client.get(link[:-3] + "xx").status_code == 404
        client.logout()
        again = signed_in(manager)
        assert again.get(link).status_code == 404
        assert again.get(link_on(page_of(again))).status_code == 200

    def test_dies_within_a_day_and_the_file_with_it(self, manager, mine, time_machine):
        _client, link = mine
        time_machine.move_to(timezone.now() + timedelta(hours=25), tick=False)

        client = signed_in(manager)
        assert client.get(link).status_code == 404
        assert "已过期" in page_of(client)
        forget_old(at=timezone.now())
        assert not ExportPart.objects.exists()
        assert Export.objects.count() == 1

    def test_nobody_sees_anothers(self, mine):
        other = signed_in(make.user("wang", role="admin"))

        assert "回访" not in other.get("/admin/exports/export/").content.decode()
        pk = Export.objects.get().pk
        assert other.get(f"/admin/exports/export/{pk}/change/").status_code == 302
        progress = f"/admin/exports/export/progress/?export={pk}"
        assert other.get(progress).status_code == 404


def test_goes_on_where_it_stopped(manager, monkeypatch):
    monkeypatch.setattr("apps.exports.ask.PART", 2)
    monkeypatch.setattr("apps.exports.writing.PART", 2)
    for n in range(5):
        known(f"客户{n}")
    client = signed_in(manager)
    asked(client, columns=["name"])
    job = Writing.objects.get()
    Writing.objects.filter(pk=job.pk).update(attempts=1)
    job.refresh_from_db()
    from apps.exports import writing
    from apps.exports.columns import chosen

    assert writing.one_part(job, chosen("contacts", ["name"]))  # and then it died

    assert len(table_in(fetched(client))) == 7
    assert Contact.objects.count() == 5


def test_old_tables_that_were_imported_are_forgotten(manager):
    from apps.imports.forget import forget_old as forget_imports

    of = make.imported(manager)

    forget_imports(at=day(1) + timedelta(days=29))
    assert of.parts.exists()
    forget_imports(at=day(1) + timedelta(days=31))

    assert not of.parts.exists()
    page = signed_in(manager).get(f"/admin/imports/import/{of.pk}/change/")
    assert page.status_code == 200
