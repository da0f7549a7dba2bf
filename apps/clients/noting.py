"""What another system wrote by its key, in the audit: one row for each request."""

from datetime import datetime
from typing import Any

from apps.audit.note import note
from apps.clients.models import Key


def note_told(*, key: Key, deed: str, at: datetime, **facts: Any) -> None:
    """On the page of the system; where from is known by itself."""
    after = {"key": str(key), **facts}
    note(deed=deed, by=None, at=at, about=key.client, after=after)
