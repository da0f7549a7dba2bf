"""The wizard on screen, its files, and whose they are (cases 24, 25, 29 and 30)."""

import csv
import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from apps.contacts.models import Contact
from apps.imports.models import Import, Pass
from tests import make
from tests.backoffice.attacked import signed_in
from tests.tables import csv_of, xlsx_of

pytestmark = pytest.mark.django_db(transaction=True)

START, LIST = "/admin/imports/import/start/", "/admin/imports/import/"
ROWS = [["姓名", "手机"], *([f"客户{n}", f"1380000{n:04}"] for n in range(40))]


@pytest.fixture
def client():
    return signed_in(make.user("lin", role="manager"))


def upload(client, content: bytes, name: str = "客户.csv"):
    file = SimpleUploadedFile(name, content, content_type="image/png")
    return client.post(START, {"file": file})


def go_on(client, action: str, **form) -> str:
    """Press the button, let the worker work, and look at the page."""
    of = Import.objects.latest("pk")
    client.post(address(of, action), form)
    for job in Pass.objects.filter(status="waiting"):
        Pass.objects.filter(pk=job.pk).update(attempts=1)
        Pass.objects.get(pk=job.pk).work_off()
    return client.get(address(of)).content.decode()


def address(of: Import, action: str = "change") -> str:
    return reverse(f"admin:imports_import_{action}", args=[of.pk])


def link_in(page: str) -> str:
    at = page.index("/errors/?key=")
    return page[page.rindex('"', 0, at) + 1 : page.index('"', at)].replace("&amp;", "&")


def test_a_thousand_rows_of_which_37_are_bad_and_the_bad_ones_mended(client):
    rows = [["姓名", "手机", "会员号"]]
    rows += [[f"客户{n}", f"1380000{n:04}", f"M{n}"] for n in range(963)]
    rows += [[f"坏{n}", "不知道", f"B{n}"] for n in range(37)]
    upload(client, csv_of(rows, encoding="gbk"))

    meanings = {"column0": "name", "column1": "phone", "column2": "other:会员号"}
    page = go_on(client, "check", **meanings)
    assert "963" in page and "37" in page
    assert not Contact.objects.exists()
    page = go_on(client, "write")
    assert Contact.objects.count() == 963

    answer = client.get(link_in(page))
    told = b"".join(answer.streaming_content).decode("utf-8-sig")
    heading, *bad = csv.reader(io.StringIO(told))
    assert heading == ["姓名", "手机", "会员号", "错误原因"]
    assert len(bad) == 37
    assert bad[0] == ["坏0", "不知道", "B0", "「不知道」不是手机号。"]

    mended = [
        heading,
        *([row[0], f"1390000{n:04}", *row[2:]] for n, row in enumerate(bad)),
    ]
    upload(client, csv_of(mended))
    go_on(client, "check", **meanings)
    go_on(client, "write")
    assert Contact.objects.count() == 1_000

    page = go_on(client, "undo")
    assert Contact.objects.count() == 963
    assert "已撤销" in page


def test_says_what_is_wrong_with_a_file_and_keeps_nothing(client):
    page = upload(client, b"\x89PNG\r\n\x1a\n\x00\xff").content.decode()

    assert "这不是可以读取的表格" in page
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("a" * 300 + ".csv", "a" * 96 + ".csv"),
        ("evil\u202evsc.exe", "evilvsc.exe"),
        ("x.csv.html", "x.csv.html"),
    ],
)
def test_a_name_is_only_shown(client, name, kept):
    upload(client, csv_of(ROWS), name=name)

    assert Import.objects.get().name == kept


def test_what_a_cell_says_is_never_markup_nor_a_formula(client):
    evil = "<img src=x onerror=alert(1)>"
    heading = [evil, "手机"]
    upload(client, xlsx_of([heading, ["=HYPERLINK(1)", "x"], [evil, "1"]]))

    page = go_on(client, "check", column0="", column1="phone")
    assert evil not in page
    assert "&lt;img" in page

    told = b"".join(client.get(link_in(page)).streaming_content).decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(told)) for cell in row]
    assert "'=HYPERLINK(1)" in cells
    assert not [cell for cell in cells if cell[:1] in "=+-@" and cell]


class TestWhose:
    @pytest.fixture
    def theirs(self):
        other = signed_in(make.user("wang", role="admin"))
        upload(other, csv_of([["姓名", "手机"], ["张三", "坏"]]))
        page = go_on(other, "check", column0="name", column1="phone")
        return Import.objects.get(), link_in(page)

    @pytest.mark.parametrize("action", ["check", "write", "undo", "cancel"])
    def test_nobody_pushes_anothers(self, client, theirs, action):
        of, _link = theirs

        assert client.post(address(of, action)).status_code == 404

    def test_nobody_sees_anothers(self, client, theirs):
        of, link = theirs

        assert client.get(address(of)).status_code == 302  # not there, for them
        assert client.get(link).status_code == 404
        assert "张三" not in client.get(LIST).content.decode()
        progress = reverse("admin:imports_import_progress")
        assert client.get(progress, {"import": of.pk}).status_code == 404

    def test_a_link_dies_after_a_day_and_is_never_guessed(self, theirs, time_machine):
        of, link = theirs
        owner = signed_in(of.by)
        assert owner.get(link).status_code == 200
        assert owner.get(link + "x").status_code == 404
        assert owner.get(address(of, "errors")).status_code == 404
        owner.logout()
        assert owner.get(link).status_code == 302

        time_machine.move_to(timezone.now() + timedelta(hours=25), tick=False)

        assert signed_in(of.by).get(link).status_code == 404

    def test_employees_bring_nothing(self):
        employee = signed_in(make.user(role="employee", employee=make.employee()))

        for page in (START, LIST, "/admin/imports/import/template/"):
            assert employee.get(page).status_code == 403
