"""A request with an Idempotency-Key has its effect once, however often it comes.

The first answer is kept for 24 hours, in the transaction of its effect: either both are
there or neither. Whoever sends the request again gets that answer; with another body
the key is refused. While one is being worked on, a lock of that same transaction turns
the others away, and falls with it if we die. What went wrong had no effect, and is not
kept. Keys belong to who sends them, and to one method of one address.
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.db import transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api.problems import Problem
from apps.common.forget import forget_some
from apps.common.models import KeptAnswer
from apps.common.turns import take_free_turns

KEEP = timedelta(hours=24)
HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
FITS = re.compile(r'"?[\x21-\x7e]{1,255}"?')
FORGET_AT_ONCE = 10_000

Method = Callable[..., Response]


def once(method: Method) -> Method:
    """Let a view's method honour the header, and insist on it."""

    @wraps(method)
    def answered(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER, "")
        if not FITS.fullmatch(key):
            raise Problem("idempotency_key_missing")
        scope = f"{request.user.asks_as} {request.method} {request.path}"
        body = digest_of(request.data)
        at = timezone.now()
        with transaction.atomic():
            if not take_free_turns(f"{scope} {key}"):
                raise Problem("in_flight", headers={"Retry-After": "1"})
            kept = KeptAnswer.objects.filter(
                scope=scope, key=key, at__gt=at - KEEP
            ).first()
            if kept is None:
                answer = method(view, request, *args, **kwargs)
                keep(scope, key, body, answer, at=at)
                return answer
        if bytes(kept.body_digest) != body:
            raise Problem("key_reused")
        return Response(kept.answer, status=kept.status, headers={REPLAYED: "true"})

    return answered


def keep(scope: str, key: str, body: bytes, answer: Response, *, at: datetime) -> None:
    made = KeptAnswer(
        scope=scope,
        key=key,
        body_digest=body,
        status=answer.status_code,
        answer=answer.data,
        at=at,
    )
    KeptAnswer.objects.bulk_create(
        [made],
        update_conflicts=True,
        unique_fields=["scope", "key"],
        update_fields=["body_digest", "status", "answer", "at"],
    )


def digest_of(data: Any) -> bytes:
    """The same for the same JSON, however it is spaced and ordered."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).digest()


def forget_old_answers(*, at: datetime) -> None:
    old = KeptAnswer.objects.filter(at__lt=at - KEEP).order_by("at")
    forget_some(old, at_once=FORGET_AT_ONCE)
