"""Opaque cursors: good only for the call and the question that they came from.

A cursor that was made for something else, was altered, or is too old is refused
with 50100 (wecom-api.md 0).
"""

import base64
import hashlib
import hmac
import json
from typing import Any

from apps.sandbox.errors import Refusal
from apps.sandbox.records import Records

MARK = 10


def cursor_at(corp: Records, place: Any, *, of: Any) -> str:
    """Where to go on: `place` is what `place_of` will give back for the same `of`."""
    text = json.dumps([place, corp.now()]).encode()
    return base64.urlsafe_b64encode(mark(corp, text, of) + text).decode().rstrip("=")


def place_of(corp: Records, cursor: Any, *, of: Any) -> Any:
    """The place in the cursor; None for "", the beginning."""
    if cursor in (None, ""):
        return None
    if not isinstance(cursor, str):
        raise Refusal(40058)
    try:
        sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError as error:
        raise Refusal(50100) from error
    text = sealed[MARK:]
    if not hmac.compare_digest(sealed[:MARK], mark(corp, text, of)):
        raise Refusal(50100)
    place, made_at = json.loads(text)
    lives = corp.knobs.cursor_seconds
    if lives and corp.now() > made_at + lives:
        raise Refusal(50100)
    return place


def mark(corp: Records, text: bytes, of: Any) -> bytes:
    key = corp.credentials.app_secret.encode()
    question = json.dumps(of, sort_keys=True).encode()
    return hmac.digest(key, question + b"\0" + text, hashlib.sha256)[:MARK]
