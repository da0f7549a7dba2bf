"""Somebody is in a group chat, joins it or leaves it; the group is dismissed.

A list of members tells who is in it and since when, to the second; a callback tells
who left and how. Neither order nor repetition matters (see spells.py), and a list that
was read before the last difference we know of, or right after an end, revives nobody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from apps.common.kept import Kept
from apps.contacts.erased import erased_among, is_over, strangers_again
from apps.contacts.identify import Behind, contacts_by_external_id
from apps.contacts.models import Identity
from apps.events.models import EventRecord
from apps.groups.chats import (
    GroupRow,
    MemberRow,
    chats_by_id,
    is_stale,
    keep_chats,
    recount,
)
from apps.groups.models import GroupChat, Stay
from apps.groups.retell import (
    TOLD,
    Change,
    Person,
    histories,
    person_of,
    put_details,
    spell_of,
    tell,
)
from apps.groups.spells import (
    after_an_end,
    after_being_listed,
    after_being_unlisted,
)
from apps.staff.roster import employees_by_account
from apps.staff.roster import known as known_employees

# Seen on every external user id so far, and documented nowhere: only good enough to
# guess what somebody is of whom nothing but the leaving was heard.
EXTERNAL = ("wm", "wo")


# --- what a list of members tells ----------------------------------------------------


@transaction.atomic
def keep_groups(
    rows: Iterable[GroupRow], *, source: EventRecord.Source, at: datetime
) -> Kept:
    """Keep these groups and everybody in them, as WeCom lists them."""
    told = {row.wecom_id: row for row in rows}
    chats = chats_by_id(told)
    told = {i: row for i, row in told.items() if not is_stale(chats[i], row)}
    told = dict(zip(told, of_the_living(told.values()), strict=True))
    new = sum(chats[wecom_id].read_at is None for wecom_id in told)
    accounts = {row.owner for row in told.values() if row.owner}
    accounts |= {m.member_id for row in told.values() for m in row.employees}
    employees = employees_by_account(accounts, source=source, at=at)
    names = {m.member_id: m.name for row in told.values() for m in row.contacts}
    identities = contacts_by_external_id(names, source=source, at=at)

    listed = {
        person: member
        for wecom_id, row in told.items()
        for person, member in people_in(row, chats[wecom_id], employees, identities)
    }
    read_at = {chats[wecom_id].pk: row.read_at for wecom_id, row in told.items()}
    changes, settled = compared(listed, read_at=read_at)
    touched = tell(changes, rows=listed, source=source)
    touched |= keep_details(settled, rows=listed)
    changed = keep_chats(told, chats, owners=employees, touched=touched)
    for chat in (chats[wecom_id] for wecom_id in told):
        if chat.dismissed_at:  # read just before that was heard of
            end_everybody(chat, at=chat.dismissed_at, source=source)
    recount(touched)
    return Kept(new=new, different=max(len(changed) - new, 0))


def of_the_living(rows: Iterable[GroupRow]) -> list[GroupRow]:
    """Without members whom we have erased since they joined."""
    rows = list(rows)
    erased = erased_among(m.member_id for row in rows for m in row.contacts)
    if not erased:
        return rows
    return [
        replace(
            row,
            members=tuple(
                m
                for m in row.members
                if not is_over(erased.get(m.member_id), m.joined_at)
            ),
        )
        for row in rows
    ]


def people_in(
    row: GroupRow,
    chat: GroupChat,
    employees: Mapping[str, int],
    identities: Mapping[str, Behind],
) -> Iterable[tuple[Person, MemberRow]]:
    for member in row.members:
        if member.is_employee:
            who = employee_in(chat, employees[member.member_id], member.member_id)
        else:
            who = contact_in(chat, identities[member.member_id])
        yield who, member


def employee_in(chat: GroupChat, employee_id: int, account: str) -> Person:
    return Person(group_id=chat.pk, employee_id=employee_id, member_id=account)


def contact_in(chat: GroupChat, identity: Behind) -> Person:
    return Person(
        group_id=chat.pk,
        identity_id=identity.pk,
        contact_id=identity.contact_id,
        member_id=identity.value,
    )


def compared(
    listed: Mapping[Person, MemberRow], *, read_at: Mapping[int, datetime]
) -> tuple[dict[Person, Change], dict[Person, Stay]]:
    """Whose spells this changes, and the open stays of those whose it does not."""
    rows = Stay.objects.filter(group__in=read_at, left_at=None)
    open_stays = {person_of(stay): stay for stay in rows.select_related("identity")}
    settled = {
        person: stay
        for person, stay in open_stays.items()
        if person in listed and stay.joined_at == listed[person].joined_at
    }
    tangled = (listed.keys() | open_stays.keys()) - settled.keys()
    past = histories(tangled)
    changes: dict[Person, Change] = {}
    for person in tangled:
        stays = past.get(person, [])
        spells, moment = [spell_of(stay) for stay in stays], read_at[person.group_id]
        if person in listed:
            joined_at = listed[person].joined_at
            spells = after_being_listed(spells, joined_at=joined_at, read_at=moment)
        else:
            spells = after_being_unlisted(spells, read_at=moment)
        changes[person] = (stays, spells)
    return changes, settled


def keep_details(
    settled: Mapping[Person, Stay], *, rows: Mapping[Person, MemberRow]
) -> set[int]:
    """What members are called and how they came; answer in which groups it differed."""
    changed = [
        stay for person, stay in settled.items() if put_details(rows[person], into=stay)
    ]
    Stay.objects.bulk_update(changed, TOLD)
    return {stay.group_id for stay in changed}


# --- what is heard -------------------------------------------------------------------


@transaction.atomic
def leave_group(
    *,
    chat_id: str,
    member_ids: Iterable[str],
    at: datetime,
    left_by: Stay.LeftBy,
    source: EventRecord.Source,
) -> None:
    """These left the group or were removed, also when we never knew them in it."""
    chat = chats_by_id([chat_id])[chat_id]
    people = people_named(chat, member_ids, source=source, at=at)
    past = histories(people)
    changes = {}
    for person in people:
        stays = past.get(person, [])
        spells = [spell_of(stay) for stay in stays]
        changes[person] = (stays, after_an_end(spells, at=at, by=left_by))
    recount(tell(changes, rows={}, source=source))


def people_named(
    chat: GroupChat,
    member_ids: Iterable[str],
    *,
    source: EventRecord.Source,
    at: datetime,
) -> list[Person]:
    """Who these are: WeCom does not say whether an id is an account or a contact's."""
    ids = set(member_ids)
    accounts = known_employees(ids, at=at)
    employees = {i: accounts[i.lower()] for i in ids if i.lower() in accounts}
    others = ids - employees.keys()
    known = Identity.objects.external().filter(value__in=others)
    contacts = set(known.values_list("value", flat=True))
    contacts |= {i for i in others if i.startswith(EXTERNAL)}
    erased = strangers_again(others)
    contacts, others = contacts - erased, others - erased
    strangers = others - contacts
    found = employees_by_account(strangers, source=source, at=at)
    employees |= {i: found[i.lower()] for i in strangers}
    identities = contacts_by_external_id(
        dict.fromkeys(contacts, ""), source=source, at=at
    )
    return [
        *(employee_in(chat, pk, i.lower()) for i, pk in sorted(employees.items())),
        *(contact_in(chat, identity) for identity in identities.values()),
    ]


@transaction.atomic
def dismiss(*, chat_id: str, at: datetime, source: EventRecord.Source) -> None:
    """The group is no more, and nobody is in it."""
    chat = chats_by_id([chat_id])[chat_id]
    if chat.dismissed_at is None or at < chat.dismissed_at:
        chat.dismissed_at = at
        chat.save(update_fields=["dismissed_at"])
        end_everybody(chat, at=at, source=source)


def end_everybody(chat: GroupChat, *, at: datetime, source: EventRecord.Source) -> None:
    """Everybody who was still in it, or was only concluded to be gone since."""
    concluded = Q(left_by__in=[Stay.LeftBy.DISMISSED, Stay.LeftBy.GONE], left_at__gt=at)
    rows = Stay.objects.filter(Q(left_at=None) | concluded, group=chat)
    past = histories(person_of(stay) for stay in rows.select_related("identity"))
    by = Stay.LeftBy.DISMISSED
    changes = {
        person: (stays, after_an_end([spell_of(s) for s in stays], at=at, by=by))
        for person, stays in past.items()
    }
    recount(tell(changes, rows={}, source=source))
