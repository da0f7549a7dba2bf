"""The access token of each app, one for all processes.

Only one process at a time asks WeCom for a token: it holds the row's lease, and the
others wait until they see a newer generation. A token is stored only on top of the
generation that it was asked to replace, so that an old one, however late it is
written, never takes the place of a newer one.

A secret that WeCom refuses is not tried again for a minute: many wrong calls make
WeCom block our address for an hour.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from apps.common import sealing
from apps.common.clock import now
from apps.common.errors import TryLater
from apps.wecom.errors import NoToken, NotSetUp, TokenRefused, WeComRefused
from apps.wecom.models import AccessToken, Receiver

LEASE = timedelta(seconds=20)  # longer than a call of gettoken may take
PATIENCE = timedelta(seconds=10)  # how long the others wait
AFTER_A_FAILURE = timedelta(seconds=1)
AFTER_A_REFUSAL = timedelta(minutes=1)
POLL = 0.05  # seconds


@dataclass(frozen=True)
class Fetched:
    """What WeCom gave us: a token and for how many seconds."""

    value: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True)
class Token:
    """A token and which one it is: the next one has a higher generation."""

    value: str = field(repr=False)
    generation: int
    expires_at: datetime

    @property
    def is_fresh(self) -> bool:
        return self.expires_at > now()


Fetch = Callable[[], Fetched]

_known: dict[tuple[str, bytes], Token] = {}  # what this process saw last


def secret_of(app: Receiver) -> str:
    secrets = {
        Receiver.APP: settings.WECOM_APP_SECRET,
        Receiver.CONTACTS: settings.WECOM_CONTACTS_SECRET,
    }
    if not secrets[app]:
        raise NotSetUp
    return secrets[app]


def credential_of(app: Receiver) -> bytes:
    """Says whether a stored token belongs to our corp, secret and address."""
    parts = (settings.WECOM_API_URL, settings.WECOM_CORP_ID, secret_of(app))
    return sealing.digest("access token", "\n".join(parts))


def refused_tokens() -> dict[Receiver, int]:
    """Apps that WeCom gives no token, by errcode; not if their secret was replaced."""
    return {
        Receiver(row.app): row.refused_errcode
        for row in AccessToken.objects.filter(refused_errcode__isnull=False)
        if row.refused_errcode and is_ours(row.app, bytes(row.credential))
    }


def is_ours(app: str, credential: bytes) -> bool:
    """Is it about the secret that we have now?"""
    try:
        return credential == credential_of(Receiver(app))
    except NotSetUp:
        return False


def obtain(app: Receiver, *, fetch: Fetch, rejected: Token | None = None) -> Token:
    """A token that is not the rejected one, fetched only if nobody has one."""
    credential = credential_of(app)
    known = _known.get((app, credential))
    if known and known.is_fresh and known != rejected:
        return known
    give_up_at = time.monotonic() + PATIENCE.total_seconds()
    while time.monotonic() < give_up_at:
        row, _ = AccessToken.objects.get_or_create(app=app)
        token = _stored(row, credential)
        if token is None or token == rejected:
            token = _fetched_alone(row, credential, fetch)
        if token:
            _known[app, credential] = token
            return token
        time.sleep(POLL)
    raise NoToken


def _stored(row: AccessToken, credential: bytes) -> Token | None:
    if not row.expires_at or bytes(row.credential) != credential:
        return None
    try:
        value = sealing.unseal(row.sealed)
    except sealing.CannotUnseal:  # the key it was sealed with is gone
        return None
    token = Token(value, row.generation, row.expires_at)
    return token if token.is_fresh else None


def _fetched_alone(row: AccessToken, credential: bytes, fetch: Fetch) -> Token | None:
    """Fetch a token if nobody else is at it; None if somebody is, or was faster."""
    mine = AccessToken.objects.filter(app=row.app, generation=row.generation)
    free = Q(refreshing_until__isnull=True) | Q(refreshing_until__lte=Now())
    if not mine.filter(free | ~Q(credential=credential)).update(
        refreshing_until=Now() + LEASE,
        credential=credential,
        expires_at=None,
        refused_errcode=None,
    ):
        if row.refused_errcode and bytes(row.credential) == credential:
            raise TokenRefused(row.refused_errcode)
        return None
    try:
        fetched = fetch()
    except WeComRefused as refusal:
        mine.update(
            refused_errcode=refusal.errcode,
            refreshing_until=Now() + AFTER_A_REFUSAL,
        )
        raise TokenRefused(refusal.errcode) from None
    except TryLater:
        mine.update(refreshing_until=Now() + AFTER_A_FAILURE)
        raise
    return _kept(mine, row, fetched)


def _kept(mine: QuerySet, row: AccessToken, fetched: Fetched) -> Token | None:
    at = now()
    # a tenth less than WeCom says: a token must not expire on its way
    expires_at = at + timedelta(seconds=fetched.expires_in * 0.9)
    stored = mine.update(
        generation=F("generation") + 1,
        sealed=sealing.seal(fetched.value),
        fetched_at=at,
        expires_at=expires_at,
        refreshing_until=None,
        refused_errcode=None,
    )
    if not stored:  # our lease ran out, and somebody has stored a newer one
        return None
    return Token(fetched.value, row.generation + 1, expires_at)
