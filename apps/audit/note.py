"""Write down who changed what: in the transaction of the change, and never again.

`before` and `after` hold what changed, by name of the field. What tells about a contact
is named in `personal` and sealed with the contact's own key (see sealed_values.py), and
so is the reason that somebody gave for it. Where from, which request and which door is
known by itself (see common/tracing.py).
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Model

from apps.audit.models import AuditRow
from apps.audit.sealed_values import keys_for, sealed_with
from apps.common.copying import copy_in
from apps.common.sealing import NONCE, random_pieces
from apps.common.tracing import came_from, job_name, request_id


class NotInATransaction(Exception):
    """An audit row that is not written together with the change proves nothing."""


@dataclass(frozen=True, kw_only=True)
class Note:
    """One change, of the row `about` or of a row of `kind` with a number."""

    deed: str
    about: Model | None = None
    kind: str = ""
    number: int | None = None
    contact_id: int | None = None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    personal: Collection[str] = ()
    reason: str = ""


def note(*, by: Any, at: datetime, **facts: Any) -> None:
    """One change by one person, with the facts of a Note. `by` is whoever has signed
    in; None: nobody here."""
    note_all([Note(**facts)], by=by, at=at)


def note_all(notes: Iterable[Note], *, by: Any, at: datetime) -> None:
    """Many at once: two queries for the keys, and one COPY."""
    if not connection.in_atomic_block:
        raise NotInATransaction
    notes = list(notes)
    keys = keys_for(
        note.contact_id
        for note in notes
        if note.contact_id is not None and (note.personal or note.reason)
    )
    nonces = random_pieces(NONCE, len(notes))
    copy_in(
        row_of(note, keys=keys, by=by, at=at, nonce=nonce)
        for note, nonce in zip(notes, nonces, strict=True)
    )


def row_of(
    note: Note, *, keys: Mapping[int, Any], by: Any, at: datetime, nonce: bytes
) -> AuditRow:
    origin = came_from.get()
    key = keys.get(note.contact_id) if note.contact_id is not None else None
    if note.personal and key is None:
        raise ValueError(f"{note.deed}: whose personal values are these?")
    row = AuditRow(
        deed=note.deed,
        about_kind=note.about._meta.label_lower if note.about else note.kind,
        about_id=note.about.pk if note.about else note.number,
        contact_id=note.contact_id,
        actor_id=by.pk if by is not None else None,
        before=plain(note.before, note.personal),
        after=plain(note.after, note.personal),
        reason="" if key else note.reason,
        address=origin.address or None,
        request_id=request_id.get(),
        door=(origin.door or job_name() or settings.SCRM_ROLE)[:120],
        at=at,
    )
    if key is not None:
        row.sealed = sealed_with(
            key,
            {
                "before": only(note.before, note.personal),
                "after": only(note.after, note.personal),
                "reason": note.reason,
            },
            nonce=nonce,
        )
    return row


def plain(values: Mapping[str, Any], personal: Collection[str]) -> dict[str, Any]:
    """As JSON has it; of what is personal nothing."""
    kept = {name: value for name, value in values.items() if name not in personal}
    if not kept:
        return {}
    return json.loads(json.dumps(kept, cls=DjangoJSONEncoder, default=str))


def only(values: Mapping[str, Any], personal: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in personal}
