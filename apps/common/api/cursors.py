"""Pages of a list, newest first, by a cursor that only we can write.

A page begins after the row at which the page before ended, by its moment and its
number; so no row comes twice and none is missed while others come and go. A cursor is
signed together with who asked and what for: with another key or other filters it opens
nothing.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request

from apps.common.api.problems import InvalidParameters, Problem
from apps.common.paging import BoundedPaginator

LIMIT, MOST = 20, 100
OURS = ("cursor", "limit", "total")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST = 512  # characters of a cursor


@dataclass(frozen=True, kw_only=True)
class Page:
    """Rows, and the addresses of the pages after and before them."""

    rows: Sequence[Any]
    next: str | None
    prev: str | None
    total: dict[str, Any] | None

    def answer(self, data: Any) -> dict[str, Any]:
        found = {"data": data, "next": self.next, "prev": self.prev}
        return found if self.total is None else {**found, "total": self.total}


@dataclass(frozen=True)
class Place:
    """A row's place, and whether we go back from it."""

    at: datetime
    pk: int
    back: bool

    def beyond(self, field: str) -> Q:
        """The rows on the other side. The first condition lets an index begin there."""
        way = "gt" if self.back else "lt"
        same = Q(**{field: self.at, f"pk__{way}": self.pk})
        return Q(**{f"{field}__{way}e": self.at}) & (
            Q(**{f"{field}__{way}": self.at}) | same
        )


def page_of(request: Request, rows: QuerySet, *, by: str) -> Page:
    """One page of rows in the order of the moment `by`; unknown words are refused."""
    limit = limit_of(request)
    place = place_of(request)
    back = place is not None and place.back
    wanted = rows.filter(place.beyond(by)) if place else rows
    order = (by, "pk") if back else (f"-{by}", "-pk")
    found = list(wanted.order_by(*order)[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    if back:
        found.reverse()
    has_next = more or place is not None if back else more
    has_prev = more if back else place is not None
    return Page(
        rows=found,
        next=address(request, found[-1], by, back=False)
        if found and has_next
        else None,
        prev=address(request, found[0], by, back=True) if found and has_prev else None,
        total=total_of(request, rows),
    )


def limit_of(request: Request) -> int:
    text = request.query_params.get("limit", str(LIMIT))
    if text.isascii() and text.isdecimal() and len(text) < 4 and 1 <= int(text) <= MOST:
        return int(text)
    words = _("A number from 1 to %(most)d.") % {"most": MOST}
    raise InvalidParameters({"limit": [ErrorDetail(words, "limit")]})


def total_of(request: Request, rows: QuerySet) -> dict[str, Any] | None:
    """Counted only if asked for, and to its end only where that is cheap."""
    asked = request.query_params.get("total", "false")
    if asked not in ("true", "false"):
        words = _("true or false.")
        raise InvalidParameters({"total": [ErrorDetail(words, "total")]})
    if asked == "false":
        return None
    pages = BoundedPaginator(rows.order_by("pk"), MOST)
    return {"count": pages.count, "exact": pages.is_exact}


# --- cursors --------------------------------------------------------------------------


def address(request: Request, row: Model, by: str, *, back: bool) -> str:
    """The address of this list with another cursor."""
    asked = [
        (name, value)
        for name, values in request.query_params.lists()
        for value in values
        if name != "cursor"
    ]
    at = (getattr(row, by) - EPOCH) // timedelta(microseconds=1)
    told = [at, row.pk, int(back), binding(request)]
    cursor = signer().sign_object(told)
    return f"{request.path}?{urlencode([*asked, ('cursor', cursor)])}"


def place_of(request: Request) -> Place | None:
    cursor = request.query_params.get("cursor")
    if cursor is None:
        return None
    try:
        if len(cursor) > LONGEST:
            raise signing.BadSignature
        at, pk, back, bound = signer().unsign_object(cursor)
    except (signing.BadSignature, ValueError) as wrong:
        raise Problem("invalid_cursor") from wrong
    if bound != binding(request):
        raise Problem("invalid_cursor")
    return Place(EPOCH + timedelta(microseconds=at), pk, bool(back))


def binding(request: Request) -> str:
    """Who asks, and what for; how many at once may change on the way."""
    asked = sorted(
        (name, value)
        for name, values in request.query_params.lists()
        for value in values
        if name not in OURS
    )
    told = f"{request.user.asks_as}\n{request.path}\n{urlencode(asked)}"
    return hashlib.blake2s(told.encode(), digest_size=9).hexdigest()


def signer() -> signing.Signer:
    return signing.Signer(salt="api cursors")
