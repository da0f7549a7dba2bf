"""How many posters one core draws in a second, and how long the slowest takes.

Each is somebody else's: another name, another code, with and without an avatar, on a
background that was brought; seven rounds, of which the median counts. Drawing alone is
measured: what is drawn is kept for a week (see apps/posters/keep.py).
"""

import io
import os
import statistics
import time
from collections.abc import Sequence

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings_test")
django.setup()

from PIL import Image  # noqa: E402

from apps.posters.design import first_design  # noqa: E402
from apps.posters.draw import Sitter, draw  # noqa: E402
from tests.bench import report  # noqa: E402

ROUNDS, EACH = 7, 40
SURNAMES, GIVEN = (
    "王李张刘陈杨赵黄周吴徐孙朱马胡郭林何高梁",
    "伟芳娜敏静强磊军洋勇艳杰涛明超秀",
)
LEAST = 10  # in a second
LONGEST = 200  # milliseconds


def a_picture(width: int, height: int) -> bytes:
    """Of many colours, as a photograph."""
    written = io.BytesIO()
    noise = Image.effect_noise((width, height), 60).convert("RGB")
    noise.save(written, "JPEG", quality=90)
    return written.getvalue()


def a_sitter(number: int, avatar: bytes) -> Sitter:
    name = SURNAMES[number % len(SURNAMES)] + GIVEN[number // 7 % len(GIVEN)]
    return Sitter(
        name=name + ("🌸" if number % 5 == 0 else GIVEN[number % len(GIVEN)]),
        code=f"https://work.weixin.qq.com/ca/cawcde0123456789?customer_channel=c~{number:010}",
        avatar=avatar if number % 2 else b"",
    )


def main(arguments: Sequence[str]) -> int:
    background, avatar = a_picture(750, 1334), a_picture(400, 400)
    design = first_design(title="春季护肤礼盒免费领，邀请三位好友")
    rates: list[float] = []
    slowest = 0.0
    for round_ in range(ROUNDS):
        began = time.process_time()
        for number in range(EACH):
            at = time.perf_counter()
            sitter = a_sitter(round_ * EACH + number, avatar)
            draw(design, sitter, background=background)
            slowest = max(slowest, (time.perf_counter() - at) * 1000)
        rates.append(EACH / (time.process_time() - began))
    gates: list[report.Gate] = [
        ("posters in a second, one core", statistics.median(rates), "at least", LEAST),
        ("the slowest of all, ms", slowest, "at most", LONGEST),
    ]
    table = report.table_of(gates)
    print(table)
    print(f"rounds: {min(rates):.0f} to {max(rates):.0f} in a second")
    if "--dry" not in arguments:
        report.write("posters", table, settings={})
    return 0 if all(map(report.keeps, gates)) else 1
