"""A manager brings a table in, sees what is wrong, and takes it back."""

import pytest
from playwright.sync_api import Page, expect

from apps.contacts.models import Contact
from apps.imports.models import Pass
from tests import make
from tests.imports.tables import csv_of

pytestmark = pytest.mark.django_db(transaction=True)


def work() -> None:
    for job in Pass.objects.filter(status="waiting"):
        Pass.objects.filter(pk=job.pk).update(attempts=1)
        Pass.objects.get(pk=job.pk).work_off()


def test_a_table_is_brought_checked_imported_and_taken_back(
    page: Page, live_server, sign_in
):
    sign_in(role="manager")
    make.attribute("职业")
    rows = [[f"客户{n}", f"1380000{n:04}" if n else "?", "教师"] for n in range(30)]
    content = csv_of([["姓名", "手机", "职业"], *rows], encoding="gbk")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{live_server.url}/admin/imports/import/")
    page.get_by_role("link", name="导入客户").click()

    file = {"name": "客户.csv", "mimeType": "text/csv", "buffer": content}
    page.set_input_files("input[type=file]", files=[file])
    page.get_by_role("button", name="上传", exact=True).click()
    expect(page.get_by_label("手机", exact=True)).to_have_value("phone")
    page.get_by_role("button", name="检查").click()
    expect(page.get_by_text("正在检查")).to_be_visible()
    work()

    # the page notices by itself that the check has ended
    expect(page.get_by_text("「?」不是手机号。")).to_be_visible()
    page.get_by_role("button", name="导入没有问题的行").click()
    expect(page.get_by_text("正在导入")).to_be_visible()
    work()
    expect(page.get_by_role("heading", name="已导入")).to_be_visible()
    assert Contact.objects.count() == 29

    page.get_by_role("button", name="撤销导入").click()
    expect(page.get_by_text("正在撤销")).to_be_visible()
    work()
    expect(page.get_by_role("heading", name="已撤销")).to_be_visible()
    assert not Contact.objects.exists()
