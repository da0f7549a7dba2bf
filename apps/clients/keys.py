"""A key is made, shown once, recognised, and revoked.

A key is 256 random bits; we keep an HMAC of it, under a key derived from the newest of
SCRM_DATA_KEYS. While those are being changed the older ones are still tried, and a key
that is used then is kept under the newest from that moment on: only keys that nobody
used in all that time are lost with the old data key.
"""

import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import Q

from apps.audit.note import note
from apps.clients.models import Client, Key, Scope
from apps.common.errors import Refused

PREFIX = "scrm_"
LONGEST = 128  # characters of what is looked at
USED_EVERY = timedelta(minutes=1)  # more often "last used" is not written


class NoScope(Refused):
    """A key needs at least one right."""

    code = "no_scope"


class InThePast(Refused):
    """A key must be valid for a while."""

    code = "in_the_past"


@transaction.atomic
def make_key(
    *,
    client: Client,
    scopes: Collection[str],
    expires_at: datetime | None,
    by: AbstractUser,
    at: datetime,
) -> tuple[Key, str]:
    """The key as we keep it, and as it is shown this once."""
    if not scopes:
        raise NoScope
    if expires_at is not None and expires_at <= at:
        raise InThePast
    shown = PREFIX + secrets.token_urlsafe(32)
    key = Key.objects.create(
        client=client,
        digest=digests(shown)[0],
        tail=shown[-4:],
        scopes=[scope for scope in Scope.values if scope in scopes],
        made_at=at,
        made_by_id=by.pk,
        expires_at=expires_at,
    )
    note(
        deed="key_made",
        by=by,
        at=at,
        about=client,
        after={"key": str(key), "scopes": key.scopes, "expires_at": expires_at},
    )
    return key, shown


@transaction.atomic
def revoke(*, key: Key, by: AbstractUser, at: datetime) -> None:
    """From this moment on it opens nothing. Twice is once."""
    if not Key.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=at):
        return
    note(deed="key_revoked", by=by, at=at, about=key.client, before={"key": str(key)})


def recognise(shown: str, *, at: datetime) -> Key | None:
    """The key behind what is shown, if it opens anything; it counts as used."""
    if not shown.startswith(PREFIX) or len(shown) > LONGEST or not shown.isascii():
        return None
    known = digests(shown)
    key = (
        Key.objects.valid(at=at)
        .select_related("client")
        .filter(digest__in=known)
        .first()
    )
    if key is not None:
        note_use(key, digest=known[0], at=at)
    return key


def note_use(key: Key, *, digest: bytes, at: datetime) -> None:
    """When it was last used, to a minute; and under which data key it is kept."""
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=at - USED_EVERY)
    if key.last_used_at and key.last_used_at > at - USED_EVERY:
        if bytes(key.digest) == digest:
            return
        stale = Q()
    Key.objects.filter(stale, pk=key.pk).update(last_used_at=at, digest=digest)


def digests(shown: str) -> list[bytes]:
    """Under each of the data keys, the newest first."""
    return [
        hmac.digest(finder(key), shown.encode(), "sha256")
        for key in settings.SCRM_DATA_KEYS
    ]


@cache
def finder(data_key: bytes) -> bytes:
    return hmac.digest(data_key, b"find the keys of other systems", "sha256")
