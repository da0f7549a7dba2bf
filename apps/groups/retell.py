"""The spells of somebody in a group are told again after news, and written where they
changed.

A row keeps its number as long as it holds the same joining or the same end. Every
joining and every end of a contact that was not known before is news.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from apps.events.bus import record_all
from apps.events.event import Event
from apps.events.models import EventRecord
from apps.groups.chats import MemberRow
from apps.groups.events import GroupJoined, GroupLeft
from apps.groups.models import Stay
from apps.groups.spells import Spell

TOLD = ("member_id", "scene", "state", "invited_by", "nickname", "name")
SPELL = ("joined_at", "left_at", "left_by")


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with regard to one group: an employee, or a contact by an identity."""

    group_id: int
    employee_id: int | None = None
    identity_id: int | None = None
    contact_id: int | None = field(default=None, compare=False)
    member_id: str = field(default="", compare=False)


# What is known of people, oldest first, and what is to be known of them.
Change = tuple[list[Stay], list[Spell]]


def person_of(stay: Stay) -> Person:
    return Person(
        group_id=stay.group_id,
        employee_id=stay.employee_id,
        identity_id=stay.identity_id,
        contact_id=stay.identity.contact_id if stay.identity else None,
        member_id=stay.member_id,
    )


def spell_of(stay: Stay) -> Spell:
    """A joining is always read with the way they came; one without is not known."""
    known = stay.scene is not None or stay.joined_at != stay.left_at
    told = {name: getattr(stay, name) for name in SPELL}
    return Spell(start_known=known, **told)


def histories(people: Iterable[Person]) -> dict[Person, list[Stay]]:
    """Every stay of these people in these groups, oldest first."""
    people = set(people)
    stays = Stay.objects.filter(
        Q(employee__in={p.employee_id for p in people if p.employee_id})
        | Q(identity__in={p.identity_id for p in people if p.identity_id}),
        group__in={p.group_id for p in people},
    )
    found: dict[Person, list[Stay]] = defaultdict(list)
    for stay in stays.select_related("identity").order_by("joined_at", "pk"):
        if (person := person_of(stay)) in people:
            found[person].append(stay)
    return found


def tell(
    changes: Mapping[Person, Change],
    *,
    rows: Mapping[Person, MemberRow],
    source: EventRecord.Source,
) -> set[int]:
    """Write what changes, and the news of it; answer in which groups."""
    written: list[tuple[Person, list[Spell], list[Stay]]] = []
    surplus: list[Stay] = []
    for person, (stays, spells) in changes.items():
        before = [spell_of(stay) for stay in stays]
        if before != spells:
            mine, left_over = matched(person, stays, spells)
            if person in rows:
                for stay in mine:
                    if stay.joined_at == rows[person].joined_at:
                        put_details(rows[person], into=stay)
            written.append((person, before, mine))
            surplus += left_over
    save([stay for _person, _before, mine in written for stay in mine], surplus)
    record_all(
        event
        for person, before, mine in written
        for event in news_of(person, before, mine, source=source)
    )
    return {person.group_id for person, _before, _mine in written}


def matched(
    person: Person, stays: list[Stay], spells: list[Spell]
) -> tuple[list[Stay], list[Stay]]:
    """A row for each spell, written over; and the rows that are left over."""
    free = list(stays)
    found: dict[int, Stay] = {}
    same_joining = [(s.joined_at, spell_of(s).start_known) for s in stays]
    for number, spell in enumerate(spells):
        for stay, joining in zip(stays, same_joining, strict=True):
            if stay in free and joining == (spell.joined_at, True):
                found[number] = stay
                free.remove(stay)
                break
    for number, spell in enumerate(spells):
        for stay in list(free):
            if number not in found and spell.left_at and stay.left_at == spell.left_at:
                found[number] = stay
                free.remove(stay)
    rows = []
    for number, spell in enumerate(spells):
        stay = found.get(number) or (free.pop(0) if free else new_stay(person))
        for name in SPELL:
            setattr(stay, name, getattr(spell, name))
        if not spell.start_known:
            stay.scene = None
        rows.append(stay)
    return rows, free


def new_stay(person: Person) -> Stay:
    return Stay(
        group_id=person.group_id,
        employee_id=person.employee_id,
        identity_id=person.identity_id,
        member_id=person.member_id,
    )


def put_details(row: MemberRow, *, into: Stay) -> bool:
    """How they came and what they are called there; does anything differ?"""
    told = {
        "member_id": row.member_id,
        "scene": row.scene,
        "state": row.state[:64],
        "invited_by": row.invited_by[:64],
        "nickname": row.nickname[:255],
        "name": row.name[:255],
    }
    differs = any(getattr(into, name) != value for name, value in told.items())
    for name, value in told.items():
        setattr(into, name, value)
    return differs


def save(stays: list[Stay], surplus: list[Stay]) -> None:
    """What ends is written before what begins: one open stay per group."""
    Stay.objects.filter(pk__in=[stay.pk for stay in surplus]).delete()
    known = [stay for stay in stays if stay.pk]
    for ended in (True, False):
        Stay.objects.bulk_update(
            [stay for stay in known if (stay.left_at is not None) == ended],
            [*SPELL, *TOLD],
        )
    Stay.objects.bulk_create([stay for stay in stays if not stay.pk])


def news_of(
    person: Person,
    before: list[Spell],
    stays: list[Stay],
    *,
    source: EventRecord.Source,
) -> Iterable[Event]:
    """The joinings and ends that nobody knew before; a corrected joining is no news."""
    if person.contact_id is None:
        return
    joined = {spell.joined_at for spell in before if spell.start_known}
    left = {(spell.left_at, spell.left_by) for spell in before}
    after = [(stay, spell_of(stay)) for stay in stays]
    more = sum(spell.start_known for _stay, spell in after) > len(joined)
    for stay, spell in after:
        about: dict[str, Any] = {
            "source": source,
            "contact_id": person.contact_id,
            "group_id": person.group_id,
            "stay_id": stay.pk,
        }
        if more and spell.start_known and spell.joined_at not in joined:
            yield GroupJoined(at=spell.joined_at, state=stay.state, **about)
        if (
            spell.left_at
            and spell.left_by
            and (spell.left_at, spell.left_by) not in left
        ):
            yield GroupLeft(at=spell.left_at, left_by=spell.left_by, **about)
