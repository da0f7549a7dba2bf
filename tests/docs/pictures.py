"""The pictures of these pages, taken from a running demo and its sandbox corp.

`./run demo` prints both addresses and the passwords; then

    python -m tests.docs.pictures http://127.0.0.1:8000 http://127.0.0.1:PORT \\
        admin:PASSWORD employee:PASSWORD

A fresh demo is best: delete var/demo before it. In its corp some things go wrong on
purpose, so that there is something to see: news that is lost, a call that is refused.
"""

import json
import shutil
import struct
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
LARGEST = 320_000  # bytes
LAPTOP, PHONE = (1366, 768), (390, 844)
SHE = "曹艳"  # whom the demo's population has many facts about
FIND_HER = "/admin/contacts/contact/?q=caoyan"
NEWEST = "/admin/contacts/contact/?standing=friend"
WHO_LEFT = "/admin/contacts/contact/?standing=left"
THEIRS = "青岛健身1群"  # a group of more than a hundred
DROPPED = 30  # customers of one employee; more than a twentieth of anybody's
LONGEST = 60.0  # seconds until what is waited for must be there

Steps = Callable[[Page], None]

CLOSED_POINTS = """() => {
  const style = getComputedStyle(document.documentElement);
  const accent = style.getPropertyValue("--accent").trim();
  return [...document.querySelectorAll("#tree svg path")]
    .filter((each) => each.getAttribute("fill") === accent)
    .map((each) => each.getBoundingClientRect())
    .map((box) => [box.x + box.width / 2, box.y + box.height / 2]);
}"""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A page as somebody sees it, after some steps."""

    file: str
    address: str
    steps: Steps = lambda page: None
    who: str = "admin"
    size: tuple[int, int] = LAPTOP


def open_the_first(page: Page) -> None:
    page.locator("#result_list tbody tr").first.get_by_role("link").first.click()


def open_her(page: Page) -> None:
    page.locator("#content-main").get_by_role("link", name=SHE, exact=True).click()


def open_some_branches(page: Page) -> None:
    """Twice the first point that is closed."""
    for _time in range(2):
        page.wait_for_selector("#tree svg path")
        points = page.evaluate(CLOSED_POINTS)
        if points:
            page.mouse.click(*points[0])
        page.wait_for_timeout(800)


def check_the_draws(page: Page) -> None:
    open_the_first_row(page)
    page.get_by_role("link", name="核对抽奖").click()


def keep_as_a_view(page: Page) -> None:
    """Two are kept; the third is about to be."""
    for name, filters in (("我的客户", "owner=me"), ("已流失", "standing=left")):
        here = page.url
        page.goto(page.url.partition("?")[0] + f"?{filters}")
        page.get_by_text("存为视图").click()
        page.get_by_label("视图名称").fill(name)
        page.get_by_role("button", name="保存", exact=True).click()
        page.goto(here)
    page.get_by_text("存为视图").click()
    page.get_by_label("视图名称").fill("好友")
    page.wait_for_function(
        "[...document.querySelectorAll('.view-count')].every((one) => one.textContent)"
    )


def see_who_gets_whom(page: Page) -> None:
    page.get_by_role("link", name="移交", exact=True).first.click()
    for row in range(4):
        page.locator("input[name=taker]").nth(row).check()
    page.get_by_role("button", name="预览谁接手谁").click()
    page.locator(".handover-names summary").first.click()
    page.mouse.move(700, 400)
    page.mouse.wheel(0, 3_000)


def open_what_runs(page: Page) -> None:
    """A handover; who has left stands above it."""
    rows = page.locator('#content-main a[href*="/assignment/handover/"]')
    rows.filter(has_not_text="移交").first.click()


def try_on_yesterday(page: Page) -> None:
    """Whom the second rule would have given to whom, dealt out in another way."""
    page.locator("#content-main .row-link").nth(1).click()
    page.get_by_role("link", name="修改规则", exact=True).click()
    page.locator("select[x-model=strategy]").select_option("least_open")
    page.get_by_role("button", name="模拟分配").click()
    page.locator("[data-simulated] table").first.wait_for()
    page.locator("[data-simulated]").scroll_into_view_if_needed()


def change_the_first_welcome(page: Page) -> None:
    page.locator("#content-main .row-link").first.click()
    page.get_by_role("link", name="修改", exact=True).first.click()


def see_how_true_it_is(page: Page) -> None:
    page.mouse.move(700, 400)
    page.mouse.wheel(0, 120)


def see_who_moves(page: Page) -> None:
    page.mouse.move(700, 400)
    page.mouse.wheel(0, 200)


def see_why(page: Page) -> None:
    """All groups unfold, one below the other."""
    page.locator("#content-main .row-link").first.click()
    for group in page.locator(".score-group summary").all():
        if group.evaluate("one => !one.parentElement.open"):
            group.click()
    head = page.locator(".score-head").first
    head.evaluate("one => scrollBy(0, one.getBoundingClientRect().top - 140)")


def open_its_page(page: Page) -> None:
    """What customers see of it."""
    open_the_first_row(page)
    link = page.get_by_role("link", name="手机页面").first
    page.goto(str(link.evaluate("one => one.href")))


def choose_some(page: Page) -> None:
    for row in (0, 1, 3):
        page.locator(".tick-box").nth(row).check()
    page.locator("#many").get_by_text("添加标签").click()
    page.locator("#many .pop-item").first.wait_for()


def read_many_again(page: Page) -> None:
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator(".tick-box").first.check()
    page.get_by_role("button", name="全选").click()
    page.locator("#many").get_by_role("button", name="重新读取").click()
    page.locator(".watched").wait_for()
    page.wait_for_timeout(3_000)


def open_somebody_new(page: Page) -> None:
    """Some are so new that WeCom has not told the name yet."""
    rows = page.locator("#content-main .row-link")
    rows.filter(has_not_text="#").first.click()


def open_the_first_row(page: Page) -> None:
    page.locator("#content-main .row-link").first.click()


def ask_for_the_phone(page: Page) -> None:
    open_her(page)
    line = page.locator(".ids li", has_text="手机").first
    line.get_by_role("button", name="查看完整").click()
    line.get_by_label("用途").fill("客户要求回电")


def find_from_anywhere(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("cy")


def try_all_again(page: Page) -> None:
    page.locator("#troubles").get_by_role("link", name="全部重试").first.click()


# Taken before anything goes wrong.
CALM = [
    Picture(file="pictures/front-page.png", address="/admin/"),
    Picture(file="handbook/pictures/login.png", address="/admin/login/", who=""),
]
PICTURES = [
    *CALM,
    Picture(file="handbook/pictures/today.png", address="/admin/", who="employee"),
    Picture(
        file="handbook/pictures/points.png",
        address="/admin/loyalty/level/",
    ),
    Picture(
        file="handbook/pictures/attribution.png",
        address="/admin/reports/reckoning/?by=employee&goal=order&measure=worth",
    ),
    Picture(
        file="handbook/pictures/return.png",
        address="/admin/reports/cost/",
    ),
    Picture(
        file="handbook/pictures/leads.png",
        address="/admin/followups/lead/board/",
        who="employee",
    ),
    Picture(
        file="handbook/pictures/contacts.png",
        address="/admin/contacts/contact/?q=zw",
    ),
    Picture(
        file="handbook/pictures/contact.png",
        address=FIND_HER,
        steps=open_her,
    ),
    Picture(
        file="handbook/pictures/contact-new.png",
        address=NEWEST,
        steps=open_somebody_new,
    ),
    Picture(
        file="handbook/pictures/contact-left.png",
        address=WHO_LEFT,
        steps=open_the_first_row,
    ),
    Picture(
        file="handbook/pictures/phone-contact-new.png",
        address=NEWEST,
        steps=open_somebody_new,
        size=PHONE,
    ),
    Picture(
        file="handbook/pictures/phone-contact-left.png",
        address=WHO_LEFT,
        steps=open_the_first_row,
        size=PHONE,
    ),
    Picture(
        file="handbook/pictures/export.png",
        address="/admin/exports/export/start/?of=contacts&standing=left",
        who="manager",
    ),
    Picture(
        file="handbook/pictures/import-orders.png",
        address="/admin/imports/import/start/?kind=orders",
        who="manager",
    ),
    Picture(
        file="handbook/pictures/unmask.png",
        address=FIND_HER,
        steps=ask_for_the_phone,
        who="manager",
    ),
    Picture(
        file="handbook/pictures/anywhere.png",
        address="/admin/",
        steps=find_from_anywhere,
        who="employee",
    ),
    Picture(
        file="handbook/pictures/views.png",
        address="/admin/contacts/contact/?standing=friend",
        steps=keep_as_a_view,
    ),
    Picture(
        file="handbook/pictures/many.png",
        address="/admin/contacts/contact/?view=all",
        steps=choose_some,
    ),
    Picture(
        file="handbook/pictures/batch.png",
        address="/admin/contacts/contact/?view=all",
        steps=read_many_again,
    ),
    Picture(
        file="handbook/pictures/prediction.png",
        address="/admin/scoring/predictor/",
        steps=see_how_true_it_is,
    ),
    Picture(
        file="handbook/pictures/scores.png",
        address="/admin/scoring/scorerule/",
    ),
    Picture(
        file="handbook/pictures/score-templates.png",
        address="/admin/scoring/scorerule/templates/",
    ),
    Picture(
        file="handbook/pictures/score-drafts.png",
        address="/admin/scoring/scorerule/drafts/",
        steps=see_who_moves,
    ),
    Picture(
        file="handbook/pictures/grades.png",
        address="/admin/scoring/scorerule/grades/",
    ),
    Picture(
        file="handbook/pictures/why.png",
        address="/admin/contacts/contact/?grade=A_&standing=friend",
        steps=see_why,
    ),
    Picture(
        file="handbook/pictures/posters.png",
        address="/admin/posters/poster/",
        steps=open_the_first_row,
    ),
    Picture(
        file="handbook/pictures/funnel.png",
        address="/admin/reports/reckoning/funnel/?by=campaign",
    ),
    Picture(
        file="handbook/pictures/errand.png",
        address="/admin/errands/errand/",
        steps=open_the_first_row,
    ),
    Picture(
        file="handbook/pictures/phone-campaign.png",
        address="/admin/campaigns/campaign/?q=老友带新友",
        steps=open_its_page,
        size=PHONE,
    ),
    Picture(file="handbook/pictures/groups.png", address="/admin/groups/groupchat/"),
    Picture(
        file="handbook/pictures/group.png",
        address=f"/admin/groups/groupchat/?q={THEIRS}",
        steps=open_the_first,
    ),
    Picture(file="handbook/pictures/tags.png", address="/admin/tags/taggroup/"),
    Picture(file="handbook/pictures/employees.png", address="/admin/staff/employee/"),
    Picture(
        file="handbook/pictures/departments.png", address="/admin/staff/department/"
    ),
    Picture(file="handbook/pictures/pulls.png", address="/admin/sync/pull/"),
    Picture(
        file="handbook/pictures/pull.png",
        address="/admin/sync/pull/",
        steps=open_the_first,
    ),
    Picture(
        file="handbook/pictures/differences.png",
        address="/admin/sync/difference/?step=contacts",
    ),
    Picture(file="handbook/pictures/callbacks.png", address="/admin/wecom/callback/"),
    Picture(
        file="handbook/pictures/failed.png",
        address="/admin/wecom/command/?status__exact=failed",
        steps=open_the_first,
    ),
    Picture(file="handbook/pictures/troubles.png", address="/admin/"),
    Picture(file="handbook/pictures/phone-troubles.png", address="/admin/", size=PHONE),
    Picture(
        file="handbook/pictures/replay.png", address="/admin/", steps=try_all_again
    ),
    Picture(
        file="handbook/pictures/channel.png",
        address="/admin/channels/channel/?q=收银台",
        steps=open_the_first_row,
    ),
    Picture(
        file="handbook/pictures/campaigns.png",
        address="/admin/campaigns/campaign/",
    ),
    Picture(
        file="handbook/pictures/campaign.png",
        address="/admin/campaigns/campaign/?q=老友带新友",
        steps=open_the_first_row,
    ),
    Picture(
        file="handbook/pictures/campaign-form.png",
        address="/admin/campaigns/campaign/build/?kind=referral",
    ),
    Picture(
        file="handbook/pictures/referral-tree.png",
        address="/admin/reports/reckoning/tree/",
        steps=open_some_branches,
    ),
    Picture(
        file="handbook/pictures/campaign-draws.png",
        address="/admin/campaigns/campaign/?q=大转盘",
        steps=check_the_draws,
    ),
    Picture(
        file="handbook/pictures/link.png",
        address="/admin/channels/channel/?kind=link",
        steps=open_the_first_row,
    ),
    Picture(
        file="handbook/pictures/group-code.png",
        address="/admin/joins/groupcode/?q=新品",
        steps=open_the_first_row,
    ),
    Picture(
        file="handbook/pictures/assignment.png",
        address="/admin/assignment/assignmentrule/",
        steps=try_on_yesterday,
    ),
    Picture(
        file="handbook/pictures/skills.png",
        address="/admin/assignment/assignmentrule/skills/",
    ),
    Picture(
        file="handbook/pictures/pool.png",
        address="/admin/assignment/pool/",
        steps=open_the_first_row,
        who="employee",
    ),
    Picture(
        file="handbook/pictures/greetings.png", address="/admin/welcomes/greeting/"
    ),
    Picture(
        file="handbook/pictures/handover-running.png",
        address="/admin/assignment/handover/",
        steps=open_what_runs,
    ),
    Picture(
        file="handbook/pictures/handover.png",
        address="/admin/assignment/handover/",
        steps=see_who_gets_whom,
    ),
    Picture(
        file="handbook/pictures/welcome.png",
        address="/admin/welcomes/welcome/",
        steps=change_the_first_welcome,
    ),
    Picture(file="handbook/pictures/accounts.png", address="/admin/staff/user/"),
    Picture(
        file="handbook/pictures/phone-today.png",
        address="/admin/",
        who="employee",
        size=PHONE,
    ),
    Picture(
        file="handbook/pictures/phone-contact.png",
        address=FIND_HER,
        steps=open_her,
        size=PHONE,
    ),
]


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height in pixels."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height


# --- something to see -----------------------------------------------------------------


class Corp:
    """The sandbox corp, steered over HTTP (docs/sandbox.md)."""

    def __init__(self, url: str) -> None:
        self.url = url

    def post(self, what: str, wish: Any) -> Any:
        body = json.dumps(wish).encode()
        with urllib.request.urlopen(f"{self.url}/sandbox/{what}", body) as answer:
            return json.load(answer)

    def get(self, what: str) -> Any:
        with urllib.request.urlopen(f"{self.url}/sandbox/{what}") as answer:
            return json.load(answer)

    def let_something_happen(self, name: str) -> None:
        """Tags, a remark, a group; and one of her employees is deleted."""
        known = self.get("state?parts=customers")["customers"]
        she = max(
            (person for person in known if person["name"] == name),
            key=lambda person: len(person["follows"]),
        )
        friends = [f for f in she["follows"] if f["relation"] == "mutual"]
        first, last = friends[0]["userid"], friends[-1]["userid"]
        pair = {"userid": first, "external_userid": she["external_userid"]}
        self.post("do", pair | {"act": "put_tags"})
        self.post("do", pair | {"act": "edit_remark", "description": "周末方便联系"})
        self.post("do", pair | {"act": "customer_leaves", "userid": last})
        self.post("do", {"act": "group_join", "members": [she["external_userid"]]})

    def lose_some_news(self) -> None:
        """An employee deletes many customers, others edit, and we hear nothing."""
        self.post("knobs", {"loss": 1.0})
        for act in ("edit_remark", "edit_phones", "put_tags") * 2:
            self.post("do", {"act": act})
        drop = {"act": "employee_drops"}
        drop["userid"] = self.post("do", drop)["userid"]
        for _time in range(DROPPED):
            self.post("do", drop)
        self.post("flush", {})
        self.post("knobs", {"loss": 0.0})

    def refuse_to_be_read(self, until: Callable[[], bool]) -> None:
        """WeCom's console takes the app off the list of those who may call."""
        rule = {"api": "externalcontact/get", "do": 48002}
        self.post("faults", [rule])
        self.post("do", {"act": "edit_remark"})
        wait(until)
        self.post("faults", [])


def wait(until: Callable[[], bool]) -> None:
    limit = time.monotonic() + LONGEST
    while not until():
        if time.monotonic() > limit:
            raise TimeoutError("what the pictures wait for did not come")
        time.sleep(1)


def make_trouble(page: Page, url: str, corp: Corp) -> None:
    def commands(status: str) -> int:
        page.goto(f"{url}/admin/wecom/command/?status__exact={status}")
        return page.locator("#result_list tbody tr").count()

    corp.let_something_happen(SHE)
    corp.post("flush", {})
    wait(lambda: not commands("waiting"))
    corp.refuse_to_be_read(lambda: commands("failed") > 0)
    corp.lose_some_news()
    page.goto(f"{url}/admin/sync/pull/")
    page.get_by_role("button", name="立即同步").click()
    page.wait_for_url(f"{url}/admin/sync/pull/*/change/")
    wait(lambda: has_pulled(page, url))


def has_pulled(page: Page, url: str) -> bool:
    answer = page.request.get(f"{url}/admin/sync/pull/progress/")
    return not answer.json()["running"]


# --- somebody loyal -------------------------------------------------------------------

SEEN = [
    "浏览了私教课",
    "浏览了健身季卡",
    "收藏了瑜伽垫",
    "分享了团课海报",
    "预约了体验课",
]
BOUGHT = [("私教课 10 节", 298_000), ("健身季卡", 199_900), ("瑜伽垫", 12_900)]
EVENTS, AT_ONCE = 2_000, 500


def make_loyal(page: Page, url: str, corp: Corp) -> None:
    """Another system tells what she has looked at for months, and what she bought."""
    known = corp.get("state?parts=customers")["customers"]
    she = next(each["external_userid"] for each in known if each["name"] == SHE)
    key = key_of_a_shop(page, url)
    now = datetime.now(UTC)
    events = [
        {
            "id": f"seen-{n}",
            "kind": "page_viewed",
            "title": SEEN[n % len(SEEN)],
            "at": (now - timedelta(hours=1 + 2 * n)).isoformat(),
            "contact": {"external_userid": she},
        }
        for n in range(EVENTS)
    ]
    for first in range(0, EVENTS, AT_ONCE):
        tell(url, "events", key, {"events": events[first : first + AT_ONCE]})
    orders = [
        {
            "number": f"L{n:04}",
            "contact": {"external_userid": she},
            "shop": "官方商城",
            "amount": fen,
            "placed_at": (now - timedelta(days=9 * n + 1)).isoformat(),
            "paid_at": (now - timedelta(days=9 * n + 1)).isoformat(),
            "lines": [{"name": name, "quantity": 1, "amount": fen}],
        }
        for n in range(12)
        for name, fen in [BOUGHT[n % len(BOUGHT)]]
    ]
    tell(url, "orders", key, {"orders": orders})


def key_of_a_shop(page: Page, url: str) -> str:
    page.goto(f"{url}/admin/clients/client/add/")
    page.fill("#id_name", "官方商城")
    page.fill("#id_system", "shop")
    page.locator("[name=_save]").click()
    scopes = page.locator("[name=scopes]")
    scopes.first.wait_for()
    for scope in scopes.all():
        scope.check()
    page.get_by_role("button", name="新建密钥").click()
    return page.locator(".shown-key").input_value()


def tell(url: str, what: str, key: str, told: Any) -> None:
    request = urllib.request.Request(
        f"{url}/api/v1/{what}",
        json.dumps(told).encode(),
        {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"{what}-of-somebody-loyal",
        },
    )
    urllib.request.urlopen(request).close()


# --- taking them ----------------------------------------------------------------------


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield chromium
        chromium.close()


def visitor(chromium: Browser, url: str, login: str, size: tuple[int, int]) -> Page:
    """Somebody at a screen of this size, signed in unless the login is empty."""
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
    )
    page = context.new_page()
    if login:
        name, _, password = login.partition(":")
        page.goto(f"{url}/admin/login/?next=/admin/")
        page.fill("#id_username", name)
        page.fill("#id_password", password)
        page.press("#id_password", "Enter")
        page.wait_for_url(f"{url}/admin/")
    return page


def take(page: Page, url: str, picture: Picture) -> None:
    page.goto(f"{url}{picture.address}")
    picture.steps(page)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1_000)  # charts grow for a moment
    file = DOCS / picture.file
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file)
    print(f"{picture.file}  {file.stat().st_size:,} bytes")


def main(url: str, corp: str, *logins: str) -> None:
    known = {login.partition(":")[0]: login for login in logins} | {"": ""}

    def take_all(pictures: list[Picture]) -> None:
        for picture in pictures:
            page = visitor(chromium, url, known[picture.who], picture.size)
            take(page, url, picture)
            page.context.close()

    with browser() as chromium:
        admin = visitor(chromium, url, known["admin"], LAPTOP)
        wait(lambda: has_pulled(admin, url))
        take_all(CALM)
        make_loyal(admin, url, Corp(corp))
        make_trouble(admin, url, Corp(corp))
        take_all([picture for picture in PICTURES if picture not in CALM])


if __name__ == "__main__":
    main(*sys.argv[1:])
