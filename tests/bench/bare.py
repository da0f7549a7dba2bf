"""The least that a callback can cost: verified, opened and read, and nothing kept.

The same server answers with it, and the same modules read the message; there is no
Django in it and no database. `./run bench callbacks` measures the product against it.
"""

import os
import sys
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from apps.wecom.crypto import Seal, unseal
from apps.wecom.xml import read_envelope, read_xml

SEALS = [Seal(os.environ["WECOM_CALLBACK_TOKEN"], os.environ["WECOM_CALLBACK_AES_KEY"])]
CORP = os.environ["WECOM_CORP_ID"]
HEADERS = [("Content-Type", "text/plain"), ("Content-Length", "7")]


def application(
    environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    query = parse_qs(environ["QUERY_STRING"])
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if not body:
        start_response("404 Not Found", [("Content-Length", "0")])
        return []
    text = unseal(
        SEALS,
        signature=query["msg_signature"][0],
        timestamp=query["timestamp"][0],
        nonce=query["nonce"][0],
        sealed=read_envelope(body),
        receiveid=CORP,
    )
    assert read_xml(text)
    start_response("200 OK", HEADERS)
    return [b"success"]


if __name__ == "__main__":
    import django

    django.setup()  # only to read how the server is started; it starts without
    from apps.backoffice.management.commands.web import granian

    command = granian("tests.bench.bare:application", "127.0.0.1", sys.argv[-1])
    os.execv(sys.executable, command)
