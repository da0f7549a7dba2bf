"""Something happens in the sandbox corp of the demo, asked for over its own HTTP."""

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from django.conf import settings

A_LOOK = 0.3  # seconds


def play(act: str, **about: Any) -> dict[str, Any] | None:
    """What came of it; None if the corp says that it cannot happen there."""
    base = urlsplit(settings.WECOM_API_URL)
    address = f"{base.scheme}://{base.netloc}/sandbox/do"
    body = json.dumps({"act": act, **about}).encode()
    try:
        with urlopen(Request(address, data=body, method="POST"), timeout=10) as answer:
            return json.load(answer)
    except (HTTPError, URLError):
        return None


def wait_until(holds: Callable[[], bool], *, seconds: float) -> bool:
    """Until the callbacks of it have been worked off; or as long as one waits."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(A_LOOK)
    return True
