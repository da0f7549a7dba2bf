"""The pictures of codes, which lie beside the API and need no token."""

import io

import zxingcpp
from PIL import Image

PREFIX = "/wwpic/"
LEADS_TO = "https://work.weixin.qq.com/ca/"

Answer = tuple[int, dict[str, str], bytes]


def answers(path: str) -> bool:
    return path.startswith(PREFIX)


def answer(path: str) -> Answer:
    """A QR code that leads where WeCom's own would."""
    name = path.removeprefix(PREFIX).partition("/")[0]
    code = zxingcpp.create_barcode(LEADS_TO + name, zxingcpp.BarcodeFormat.QRCode)
    written = io.BytesIO()
    Image.fromarray(code.to_image(scale=10)).save(written, "PNG")
    return 200, {"Content-Type": "image/png"}, written.getvalue()
