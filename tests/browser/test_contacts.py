"""An account manager finds a customer and opens her page."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.contacts.attributes import Told, set_values
from apps.contacts.follow import end_follows, start_follows
from apps.contacts.models import AttributeValue, Contact, Follow
from apps.contacts.reading_values import Value
from apps.contacts.rows import Details, EndRow, FollowRow, Profile
from apps.events.models import EventRecord
from apps.staff.models import Employee
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
CALLBACK = EventRecord.Source.CALLBACK


@pytest.fixture
def zeng() -> Contact:
    """曾小贤, under the remark 老王 and a phone that ends in 5678, among others."""
    ann = Employee.objects.create(wecom_id="ann", name="安琪", status=1, serves=True)
    now = timezone.now()
    people = {
        "wm-zeng": ("曾小贤", "老王", "13800005678"),
        "wm-zhang": ("张三丰", "", "13900001111"),
    }
    start_follows(
        [
            FollowRow(
                external_id=who,
                employee_id=ann.pk,
                began_at=now,
                profile=Profile(name=name, kind=1),
                details=Details(remark=remark, phones=(phone,), add_way=1),
                read_at=now,
            )
            for who, (name, remark, phone) in people.items()
        ],
        source=CALLBACK,
    )
    return Contact.objects.get(name="曾小贤")


@pytest.mark.parametrize(
    "term", ["曾", "小贤", "zengx", "cengxiao", "zxx", "老王", "5678"]
)
def test_finds_a_contact_and_opens_the_page(
    page: Page, live_server, sign_in, zeng, term
):
    sign_in(role="admin")
    page.goto(f"{live_server.url}/admin/contacts/contact/?q={term}")
    expect(page.get_by_text("张三丰")).to_have_count(0)

    page.get_by_role("link", name="曾小贤").first.click()

    expect(page.get_by_role("heading", name="曾小贤", level=2)).to_be_visible()
    expect(page.get_by_text("安琪").first).to_be_visible()


def test_the_page_shows_ten_facts_without_scrolling(
    page: Page, live_server, sign_in, zeng
):
    page.set_viewport_size({"width": 1366, "height": 768})
    sign_in(role="admin")
    page.goto(f"{live_server.url}/admin/contacts/contact/{zeng.pk}/change/")

    facts = [
        "归属员工",
        "阶段",
        "下一步",
        "添加时间",
        "添加方式",
        "手机",
        "最近跟进",
        "订单",
        "最近动态",
        "标签",
        "客户群",
    ]
    facts += ["动态"]
    for fact in facts:
        label = page.locator("#main").get_by_text(fact, exact=True).first
        box = label.bounding_box()
        assert box and box["y"] + box["height"] <= 768, fact


def test_whoever_left_us_is_marked_so(page: Page, live_server, sign_in, zeng):
    end_follows(
        [
            EndRow(
                external_id="wm-zeng",
                employee_id=Employee.objects.get().pk,
                ended_at=timezone.now(),
                ended_by=Follow.EndedBy.CONTACT,
            )
        ],
        source=CALLBACK,
    )
    sign_in(role="admin")
    page.goto(f"{live_server.url}/admin/contacts/contact/?standing=left")

    expect(page.get_by_role("link", name="曾小贤").first).to_be_visible()
    expect(page.get_by_text("张三丰")).to_have_count(0)


def test_a_field_is_filled_in_where_it_stands_and_nobody_is_overwritten(
    page: Page, live_server, sign_in, zeng
):
    job = make.attribute("职业")
    sign_in(role="admin")
    page.goto(f"{live_server.url}/admin/contacts/contact/{zeng.pk}/change/")
    cell = page.locator(f"#known-{job.pk}")

    cell.get_by_role("button", name="修改职业").click()
    expect(cell.locator("input[type=text]")).to_be_focused()
    page.keyboard.type("教师")
    page.keyboard.press("Enter")
    expect(cell.locator(".cell")).to_have_text("教师")

    cell.get_by_role("button", name="修改职业").click()
    expect(cell.locator("input[type=text]")).to_be_focused()
    page.keyboard.type("医生")
    page.keyboard.press("Escape")
    expect(cell.locator(".cell")).to_have_text("教师")

    cell.get_by_role("button", name="修改职业").click()
    expect(cell.locator("input[type=text]")).to_be_focused()
    li = make.user(role="manager", first_name="小李")
    told = Told(zeng.pk, job.pk, Value(text="校长"))
    set_values([told], source=EventRecord.Source.PERSON, at=timezone.now(), by=li)
    page.keyboard.type("医生")
    page.keyboard.press("Enter")
    expect(cell.get_by_role("alert")).to_have_text("已被小李改为「校长」。")
    assert AttributeValue.objects.get().text == "校长"
    cell.get_by_role("button", name="用我的").click()
    expect(cell.locator(".cell")).to_have_text("医生")
