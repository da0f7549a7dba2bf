"""Orders as a shop tells them over HTTP."""

import itertools
from typing import Any

from django.test import Client

from tests import make

ADDRESS = "/api/v1/orders"

number = itertools.count(1)


def order(order_number: str = "e1", **told) -> dict[str, Any]:
    return {
        "number": order_number,
        "contact": {"phone": "138 0013 8000", "name": "张三丰"},
        "amount": 100,
        "placed_at": "2026-03-01T09:00:00+08:00",
        "lines": [
            {"product_number": "sku-1", "name": "茶", "quantity": 1, "amount": 100}
        ],
        **told,
    }


class Shop:
    """A client with a key, that tells and asks."""

    def __init__(self, shown: str = "", **headers: str) -> None:
        self.http = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {shown or make.key()}", **headers}

    def tell(self, body: Any, *, key: str = "", address=ADDRESS, **headers: str) -> Any:
        known = {"Idempotency-Key": key or f"key-{next(number)}"}
        return self.http.post(
            address,
            body,
            content_type="application/json",
            headers=self.headers | known | headers,
        )

    def ask(self, address: str = ADDRESS, headers: Any = None, **query: Any) -> Any:
        return self.http.get(address, query, headers=self.headers | (headers or {}))
