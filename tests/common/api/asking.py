"""Whoever may ask an endpoint: another system, a visitor, or anybody."""

from typing import Any

from django.test import Client

from apps.common.api.schema import document
from tests import make
from tests.miniprogram.client import signed_in
from tests.orders.telling import Shop

MADE = document()


def shows(method: str, path: str) -> str:
    """What lets in: "key", "token", or "" where nothing does."""
    [asked] = MADE["paths"][path][method].get("security", [{}])
    return next(iter(asked), "")


class Anybody:
    def __init__(self) -> None:
        self.http, self.headers = Client(raise_request_exception=False), {}


def asker(method: str, path: str) -> Any:
    """Somebody with `http` and `headers` that let in."""
    match shows(method, path):
        case "key":
            return Shop(make.key(of=make.client(per_minute=60_000)))
        case "token":
            return signed_in(make.contact("访客"))
    return Anybody()
