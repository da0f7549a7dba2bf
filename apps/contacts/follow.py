"""An employee and a contact become connected, or cease to be.

The same two functions serve a callback (one row), a pull and a reconcile (thousands).
`source` decides what the news sets off (see events/bus.py).

A contact who deleted the employee is still listed by WeCom: a follow that the contact
ended stays ended until WeCom tells of a newer beginning (wecom-api.md 1.4). What was
read before the last difference we know of is stale, and changes nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction

from apps.contacts import statements
from apps.contacts.events import FollowStarted, StateLearned
from apps.contacts.identify import (
    Behind,
    Met,
    identities_of,
    made_of,
    people_behind,
)
from apps.contacts.merge_models import Sign
from apps.contacts.phones import (
    Phone,
    add_phones,
    found_by,
    keep_phones,
    sealed_phones,
)
from apps.contacts.proposals import Alike, compare_again, propose
from apps.contacts.retell import Pair, retell
from apps.contacts.rows import Details, EndRow, FollowRow, Profile, lay_out
from apps.contacts.settle import settle
from apps.events.bus import record_all
from apps.events.event import Event
from apps.events.models import EventRecord

Told = tuple[str, int]  # external user id, employee


class Latest(NamedTuple):
    """The youngest spell of a pair, and whose it is."""

    follow_id: int
    contact_id: int


@dataclass(kw_only=True)
class Outcome:
    """`follows` holds the latest follow of every pair that was told; those in `begun`
    began with it."""

    follows: dict[Told, Latest] = field(default_factory=dict)
    begun: set[int] = field(default_factory=set)
    started: int = 0
    changed: int = 0


@transaction.atomic(savepoint=False)
def start_follows(rows: Iterable[FollowRow], *, source: EventRecord.Source) -> Outcome:
    """Keep these connections, and whatever is told of the two who are connected.

    The ordinary page of a first pull tells of strangers only: nothing that we knew can
    have changed, and what they say of themselves was written as we met.
    """
    told = {(row.external_id, row.employee_id): row for row in rows}
    if not told:
        return Outcome()
    seen: dict[str, datetime] = {}
    for row in told.values():
        at = seen.get(row.external_id)
        seen[row.external_id] = min(row.began_at, at) if at else row.began_at
    met = met_by(told.values())
    people = people_behind(seen, source=source, told=met)
    times = Counter(who for who, _employee in told)
    settled = {
        behind.contact_id
        for who, behind in people.items()
        if behind.is_new and who in met and times[who] == 1
    }
    lay_out(laid_out(row, people[row.external_id]) for row in told.values())

    fresh = start_fresh(people)
    news = made_of(people, seen, source=source)
    news += [begun(told[pair], latest, source=source) for pair, latest in fresh.items()]
    all_fresh = len(fresh) == len(told)
    touched: set[int] = set()
    if not all_fresh:
        pairs = {
            (people[who].pk, employee): told[who, employee] for who, employee in told
        }
        retold, touched = retell(
            {pair: pairs[pair] for pair in tangled()}, source=source
        )
        news += retold
    latest_at = max(row.began_at for row in told.values())
    changed, phoned, learned = keep_what_is_told(
        source=source,
        at=latest_at,
        all_new=settled == {behind.contact_id for behind in people.values()},
        all_fresh=all_fresh,
    )
    strangers_phones: dict[Phone, str] = {}
    for pair, latest in fresh.items():
        if phones := told[pair].phones:
            if latest.contact_id in settled:
                strangers_phones |= found_by(latest.contact_id, phones)
            else:
                phoned.add(latest.contact_id)
    keep_phones(phoned, source=source, at=latest_at)
    add_phones(strangers_phones, source=source, at=latest_at)
    started = {latest.contact_id for latest in fresh.values()}
    settle((started | touched | changed) - settled)
    if source != EventRecord.Source.FIRST_PULL:  # after which all are compared at night
        compare_again(started | changed | phoned)
    record_all(news + learned)
    return Outcome(
        follows=fresh if all_fresh else latest_follows(),
        begun={event.follow_id for event in news if isinstance(event, FollowStarted)},
        started=sum(isinstance(event, FollowStarted) for event in news),
        changed=len(changed - started),
    )


@transaction.atomic(savepoint=False)
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


def met_by(rows: Iterable[FollowRow]) -> dict[str, Met]:
    """What each stranger's first follower tells of them; whoever follows them as well
    is settled later."""
    return {
        row.external_id: Met(
            profile=row.profile,
            read_at=row.read_at,
            owner_id=row.employee_id,
            remark=row.details.remark if row.details else "",
        )
        for row in sorted(rows, key=lambda row: row.began_at, reverse=True)
        if row.profile is not None
    }


def laid_out(row: FollowRow, identity: Behind) -> tuple:
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


def start_fresh(people: Mapping[str, Behind]) -> dict[Told, Latest]:
    """Begin the spells of pairs we have never heard of."""
    by_pk = {behind.pk: behind for behind in people.values()}
    with connection.cursor() as cursor:
        cursor.execute(statements.START_FRESH)
        return {
            (by_pk[pk].value, employee_id): Latest(follow_id, by_pk[pk].contact_id)
            for follow_id, pk, employee_id in cursor.fetchall()
        }


def begun(
    row: FollowRow, latest: Latest, *, source: EventRecord.Source
) -> FollowStarted:
    return FollowStarted(
        at=row.began_at,
        source=source,
        contact_id=latest.contact_id,
        follow_id=latest.follow_id,
        employee_id=row.employee_id,
        state=row.state,
        welcome_code=row.welcome_code,
    )


def tangled() -> list[Pair]:
    """The pairs whose spells must be told again."""
    with connection.cursor() as cursor:
        cursor.execute(statements.TANGLED)
        return cursor.fetchall()


def keep_what_is_told(
    *, source: EventRecord.Source, at: datetime, all_new: bool, all_fresh: bool
) -> tuple[set[int], set[int], list[Event]]:
    """Union ids, profiles, states and details: contacts changed, those phoned, and
    what is news of it.

    What was told as we met, or as the follow began, has been written with it.
    """
    changed: set[int] = set()
    phoned: set[int] = set()
    learned: list[Event] = []
    with connection.cursor() as cursor:
        cursor.execute(statements.KEEP_UNION_IDS, {"source": source})
        pairs = [Alike.of(a, b, [Sign.UNION]) for a, b in cursor.fetchall()]
        propose(pairs, at=at)
        if not all_new:
            cursor.execute(statements.KEEP_PROFILES)
            changed |= {contact_id for (contact_id,) in cursor}
        if not all_fresh:
            cursor.execute(statements.KEEP_STATES)
            learned = [
                StateLearned(
                    at=started_at,
                    source=source,
                    contact_id=contact_id,
                    follow_id=follow_id,
                    employee_id=employee_id,
                    state=state,
                )
                for follow_id, contact_id, employee_id, state, started_at in cursor
            ]
            cursor.execute(statements.KEEP_DETAILS)
            for contact_id, has_other_phones in cursor.fetchall():
                changed.add(contact_id)
                if has_other_phones:
                    phoned.add(contact_id)
    return changed, phoned, learned


def latest_follows() -> dict[Told, Latest]:
    """The youngest spell of every pair that was told."""
    with connection.cursor() as cursor:
        cursor.execute(statements.LATEST_OF_EACH)
        return {
            (value, employee_id): Latest(follow_id, contact_id)
            for value, employee_id, follow_id, contact_id in cursor
        }
