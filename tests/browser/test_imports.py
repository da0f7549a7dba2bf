"""A manager brings a table in, sees what is wrong, and takes it back."""

import csv
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from apps.contacts.models import Contact
from apps.imports.models import Pass
from tests import make
from tests.tables import csv_of

CDNOW = Path(settings.BASE_DIR).parent / "shared" / "data" / "cdnow_master.txt"
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
    page.get_by_role("link", name="导入客户").first.click()

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


def test_thirty_seven_of_a_thousand_are_wrong_mended_and_brought_again(
    page: Page, live_server, sign_in
):
    sign_in(role="manager")
    wrong = set(range(5, 1_000, 27))
    rows = [[f"客户{n}", "空号" if n in wrong else phone_of(n)] for n in range(1_000)]
    assert len(wrong) == 37

    upload(page, live_server, "客户.csv", csv_of([["姓名", "手机"], *rows]))
    run(page, "检查")
    expect(page.locator(".outcomes .is-wrong dd")).to_have_text("37")
    expect(page.locator(".outcomes .is-new dd")).to_have_text("963")
    run(page, "导入没有问题的行")
    expect(page.get_by_role("heading", name="已导入")).to_be_visible()
    assert Contact.objects.count() == 963

    with page.expect_download() as download:
        page.get_by_role("link", name="下载未导入的 37 行").click()
    heading, *left = csv.reader(
        download.value.path().read_text("utf-8-sig").splitlines()
    )
    assert heading == ["姓名", "手机", "错误原因"]
    assert {why for *_cells, why in left} == {"「空号」不是手机号。"}
    mended = [
        [name, phone_of(int(name.removeprefix("客户"))), why]
        for name, _phone, why in left
    ]

    upload(page, live_server, "改好.csv", csv_of([heading, *mended]))
    run(page, "检查")
    expect(page.locator(".outcomes .is-new dd")).to_have_text("37")
    run(page, "导入")
    expect(page.get_by_role("heading", name="已导入")).to_be_visible()
    assert Contact.objects.count() == 1_000


@pytest.mark.slow
@pytest.mark.skipif(not CDNOW.exists(), reason="CDNOW is not on this machine")
def test_cdnow_is_brought_whole_and_a_view_counts_who_came_back(
    page: Page, live_server, sign_in
):
    page.set_default_timeout(300_000)
    sign_in(role="manager")
    orders = f"{live_server.url}/admin/orders/order/"

    page.goto(f"{live_server.url}/admin/imports/import/start/?kind=orders")
    page.get_by_label("订单来自哪个系统").fill("cdnow")
    page.set_input_files("input[type=file]", CDNOW)
    page.get_by_role("button", name="上传", exact=True).click()
    run(page, "检查")
    came_to = "69,659 笔订单，23,570 位客户，合计 ¥2,500,315.63"
    expect(page.get_by_text(came_to)).to_be_visible()
    run(page, "导入")
    expect(page.get_by_role("heading", name="已导入")).to_be_visible()

    page.goto(orders)
    sums = page.locator(".sums dd")
    expect(sums).to_have_text(["69,659", "¥2,500,315.63", "¥0.00", "23,570", "11,516"])

    page.goto(f"{live_server.url}/admin/contacts/contact/?bought=again")
    page.get_by_text("存为视图").click()
    page.get_by_label("视图名称").fill("买过不止一天")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator(".view-tab.here .view-count")).to_have_text("11,516")


def phone_of(number: int) -> str:
    return f"1380000{number:04}"


def upload(page: Page, live_server, name: str, content: bytes) -> None:
    page.goto(f"{live_server.url}/admin/imports/import/start/")
    file = {"name": name, "mimeType": "text/csv", "buffer": content}
    page.set_input_files("input[type=file]", files=[file])
    page.get_by_role("button", name="上传", exact=True).click()


def run(page: Page, button: str) -> None:
    """Press it, and do what a worker does; the page notices by itself."""
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.locator(".watched[data-running]")).to_be_visible()
    work()
