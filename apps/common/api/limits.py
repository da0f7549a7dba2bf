"""How often a client may ask: so many requests in a minute, counted in the database.

A minute begins with the first request after the last one ended. Every answer says
what is left of it (RateLimit, RateLimit-Policy); whoever has used it up is told when
the next begins (429, Retry-After), and whoever waits for so long is not told again.
"""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.common.allowance import spend


class PerMinute(BaseThrottle):
    """Every request that carries a key counts, also one that is refused."""

    seconds: int | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        allowance = spend(
            f"client:{request.user.pk}",
            limit=request.user.per_minute,
            at=timezone.now(),
        )
        request._request.allowance = allowance
        self.seconds = allowance.seconds
        return not allowance.is_spent

    def wait(self) -> int | None:
        return self.seconds
