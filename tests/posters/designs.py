"""A campaign to have posters of, and a design as the designer sends it."""

import io
from typing import Any

import zxingcpp
from PIL import Image

from apps.campaigns.models import Campaign
from apps.posters.bring import bring
from apps.posters.design import first_design
from apps.posters.keep import keep_poster
from apps.posters.models import Poster
from tests import make
from tests.conftest import day

CODE = "https://work.weixin.qq.com/ca/cawcde0123456789?customer_channel=ch_1234567~AbCd"


def a_campaign(name: str = "", **fields: Any) -> Campaign:
    number = next(make.number)
    told = {"kind": "referral", "name": name or f"活动 {number}", "slug": f"c{number}"}
    return Campaign.objects.create(
        **told | {"starts_at": day(1), "ends_at": day(20)} | fields
    )


def a_poster(of: Campaign | None = None) -> Poster:
    """Designed and kept, on a picture."""
    campaign, by = of or a_campaign(), make.root()
    ground = bring(campaign=campaign, data=a_picture(), by=by, at=day(1))
    return keep_poster(
        campaign=campaign,
        told=a_design(),
        background=ground.token,
        version=0,
        by=by,
        at=day(1),
    )


def a_design(**changed: Any) -> dict[str, Any]:
    return first_design(title="春季护肤礼盒免费领").as_json() | changed


def with_part(which: str, /, **changed: Any) -> dict[str, Any]:
    """The same with one of its parts another."""
    told = a_design()
    part = next(part for part in told["parts"] if part["kind"] == which)
    part.update(changed)
    return told


def a_picture(form: str = "PNG", size: tuple[int, int] = (1080, 1920)) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "#336699").save(written, form)
    return written.getvalue()


def opened(jpeg: bytes) -> Image.Image:
    return Image.open(io.BytesIO(jpeg))


def said_by(jpeg: bytes) -> str:
    """What a phone reads when it is held before the poster."""
    found = zxingcpp.read_barcode(opened(jpeg))
    return found.text if found else ""
