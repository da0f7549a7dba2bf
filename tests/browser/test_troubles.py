"""The front page while callbacks stop, WeCom refuses, the broker is down: what it says,
and that it is gone when it is dealt with.
"""

import json
import urllib.request
from datetime import timedelta

import pytest
from django.utils import timezone
from kombu import pools
from playwright.sync_api import Page, expect

from scrm.celery import app
from scrm.household import free_port
from tests import make, processes
from tests.backoffice.reading import faults
from tests.browser.conftest import DESKTOP, PHONE, fits

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def nobody_listens():
    """A broker's address behind which there is nobody."""
    before = app.conf.broker_url
    turn_to(f"redis://127.0.0.1:{free_port()}/0")
    yield
    turn_to(before)


def turn_to(broker: str) -> None:
    """Lines to the broker are kept in pools, and closed pools as well."""
    app.conf.broker_url = broker
    pools.reset()
    app._after_fork()


def trouble(page: Page, name: str):
    return page.locator(f"#trouble-{name}")


def reads_well(page: Page) -> None:
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        assert fits(page)
    page.set_viewport_size(DESKTOP)
    words = page.locator("#troubles").inner_html()
    assert faults(words, names="Redis Valkey RabbitMQ") == []


def test_all_is_well_and_nothing_is_said(sign_in):
    expect(sign_in().locator("#troubles")).to_be_empty()


def test_callbacks_stop_and_come_again(sign_in):
    now = timezone.now()
    for number in range(30):
        at = now - timedelta(hours=1, seconds=10 * number)
        make.callback(received_at=at, created_at=at, status="done", done_at=at)
    page = sign_in()

    told = trouble(page, "callbacks")
    expect(told).to_contain_text("企业微信不再发来回调")
    expect(told).to_contain_text("1 小时前开始")
    expect(told).to_contain_text("接收消息")
    expect(page.locator("#pulse")).to_have_attribute("data-mood", "broken")
    reads_well(page)

    make.callback(received_at=timezone.now(), status="done", done_at=timezone.now())
    expect(told).to_be_hidden(timeout=30_000)  # by itself, without a reload


def test_wecom_refuses_until_it_is_put_right_and_all_is_tried_again(
    sign_in, corp, sandbox
):
    corp.populate(seed=7, employees=3, contacts=3, groups=1)
    steer(sandbox, "faults", [{"api": "externalcontact/get", "do": 48002}])
    for number in range(3):
        make.command(
            "externalcontact.get", arguments={"external_userid": f"wm{number}"}
        )
    work_off_in_a_process()
    page = sign_in(role="admin")

    told = trouble(page, "refused-48002")
    expect(told).to_contain_text("应用无权调用该接口")
    expect(told).to_contain_text("3 次调用被拒绝")
    expect(told).to_contain_text("可调用接口的应用")
    reads_well(page)

    steer(sandbox, "faults", [])
    told.get_by_role("link", name="全部重试").click()
    expect(page.get_by_text("3 条指令失败")).to_be_visible()
    assert fits(page)
    page.get_by_role("button", name="重试这 3 条").click()
    expect(page.get_by_text("已有 3 条重新处理。")).to_be_visible()

    work_off_in_a_process()
    page.goto(page.url.split("/wecom/")[0] + "/")
    expect(trouble(page, "refused-48002")).to_be_hidden()


def test_the_broker_is_down_and_comes_back(sign_in, nobody_listens):
    page = sign_in()

    told = trouble(page, "broker")
    expect(told).to_contain_text("消息中间件没有响应")
    expect(told).to_contain_text("重新启动")
    expect(page.locator("#pulse")).to_have_attribute("data-mood", "broken")
    reads_well(page)


def test_dead_letters_are_explained_and_replayed(sign_in):
    line = "ValueError: too many values to unpack (contact_added, line 12)"
    for _number in range(250):
        make.callback(status="failed", bugs=5, attempts=5, last_error=line)
    page = sign_in(role="admin")

    told = page.locator(".trouble").filter(has_text="程序出错")
    expect(told).to_contain_text("250 条回调失败")
    expect(told).to_contain_text("技术说明")
    reads_well(page)

    told.get_by_role("link", name="查看").click()
    page.locator("#result_list tbody tr").first.get_by_role("link").first.click()
    expect(page.locator(".notice-bad")).to_contain_text("发给开发人员")
    expect(page.locator(".notice-bad .mono")).to_have_text(line)
    page.set_viewport_size(PHONE)
    assert fits(page)

    page.set_viewport_size(DESKTOP)
    page.go_back()
    page.get_by_role("link", name="全部重试").click()
    page.get_by_role("button", name="重试这 250 条").click()
    expect(page.get_by_text("已有 250 条重新处理。")).to_be_visible()


def steer(sandbox, what: str, wish) -> None:
    body = json.dumps(wish).encode()
    urllib.request.urlopen(f"{sandbox.url}/sandbox/{what}", body).close()


def work_off_in_a_process() -> None:
    worker = processes.start("drain")
    out, error = worker.communicate(timeout=120)
    assert worker.returncode == 0, f"{out}\n{error}"
