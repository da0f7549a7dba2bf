"""A poster is designed: a background, parts that are dragged and moved by keys, a look
at it with a real contact; what was saved is what is drawn."""

import re

import pytest
from playwright.sync_api import Page, expect

from apps.posters.models import Poster
from tests import make
from tests.posters.designs import a_campaign, a_picture

pytestmark = pytest.mark.django_db(transaction=True)


def part(kind: str) -> dict:
    design = Poster.objects.get().design
    return next(part for part in design["parts"] if part["kind"] == kind)


def test_a_poster_is_dragged_typed_and_saved(page: Page, live_server, sign_in):
    campaign = a_campaign("春季护肤礼盒免费领")
    make.contact("欧阳小雨")
    sign_in(role="manager")
    page.goto(f"{live_server.url}/admin/posters/poster/campaign/{campaign.pk}/")
    stage = page.locator("#stage")
    drawn = page.get_by_alt_text("海报实际效果")
    expect(drawn).to_have_attribute("src", re.compile("^data:image/jpeg"))

    page.locator("#file").set_input_files(
        {"name": "x.png", "mimeType": "image/png", "buffer": b"<svg/>"}
    )
    expect(page.locator("#ground-wrong")).to_contain_text("不是 PNG 或 JPG")
    page.locator("#file").set_input_files(
        {"name": "x.png", "mimeType": "image/png", "buffer": a_picture()}
    )
    expect(page.locator("[data-ground]")).to_have_text("750 × 1333")

    code = stage.get_by_role("button", name="二维码", exact=True)
    at = code.bounding_box()
    scale = stage.bounding_box()["width"] / 750
    page.mouse.move(at["x"] + 40, at["y"] + 40)
    page.mouse.down()
    page.mouse.move(at["x"] + 40 + 100 * scale, at["y"] + 40 + 50 * scale, steps=4)
    page.mouse.up()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowDown")
    stage.get_by_role("button", name="昵称", exact=True).click()
    page.locator("[name=size]").fill("60")
    page.locator("[name=colour]").fill("#ff0000")
    page.get_by_role("button", name="＋ 文字").click()
    page.locator("[name=text]").fill("{name} 送你一份礼物")
    expect(stage).to_contain_text("张小雨 送你一份礼物")
    page.get_by_placeholder("换一位客户看看").fill("欧阳")
    page.locator(".pop:visible .pop-item").click()
    expect(stage).to_contain_text("欧阳小雨 送你一份礼物")
    page.get_by_role("button", name="保存").click()

    expect(page.get_by_text("已保存")).to_be_visible()
    found = part("code")
    assert abs(found["x"] - (165 + 100 - 1)) <= 3
    assert abs(found["y"] - (670 + 50 + 10)) <= 3
    assert (part("name")["size"], part("name")["colour"]) == (60, "#ff0000")
    poster = Poster.objects.get()
    assert poster.background.height == 1333
    assert poster.design["parts"][-1]["text"] == "{name} 送你一份礼物"
