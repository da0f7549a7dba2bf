"""A visitor is given tokens, shows them, renews them, and is let out.

A token is 256 random bits; we keep an HMAC of it, under a key derived from the newest
of SCRM_DATA_KEYS, and try the older ones while those are being changed. The one that
lets in is good for two hours. The other is good once, for thirty days, and gives a new
pair: shown a second time it ends the session with all its tokens, since one of the two
who showed it has stolen it.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.common.errors import Refused
from apps.common.forget import forget_some
from apps.contacts.models import Contact, Erasure
from apps.miniprogram.models import Session, Token

PREFIX = "mini_"
LONGEST = 128  # characters of what is looked at
LETS_IN = timedelta(hours=2)
RENEWS = timedelta(days=30)
MOST = 10  # sessions of one contact
FORGET_AT_ONCE = 10_000
Kind = Token.Kind
EndedBy = Session.EndedBy
UNFINISHED = [str(status) for status in Erasure.UNFINISHED]
# Asked at every request, so it is written out: the contact that is shown, by name and
# picture; what else is wanted of her is read when it is asked for.
WHO = """
SELECT contact.id, contact.name, contact.avatar, contact.merged_into_id,
    session.id AS session_id
FROM miniprogram_token AS token
JOIN miniprogram_session AS session ON session.id = token.session_id
JOIN contacts_contact AS came ON came.id = session.contact_id
JOIN contacts_contact AS contact
    ON contact.id = coalesce(came.merged_into_id, came.id)
WHERE token.digest = ANY(%(digests)s) AND token.kind = 'access'
    AND token.expires_at > %(at)s AND session.ended_at IS NULL
    AND NOT EXISTS (
        SELECT FROM contacts_erasure
        WHERE contact_number = session.contact_id AND status = ANY(%(unfinished)s)
    )
"""


class Nobody(Refused):
    """The token is unknown, expired or was used before. Sign in again."""

    code = "unknown_token"


@dataclass(frozen=True, kw_only=True)
class Pair:
    """What a visitor gets, this once."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    access_until: datetime
    refresh_until: datetime


@dataclass(frozen=True)
class Visitor:
    """Who is signed in. It is `request.user` of what a mini-program asks."""

    contact: Contact
    session: Session

    is_authenticated = True
    is_anonymous = False

    @property
    def pk(self) -> int:
        return self.contact.pk

    @property
    def asks_as(self) -> str:
        return f"visitor:{self.contact.pk}"


@transaction.atomic
def open_session(contact: Contact, *, at: datetime) -> Pair:
    """Of many sessions the oldest end."""
    session = Session.objects.create(contact=contact, began_at=at)
    theirs = Session.objects.filter(contact=contact, ended_at__isnull=True)
    newest = theirs.order_by("-began_at", "-pk")[:MOST].values("pk")
    end(theirs.exclude(pk__in=newest), by=EndedBy.MANY, at=at)
    return pair_for(session, at=at)


def renew(shown: str, *, at: datetime) -> Pair:
    """A new pair for a token that renews; it is never good again."""
    with transaction.atomic():
        tokens = Token.objects.open(at=at).filter(kind=Kind.REFRESH)
        token = (
            tokens.select_for_update(of=("self", "session"), no_key=True)
            .select_related("session")
            .filter(digest__in=digests(shown))
            .first()
        )
        if token is not None and token.renewed_at is None:
            Token.objects.filter(pk=token.pk).update(renewed_at=at)
            token.session.tokens.filter(kind=Kind.ACCESS).delete()
            return pair_for(token.session, at=at)
        if token is not None:
            end_session(token.session, by=EndedBy.REUSE, at=at)
    raise Nobody


def recognise(shown: str, *, at: datetime) -> Visitor | None:
    """Who shows this token, if it lets in. Whoever was merged is who they became."""
    found = digests(shown)
    if not found:
        return None
    asked = {"digests": found, "at": at, "unfinished": UNFINISHED}
    contact: Any
    for contact in Contact.objects.raw(WHO, asked):
        return Visitor(contact, Session(pk=contact.session_id, contact=contact))
    return None


def end_session(session: Session, *, by: str, at: datetime) -> None:
    end(Session.objects.filter(pk=session.pk), by=by, at=at)


def end(sessions, *, by: str, at: datetime) -> None:
    sessions.filter(ended_at__isnull=True).update(ended_at=at, ended_by=by)


def pair_for(session: Session, *, at: datetime) -> Pair:
    pair = Pair(
        access=drawn(),
        refresh=drawn(),
        access_until=at + LETS_IN,
        refresh_until=at + RENEWS,
    )
    Token.objects.bulk_create(
        Token(
            session=session, kind=kind, digest=digests(shown)[0], expires_at=expires_at
        )
        for kind, shown, expires_at in (
            (Kind.ACCESS, pair.access, pair.access_until),
            (Kind.REFRESH, pair.refresh, pair.refresh_until),
        )
    )
    return pair


def drawn() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def digests(shown: str) -> list[bytes]:
    """Under each of the data keys, the newest first; none of what is no token."""
    if not shown.startswith(PREFIX) or len(shown) > LONGEST or not shown.isascii():
        return []
    return [
        hmac.digest(finder(key), shown.encode(), "sha256")
        for key in settings.SCRM_DATA_KEYS
    ]


@cache
def finder(data_key: bytes) -> bytes:
    return hmac.digest(data_key, b"find the tokens of visitors", "sha256")


def forget_old_ones(*, at: datetime) -> None:
    """Tokens that have expired, and sessions that have none left."""
    expired = Token.objects.filter(expires_at__lte=at).order_by("expires_at")
    forget_some(expired, at_once=FORGET_AT_ONCE)
    empty = Session.objects.filter(tokens__isnull=True, began_at__lt=at - RENEWS)
    forget_some(empty.order_by("pk"), at_once=FORGET_AT_ONCE)
