"""An employee and a contact become connected, or cease to be.

The same two functions serve a callback (one row), a pull and a reconcile (thousands).
`source` decides what the news sets off (see events/bus.py).

A contact who deleted the employee is still listed by WeCom: a follow that the contact
ended stays ended until WeCom tells of a newer beginning (wecom-api.md 1.4). What was
read before the last difference we know of is stale, and changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction

from apps.contacts import statements
from apps.contacts.events import FollowStarted
from apps.contacts.identify import identities_of
from apps.contacts.models import Identity
from apps.contacts.phones import keep_phones, sealed_phones
from apps.contacts.retell import retell
from apps.contacts.rows import Details, EndRow, FollowRow, Profile, lay_out
from apps.contacts.settle import settle
from apps.events.bus import record_all
from apps.events.models import EventRecord

Told = tuple[str, int]  # external user id, employee


class Latest(NamedTuple):
    """The youngest spell of a pair, and whose it is."""

    follow_id: int
    contact_id: int


@dataclass(kw_only=True)
class Outcome:
    """`follows` holds the latest follow of every pair that was told."""

    follows: dict[Told, Latest] = field(default_factory=dict)
    started: int = 0
    changed: int = 0


@transaction.atomic
def start_follows(rows: Iterable[FollowRow], *, source: EventRecord.Source) -> Outcome:
    """Keep these connections, and whatever is told of the two who are connected."""
    told = {(row.external_id, row.employee_id): row for row in rows}
    if not told:
        return Outcome()
    met: dict[str, datetime] = {}
    for row in told.values():
        met[row.external_id] = min(row.began_at, met.get(row.external_id, row.began_at))
    identities = identities_of(met, source=source)
    by_pair = {
        (identities[who].pk, employee): told[who, employee] for who, employee in told
    }
    lay_out(laid_out(row, identities[row.external_id]) for row in told.values())

    with connection.cursor() as cursor:
        cursor.execute(statements.START_FRESH)
        fresh = cursor.fetchall()
        cursor.execute(statements.TANGLED)
        tangled = cursor.fetchall()
    contacts = {identity.pk: identity.contact_id for identity in identities.values()}
    news = [
        FollowStarted(
            at=started_at,
            source=source,
            contact_id=contacts[identity_id],
            follow_id=follow_id,
            employee_id=employee_id,
            state=by_pair[identity_id, employee_id].state,
            welcome_code=by_pair[identity_id, employee_id].welcome_code,
        )
        for follow_id, identity_id, employee_id, started_at, _phones in fresh
    ]
    retold, touched = retell({pair: by_pair[pair] for pair in tangled}, source=source)
    changed, phoned = keep_what_is_told(source=source)
    phoned |= {contacts[identity_id] for _id, identity_id, *_rest, has in fresh if has}
    if phoned:
        keep_phones(
            phoned, source=source, at=max(row.began_at for row in told.values())
        )
    started = {contacts[identity_id] for _id, identity_id, *_rest in fresh}
    settle(started | touched | changed)
    record_all([*news, *retold])
    return Outcome(
        follows=latest_follows(),
        started=len(news) + sum(isinstance(e, FollowStarted) for e in retold),
        changed=len(changed - started),
    )


@transaction.atomic
def end_follows(rows: Iterable[EndRow], *, source: EventRecord.Source) -> int:
    """Keep these ends, also of connections whose beginning we never heard of.

    Answers how many ends were news.
    """
    told = {(row.external_id, row.employee_id): row for row in rows}
    if not told:
        return 0
    met = {row.external_id: row.ended_at for row in told.values()}
    identities = identities_of(met, source=source)
    news, touched = retell(
        {(identities[who].pk, employee): row for (who, employee), row in told.items()},
        source=source,
    )
    settle(touched)
    record_all(news)
    return len(news)


def laid_out(row: FollowRow, identity: Identity) -> tuple:
    """A row in the order of rows.COLUMNS."""
    profile, details = row.profile or Profile(), row.details or Details()
    phones_sealed, phones_digest = sealed_phones(details.phones)
    return (
        identity.pk,
        identity.contact_id,
        row.employee_id,
        row.began_at,
        row.confirmed,
        row.state[:64],
        row.read_at,
        row.profile is not None,
        profile.name[:255],
        profile.kind,
        profile.gender,
        profile.avatar,
        profile.position[:255],
        profile.corp_name[:255],
        profile.union_id[:128],
        row.details is not None,
        details.remark[:255],
        details.description,
        details.remark_corp_name[:255],
        phones_sealed,
        phones_digest,
        details.add_way,
        details.added_by[:64],
    )


def keep_what_is_told(*, source: EventRecord.Source) -> tuple[set[int], set[int]]:
    """Profiles, details, states and union ids: contacts changed, and those phoned."""
    with connection.cursor() as cursor:
        cursor.execute(statements.KEEP_UNION_IDS, {"source": source})
        cursor.execute(statements.KEEP_STATES)
        cursor.execute(statements.KEEP_PROFILES)
        changed = {contact_id for (contact_id,) in cursor}
        cursor.execute(statements.KEEP_DETAILS)
        details = cursor.fetchall()
    changed |= {contact_id for contact_id, _phones in details}
    return changed, {contact_id for contact_id, phones in details if phones}


def latest_follows() -> dict[Told, Latest]:
    """The youngest spell of every pair that was told."""
    with connection.cursor() as cursor:
        cursor.execute(statements.LATEST_OF_EACH)
        return {
            (value, employee_id): Latest(follow_id, contact_id)
            for value, employee_id, follow_id, contact_id in cursor
        }
