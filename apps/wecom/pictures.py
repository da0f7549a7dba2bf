"""A picture whose address WeCom tells: it lies beside the API, without a token."""

import base64
from urllib.parse import urlsplit

import requests
from django.conf import settings

from apps.wecom.errors import WeComUnreachable

LARGEST = 1_000_000  # bytes
SECONDS = 10


def fetch(address: str) -> str:
    """In base64. Only by https, and from the host that plays WeCom here."""
    parts = urlsplit(address)
    played_by = urlsplit(settings.WECOM_API_URL)
    if parts.scheme != "https" and parts.netloc != played_by.netloc:
        raise WeComUnreachable(sent=False, detail="not by https")
    try:
        with requests.get(
            address, timeout=SECONDS, stream=True, allow_redirects=False
        ) as response:
            body = next(response.iter_content(LARGEST + 1), b"")
            if response.status_code != 200 or not 0 < len(body) <= LARGEST:
                detail = f"HTTP {response.status_code}"
                raise WeComUnreachable(sent=False, detail=detail)
    except requests.RequestException as error:
        raise WeComUnreachable(sent=False, detail=type(error).__name__) from error
    return base64.b64encode(body).decode()
