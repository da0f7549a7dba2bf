"""Posters as they are drawn: codes are read, names are right and can do nothing."""

import pytest

from apps.posters import lettering
from apps.posters.design import first_design, read
from apps.posters.draw import Sitter, draw
from tests.posters.designs import CODE, a_design, a_picture, opened, said_by, with_part

HOSTILE = "\u202e<img src=x onerror=alert(1)>\x00" + "a\u0301\u0302\u0303" * 500
NAMES = [
    "张小雨",
    "𠮷野家",
    "😀小🌸雨👨‍👩‍👧‍👦🇨🇳👍🏽",
    "这个人的名字非常非常长而且还没有写完" * 9,
    "\ufdfd",  # a whole sentence in one character
    "สมชาย محمد",
    "",
    "\u200b\u200d",
    HOSTILE,
]


@pytest.mark.parametrize("name", NAMES)
def test_its_code_is_read_back_whatever_the_name(name):
    drawn = draw(first_design(title="活动"), Sitter(name=name, code=CODE))

    assert opened(drawn).size == (750, 1334)
    assert said_by(drawn) == CODE


def test_the_smallest_code_is_read_back_too():
    design = read(with_part("code", width=150))

    assert said_by(draw(design, Sitter(name="张小雨", code=CODE))) == CODE


def strip(name: str) -> bytes:
    """The line of the name alone."""
    drawn = opened(draw(first_design(title="活动"), Sitter(name=name, code=CODE)))
    return drawn.crop((0, 500, 750, 560)).tobytes()


def test_names_are_told_apart_and_nothing_is_a_box():
    shown = {strip(name) for name in ("张小雨", "张小龘", "张小𠮷", "张小😀", "张小")}

    assert len(shown) == 5
    assert strip("张小\U000effff") == strip("张小")  # what no font knows is left out
    assert strip("张\u202e小") == strip("张小")


def test_a_long_name_is_shortened_between_letters():
    family = "👨‍👩‍👧‍👦"
    short = lettering.shortened(family * 30, size=42, weight=700, width=600)

    assert short.endswith("…")
    assert short[:-1] == family * (len(short[:-1]) // len(family))
    drawn = lettering.runs(short, size=42, weight=700)
    assert 400 < lettering.width_of(drawn) <= 600


def test_a_long_text_is_broken_but_not_before_a_comma():
    told = "春季护肤礼盒免费领，邀请三位好友就送 Moisturizing 面霜"
    broken = lettering.lines(told, size=64, weight=700, width=600, most=4)

    assert "".join(broken).replace(" ", "") == told.replace(" ", "")
    assert not any(line[0] in "，。" for line in broken)
    assert any("Moisturizing" in line for line in broken)
    assert len(lettering.lines(told * 9, size=64, weight=700, width=600, most=4)) == 4


def test_a_text_names_whoever_it_is_drawn_for_and_fills_in_nothing_else():
    def shown(text: str, name: str) -> bytes:
        told = a_design()
        told["parts"][0]["text"] = text
        drawn = draw(read(told), Sitter(name=name, code=CODE))
        return opened(drawn).crop((0, 100, 750, 330)).tobytes()

    assert shown("{name}请客", "张三") == shown("张三请客", "张三")
    assert shown("{0.__class__}%s", "张三") == shown("{0.__class__}%s", "李四")


def test_an_avatar_is_drawn_and_without_one_the_first_letter():
    red = a_picture("JPEG", (400, 400))
    middle = (305 + 70, 340 + 70)

    with_one = opened(
        draw(first_design(title=""), Sitter(name="张", code="x", avatar=red))
    )
    without = opened(draw(first_design(title=""), Sitter(name="张", code="x")))

    blue = with_one.getpixel(middle)
    assert all(abs(a - b) < 12 for a, b in zip(blue, (0x33, 0x66, 0x99), strict=True))
    corner = (306, 341)  # a circle leaves its corners alone
    assert with_one.getpixel(corner) == without.getpixel(corner)
    assert with_one.getpixel((330, 400)) != without.getpixel((330, 400))
