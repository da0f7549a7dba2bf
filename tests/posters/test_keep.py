"""A poster is designed and kept, its background looked into; each is drawn once."""

import io
from datetime import timedelta

import pytest
from PIL import Image, PngImagePlugin

from apps.audit.models import AuditRow
from apps.audit.telling import tell
from apps.posters import keep
from apps.posters.avatars import address_of, avatar_of
from apps.posters.bring import NotABackground, bring
from apps.posters.design import NotADesign, read
from apps.posters.keep import ColleagueWasFaster, forget_drawn, keep_poster, poster_of
from apps.posters.models import Background, DrawnPoster, Poster
from tests import make
from tests.conftest import day
from tests.posters.designs import (
    CODE,
    a_campaign,
    a_design,
    a_picture,
    opened,
    said_by,
    with_part,
)

WRONG = [
    (None, "必须有二维码"),
    (a_design(parts=[]), "必须有二维码"),
    (a_design(colour="red;background:url(//evil)"), "颜色"),
    (with_part("code", width=149), "整数"),
    (with_part("code", width=300.5), "整数"),
    (with_part("code", x=True), "整数"),
    (with_part("code", x=400), "超出"),
    (with_part("avatar", shape="url(x)"), "没有这种元素"),
    (with_part("avatar", kind="iframe"), "没有这种元素"),
    (with_part("avatar", kind="code", width=200), "各最多一个"),
    (with_part("text", text="x" * 81), "80"),
    (with_part("text", text="\x00\u202e"), "80"),
    (a_design(parts=a_design()["parts"] * 9), "最多 8 段"),
    (with_part("name", size=10**400), "整数"),
]


@pytest.mark.parametrize(("told", "why"), WRONG)
def test_nonsense_is_refused_with_a_sentence(told, why):
    with pytest.raises(NotADesign) as refused:
        read(told)

    assert why in str(refused.value)


@pytest.mark.django_db
def test_a_design_that_changed_is_told_part_by_part_in_words():
    before, after = a_design(), with_part("code", width=200)
    campaign = a_campaign()
    row = AuditRow(
        about_kind="campaigns.campaign",
        about_id=campaign.pk,
        deed="designed_poster",
        before={"poster": before},
        after={"poster": after},
        at=day(1),
    )

    [told] = tell([row])

    [change] = told.changes
    assert change.field == "二维码"
    assert "宽 200" in change.after and "{" not in change.before


def zipped(size: tuple[int, int]) -> bytes:
    """A few kilobytes that open to very many pixels."""
    written = io.BytesIO()
    Image.new("1", size).save(written, "PNG")
    return written.getvalue()


BROUGHT = [
    (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "不是 PNG 或 JPG"),
    (b"<html><script>alert(1)</script>", "不是 PNG 或 JPG"),
    (a_picture("GIF"), "不是 PNG 或 JPG"),
    (a_picture()[:900], "不是 PNG 或 JPG"),
    (b"", "不是 PNG 或 JPG"),
    (a_picture(size=(300, 600)), "300"),
    (a_picture(size=(1000, 500)), "竖版"),
    (a_picture(size=(400, 2000)), "竖版"),
    (zipped((20_000, 20_000)), "像素过大"),
    (b"\x89PNG" + bytes(6 * 2**20), "6.0 MB"),
]


@pytest.mark.django_db
class TestBackgrounds:
    @pytest.mark.parametrize(("data", "why"), BROUGHT)
    def test_what_is_no_upright_picture_is_refused(self, data, why):
        with pytest.raises(NotABackground) as refused:
            bring(campaign=a_campaign(), data=data, by=make.root(), at=day(1))

        assert why in str(refused.value)
        assert not Background.objects.exists()

    @pytest.mark.parametrize("form", ["PNG", "JPEG"])
    def test_it_is_drawn_anew_under_a_name_that_nobody_guesses(self, form):
        told = PngImagePlugin.PngInfo()
        told.add_text("secret", "where it was taken")
        written = io.BytesIO()
        picture = Image.new("RGBA", (1080, 1920), (255, 0, 0, 0))
        picture.convert("RGB" if form == "JPEG" else "RGBA").save(
            written, form, **({"pnginfo": told} if form == "PNG" else {})
        )

        campaign, by = a_campaign(), make.root()
        data = written.getvalue()
        made = bring(campaign=campaign, data=data, by=by, at=day(1))
        again = bring(campaign=campaign, data=data, by=by, at=day(2))

        assert again == made
        assert opened(bytes(made.jpeg)).format == "JPEG"
        assert opened(bytes(made.jpeg)).size == (750, 1333)
        assert b"secret" not in bytes(made.jpeg)
        assert len(made.token) >= 24
        if form == "PNG":  # what shines through lies on white
            assert min(opened(bytes(made.jpeg)).getpixel((9, 9))) > 250


def kept(campaign, told=None, *, version=0, background=""):
    return keep_poster(
        campaign=campaign,
        told=told or a_design(),
        background=background,
        version=version,
        by=make.root(),
        at=day(2),
    )


@pytest.mark.django_db
class TestKeepPoster:
    def test_each_change_is_audited_and_the_slower_colleague_is_told(self):
        campaign = a_campaign()
        kept(campaign)
        kept(campaign, a_design(colour="#112233"), version=1)

        with pytest.raises(ColleagueWasFaster):
            kept(campaign, a_design(colour="#445566"), version=1)

        poster = Poster.objects.get()
        assert (poster.version, poster.design["colour"]) == (2, "#112233")
        assert AuditRow.objects.filter(deed="designed_poster").count() == 2

    def test_only_the_background_in_use_is_kept_and_it_says_how_high_it_is(self):
        campaign = a_campaign()
        first = bring(campaign=campaign, data=a_picture(), by=make.root(), at=day(1))
        low = a_picture(size=(750, 900))
        second = bring(campaign=campaign, data=low, by=make.root(), at=day(1))
        with pytest.raises(NotADesign):  # the first design is higher than that
            kept(campaign, background=second.token)

        poster = kept(campaign, background=first.token)

        assert list(Background.objects.all()) == [first]
        assert poster.design["height"] == 1333
        with pytest.raises(keep.NoSuchBackground):
            kept(a_campaign(), background=first.token)


@pytest.mark.django_db
class TestPosterOf:
    def test_it_is_drawn_once_for_each_contact_design_and_code(self):
        campaign = a_campaign()
        ann, twin = make.contact("安妮"), make.contact("安妮")
        asked = {"campaign": campaign, "at": day(3)}

        first = poster_of(contact=ann, code=CODE, **asked)
        assert said_by(first) == CODE
        assert poster_of(contact=ann, code=CODE, **asked) == first
        assert DrawnPoster.objects.count() == 1
        poster_of(contact=twin, code=CODE, **asked)
        other = poster_of(contact=ann, code=CODE + "x", **asked)
        assert said_by(other) == CODE + "x"
        kept(campaign, a_design(colour="#112233"))
        anew = poster_of(contact=ann, code=CODE, **asked)
        assert opened(anew).getpixel((5, 5)) != opened(first).getpixel((5, 5))
        assert DrawnPoster.objects.count() == 4

    def test_those_of_a_week_ago_go_and_the_oldest_beyond_what_is_kept(self):
        asked = {"campaign": a_campaign(), "contact": make.contact("安妮")}
        was = poster_of(code=CODE, at=day(3), **asked)

        forget_drawn(at=day(3) + timedelta(days=6))
        assert DrawnPoster.objects.exists()
        forget_drawn(at=day(3) + timedelta(days=7))
        assert not DrawnPoster.objects.exists()
        assert poster_of(code=CODE, at=day(12), **asked) == was

        for number in range(3):
            poster_of(code=f"{number}", at=day(13 + number), **asked)
        forget_drawn(at=day(16), most=2)
        assert DrawnPoster.objects.count() == 2


REACHED = {
    "http://wx.qlogo.cn/mmhead/Q3auHg/0": "https://wx.qlogo.cn/mmhead/Q3auHg/0",
    "https://wework.qpic.cn/bizmail/x/0": "https://wework.qpic.cn/bizmail/x/0",
}
REFUSED = [
    *("", "javascript:alert(1)", "file:///etc/passwd", "gopher://wx.qlogo.cn/0"),
    *("https://127.0.0.1/0", "https://2130706433/0", "https://[::ffff:127.0.0.1]/0"),
    *("https://169.254.169.254/latest", "https://wx.qlogo.cn:5432/0"),
    *("https://wx.qlogo.cn@127.0.0.1/0", "https://127.0.0.1#wx.qlogo.cn"),
    *("https://evilqlogo.cn/0", "https://wx.qlogo.cn.evil.cn/0", "//wx.qlogo.cn/0"),
    *("https://wx.qlogo.cn\\@127.0.0.1/0", "https://wx.qlogo.cn:x/0", "https://[x/0"),
]


class TestAvatars:
    def test_only_known_hosts_are_asked_and_by_https(self):
        assert {told: address_of(told) for told in REACHED} == REACHED
        assert {told: address_of(told) for told in REFUSED} == dict.fromkeys(
            REFUSED, ""
        )

    @pytest.mark.django_db(transaction=True)
    def test_it_is_fetched_meanwhile_and_shown_from_then_on(
        self, sandbox, settings, work_off
    ):
        address = f"{settings.WECOM_API_URL}/wwpic/somebody/0"
        contact = make.contact("安妮", avatar=address)

        assert avatar_of(contact, at=day(1)) == b""
        work_off()

        assert opened(avatar_of(contact, at=day(1))).size == (400, 400)
        contact.avatar = f"{settings.WECOM_API_URL}/wwpic/another/0"
        assert avatar_of(contact, at=day(1)) == b""  # never the old one
