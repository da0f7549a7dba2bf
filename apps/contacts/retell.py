"""The spells of a pair are told again after news, and written where they changed.

A row keeps its number as long as it holds the same beginning or the same end: what
hangs on it (tags, entries) stays with it. Every beginning and every end that was not
known before is news.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from apps.contacts.events import FollowEnded, FollowStarted
from apps.contacts.models import Follow
from apps.contacts.rows import EndRow, FollowRow
from apps.contacts.spells import Began, Ended, Fact, Spell, facts_of, spells_of
from apps.events.event import Event
from apps.events.models import EventRecord

Pair = tuple[int, int]  # identity, employee
SPELL = (
    "started_at",
    "start_known",
    "confirmed_at",
    "ended_at",
    "end_known",
    "ended_by",
)
LAG = timedelta(minutes=1)  # WeCom's answers may lag some seconds behind its news


def retell(
    told: Mapping[Pair, FollowRow | EndRow], *, source: EventRecord.Source
) -> tuple[list[Event], set[int]]:
    """Write what changes; answer the news, and the contacts it is about."""
    news: list[Event] = []
    touched: set[int] = set()
    held = follows_of(told)
    for pair, row in told.items():
        before = [spell_of(follow) for follow in held[pair]]
        after = spells_of(facts_after(row, before))
        if after == before:
            continue
        written = [
            rewrite(follow, spell, row=row)
            for follow, spell in matched(pair, held[pair], after)
        ]
        news += news_of(before, written, row=row, source=source)
        touched |= {follow.identity.contact_id for follow in written}
    return news, touched


def follows_of(pairs: Iterable[Pair]) -> dict[Pair, list[Follow]]:
    """The spells of each pair, oldest first, locked until the transaction ends."""
    pairs = set(pairs)
    rows = Follow.objects.select_for_update(of=("self",)).filter(
        identity__in={identity for identity, _employee in pairs},
        employee__in={employee for _identity, employee in pairs},
    )
    held: dict[Pair, list[Follow]] = defaultdict(list)
    for follow in rows.select_related("identity").order_by("started_at", "pk"):
        if (follow.identity_id, follow.employee_id) in pairs:
            held[follow.identity_id, follow.employee_id].append(follow)
    return held


def spell_of(follow: Follow) -> Spell:
    return Spell(**{name: getattr(follow, name) for name in SPELL})


def facts_after(row: FollowRow | EndRow, spells: list[Spell]) -> list[Fact]:
    """What is known of a pair once this row is believed."""
    facts = [fact for spell in spells for fact in facts_of(spell)]
    if isinstance(row, EndRow):
        return [*facts, Ended(at=row.ended_at, by=row.ended_by, known=row.known)]
    latest = spells[-1] if spells else None
    if row.read_at is None or latest is None:
        return [*facts, Began(at=row.began_at, confirmed=row.confirmed)]
    if latest.ended_at is None:
        return [*facts, Began(at=max(row.began_at, latest.started_at))]
    if row.began_at > latest.ended_at:
        return [*facts, Began(at=row.began_at)]
    if latest.ended_by == Follow.EndedBy.CONTACT:
        return facts
    if not latest.end_known and row.read_at > latest.ended_at:
        # We only concluded that it ended, and were wrong.
        return [f for f in facts if not (isinstance(f, Ended) and not f.known)]
    if row.read_at > latest.ended_at + LAG:
        # Ended by us, and listed again without a newer beginning: from then on.
        return [*facts, Began(at=latest.ended_at)]
    return facts


def matched(
    pair: Pair, follows: list[Follow], spells: list[Spell]
) -> list[tuple[Follow, Spell]]:
    """Each spell with the row that holds its beginning or its end, or a new row."""
    free = list(follows)
    found: dict[int, Follow] = {}

    def take(number: int, fits) -> None:
        for follow in free:
            if number not in found and fits(follow):
                found[number] = follow
        if number in found and found[number] in free:
            free.remove(found[number])

    for number, spell in enumerate(spells):
        take(
            number,
            lambda f, s=spell: (
                s.start_known
                and f.start_known
                and (f.started_at == s.started_at or f.confirmed_at == s.confirmed_at)
            ),
        )
    for number, spell in enumerate(spells):
        take(number, lambda f, s=spell: bool(s.ended_at) and f.ended_at == s.ended_at)
    for number in range(len(spells)):
        take(number, lambda _follow: True)
    Follow.objects.filter(pk__in=[follow.pk for follow in free]).delete()
    # What ends is written before what begins: one open follow per pair.
    pairs = [
        (found.get(n) or Follow(identity_id=pair[0], employee_id=pair[1]), spell)
        for n, spell in enumerate(spells)
    ]
    return sorted(pairs, key=lambda p: (p[1].ended_at is None, p[1].started_at))


def rewrite(follow: Follow, spell: Spell, *, row: FollowRow | EndRow) -> Follow:
    """Write a spell into its row, with the door if it is this row that tells it."""
    for name in SPELL:
        setattr(follow, name, getattr(spell, name))
    if isinstance(row, FollowRow) and lasted_at(follow, row.began_at):
        follow.state = row.state or follow.state
    follow.save()
    return follow


def lasted_at(follow: Follow, at: datetime) -> bool:
    return follow.started_at <= at and (
        follow.ended_at is None or at <= follow.ended_at
    )


def news_of(
    before: list[Spell],
    written: list[Follow],
    *,
    row: FollowRow | EndRow,
    source: EventRecord.Source,
) -> list[Event]:
    """The beginnings and ends that nobody knew before.

    A beginning that only moved by some seconds, or was confirmed, is no news.
    """
    starts = {s.started_at for s in before if s.start_known}
    ends = {(s.ended_at, s.ended_by) for s in before if s.ended_by}
    more_starts = sum(f.start_known for f in written) > len(starts)
    news: list[Event] = []
    for follow in written:
        contact_id = follow.identity.contact_id
        if more_starts and follow.start_known and follow.started_at not in starts:
            news.append(
                FollowStarted(
                    at=follow.started_at,
                    source=source,
                    contact_id=contact_id,
                    follow_id=follow.pk,
                    employee_id=follow.employee_id,
                    state=follow.state,
                    welcome_code=getattr(row, "welcome_code", ""),
                )
            )
        ended_at = follow.ended_at
        if ended_at and follow.ended_by and (ended_at, follow.ended_by) not in ends:
            news.append(
                FollowEnded(
                    at=ended_at,
                    source=source,
                    contact_id=contact_id,
                    follow_id=follow.pk,
                    employee_id=follow.employee_id,
                    ended_by=follow.ended_by,
                )
            )
    return news
