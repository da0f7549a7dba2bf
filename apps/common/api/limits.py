"""How often a client may ask: so many requests in a minute, counted in the database.

A minute begins with the first request after the last one ended. Every answer says
what is left of it (RateLimit, RateLimit-Policy); whoever has used it up is told when
the next begins (429, Retry-After), and whoever waits for so long is not told again.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

WINDOW = timedelta(minutes=1)

SPEND = """
INSERT INTO common_allowance AS spent (who, began_at, used)
VALUES (%(who)s, %(at)s, 1)
ON CONFLICT (who) DO UPDATE SET
    used = CASE WHEN spent.began_at <= %(over)s THEN 1 ELSE spent.used + 1 END,
    began_at = CASE WHEN spent.began_at <= %(over)s THEN %(at)s
        ELSE spent.began_at END
RETURNING used, began_at
"""


@dataclass(frozen=True)
class Allowance:
    """What a client has left of its minute."""

    limit: int
    used: int
    seconds: int  # until the next

    @property
    def is_spent(self) -> bool:
        return self.used > self.limit

    def headers(self) -> dict[str, str]:
        left = max(0, self.limit - self.used)
        return {
            "RateLimit-Policy": f'"client";q={self.limit};w={WINDOW.seconds}',
            "RateLimit": f'"client";r={left};t={self.seconds}',
        }


def spend(who: str, *, limit: int, at: datetime) -> Allowance:
    """One more request; in a statement of its own, so that nobody waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(SPEND, {"who": who, "at": at, "over": at - WINDOW})
        used, began_at = cursor.fetchone()
    seconds = math.ceil((began_at + WINDOW - at).total_seconds())
    return Allowance(limit, used, max(1, seconds))


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
