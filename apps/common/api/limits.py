"""How often somebody may ask: so many requests in a minute, counted in the database.

A minute begins with the first request after the last one ended. Every answer says
what is left of it (RateLimit, RateLimit-Policy); whoever has used it up is told when
the next begins (429, Retry-After), and whoever waits for so long is not told again.
"""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.common.allowance import MINUTE, spend


class PerMinute(BaseThrottle):
    """Every request that carries a key counts, also one that is refused."""

    seconds: int | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        who, limit, window = self.counted(request)
        allowance = spend(who, limit=limit, at=timezone.now(), window=window)
        request._request.allowance = allowance
        self.seconds = allowance.seconds
        return not allowance.is_spent

    def counted(self, request: Request) -> tuple[str, int, timedelta]:
        """As whom, how many, and in which time."""
        return request.user.asks_as, request.user.per_minute, MINUTE

    def wait(self) -> int | None:
        return self.seconds
