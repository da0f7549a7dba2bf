"""A real browser before the real pages; it notices what a person would not report.

A test fails when a page asks another host for anything, or the browser refuses
something (a script the policy forbids, an error in ours, a missing file).
"""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as NeverCame

from tests import make

expect.set_options(timeout=20_000)  # a busy machine is no mistake of the page's
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright runs a loop

CHROMIUM = next(
    filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])),
    None,
)
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update"),
    "--disable-sync",
]
DESKTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}

# Answers that a test provokes on purpose.
EXPECTED = ("status of 403", "status of 404", "status of 409", "status of 429")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    if CHROMIUM is None:
        pytest.skip("no Chromium on PATH")
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {
        **browser_context_args,
        "locale": "zh-CN",
        "timezone_id": "Asia/Shanghai",
        "viewport": DESKTOP,
    }


@pytest.fixture(autouse=True)
def complaints(page: Page, live_server) -> Iterator[list[str]]:
    """What the browser complains of, and whom it asks besides us; none by the end."""
    found: list[str] = []

    def heard(message):
        if message.type == "error" and not any(e in message.text for e in EXPECTED):
            found.append(message.text)

    def asked(request):
        if not request.url.startswith((live_server.url, "data:", "blob:")):
            found.append(f"asked {request.url}")

    page.on("console", heard)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("request", asked)
    yield found
    assert found == []


@pytest.fixture
def sign_in(page: Page, live_server) -> Callable[..., Page]:
    """sign_in(role="manager"): the page, once somebody has signed in by hand."""

    def as_somebody(*, role: str = "manager", **fields) -> Page:
        user = make.user(role=role, **fields)
        page.goto(f"{live_server.url}/admin/login/")
        page.get_by_label("登录名").fill(user.username)
        page.get_by_label("密码").fill(make.PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(f"{live_server.url}/admin/")
        return page

    return as_somebody


def fits(page: Page) -> bool:
    """Nothing sticks out to the side, once the page has settled on its width."""
    narrow = (
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    with contextlib.suppress(NeverCame):
        page.wait_for_function(narrow, timeout=2_000)
    return page.evaluate(narrow)
