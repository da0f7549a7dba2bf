"""Pull contacts and follows: batch/get_by_user, pages of a hundred pairs.

One call reads a hundred pairs of up to a hundred employees, where list and get would
take a call for every contact. The employees are dealt out to some twenty chains, so
that several pages can be under way at once and no chain is long.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from apps.common.clock import now
from apps.common.masking import masked_phone
from apps.contacts.erased import told_of_the_living
from apps.contacts.follow import end_follows, start_follows
from apps.contacts.models import Contact, Follow, Identity
from apps.contacts.phones import phones_of
from apps.contacts.querysets import phone_digest
from apps.contacts.retell import LAG
from apps.contacts.rows import EndRow
from apps.contacts.spells import SAME_BEGINNING
from apps.events.models import EventRecord
from apps.staff.models import Employee
from apps.staff.roster import employees_by_account
from apps.sync.models import Difference, Pull
from apps.sync.page import Compared, Found, Page, Tally, differences, subject_of
from apps.sync.parts import note_read, whose_turn_it_is
from apps.sync.words import Listed, account, listed
from apps.tags.models import Tagging
from apps.tags.tag import set_taggings, tags_by_wecom_id
from apps.wecom.calls import call

NAME = "contacts"
CHAINS = 20
PER_CALL = 100  # employees that one call may name
PAGE = 100  # pairs a page may hold
# The employee is gone, out of our range or without permission since we planned.
PASSED_OVER = {60111, 60011, 84061, 84074, 48002, 40003}


def serving() -> list[str]:
    """The employees who serve contacts."""
    accounts = call("externalcontact.get_follow_user_list").get("follow_user") or []
    return sorted({account(a) for a in accounts})


def plan(pull: Pull) -> list[list[str]]:
    """The employees who serve contacts, or a part of them, dealt out to chains."""
    accounts = serving()
    if pull.scope == Pull.Scope.PART:
        accounts = whose_turn_it_is(accounts)
    count = max(min(CHAINS, len(accounts)), -(-len(accounts) // PER_CALL))
    return [accounts[number::count] for number in range(count)]


def fetch(*, keys: list[str], cursor: str) -> Page:
    read_at = now()
    answer = call(
        "externalcontact.batch_get_by_user",
        userid_list=keys,
        cursor=cursor,
        limit=PAGE,
    )
    return Page(
        rows=[
            listed(row["external_contact"], row["follow_info"], read_at=read_at)
            for row in answer.get("external_contact_list") or []
        ],
        next_cursor=answer.get("next_cursor") or "",
    )


def whole_of(key: str) -> str:
    return key


def merge(rows: list[Listed], *, source: EventRecord.Source, at: datetime) -> Tally:
    """Follows with what is told of them, then their tags."""
    rows = of_the_living(rows)
    employees = employees_by_account({r.account for r in rows}, source=source, at=at)
    outcome = start_follows(
        [row.of(employees[row.account]) for row in rows], source=source
    )
    tags = tags_by_wecom_id(set().union(*(row.tag_ids for row in rows)))
    wanted: dict[int, set[int]] = {}
    contact_of: dict[int, int] = {}
    for row in rows:
        pair = row.follow.external_id, employees[row.account]
        follow_id, contact_id = outcome.follows[pair]
        contact_of[follow_id] = contact_id
        wanted[follow_id] = {tags[tag] for tag in row.tag_ids}
    asked_at = min((row.follow.read_at or at for row in rows), default=at)
    set_taggings(wanted, contact_of=contact_of, source=source, at=asked_at)
    return Tally(read=len(rows), new=outcome.started, different=outcome.changed)


def of_the_living(rows: list[Listed]) -> list[Listed]:
    """Without what WeCom still lists of those whom we have erased."""
    return told_of_the_living(
        rows,
        who=lambda row: row.follow.external_id,
        began_at=lambda row: row.follow.began_at,
    )


def sightings(rows: Iterable[Listed]) -> list[tuple[str, str]]:
    return [(row.account, row.follow.external_id) for row in rows]


def open_follows(of: str):
    return Follow.objects.open().filter(employee__wecom_id=of)


def held(whole: str) -> int:
    return open_follows(whole).count()


def missing(whole: str, seen: set[str], *, before: datetime) -> list[str]:
    """Contacts of an employee whom WeCom no longer lists: dropped, or moved.

    Those who wait for confirmation are not listed yet, nor perhaps those who have only
    just been confirmed: they prove nothing.
    """
    ours = open_follows(whole).filter(confirmed_at__lt=before - LAG)
    values = ours.values_list("identity__value", flat=True)
    return sorted(set(values) - seen)


def gone(whole: str, items: list[str]) -> list[Found]:
    return [
        Found(
            thing="follow",
            kind=Difference.Kind.MISSING_THERE,
            subject=subject_of(whole, item),
        )
        for item in items
    ]


def were_read(wholes: Iterable[str], *, at: datetime) -> None:
    note_read(wholes, at=at)


def end(
    whole: str, items: list[str], *, source: EventRecord.Source, at: datetime
) -> None:
    """We only conclude that they ended: the true end may still be heard."""
    employee = Employee.objects.get(wecom_id=whole)
    end_follows(
        [
            EndRow(
                external_id=item,
                employee_id=employee.pk,
                ended_at=at,
                ended_by=Follow.EndedBy.EMPLOYEE,
                known=False,
            )
            for item in items
        ],
        source=source,
    )


# --- comparing ----------------------------------------------------------------------


def compare(rows: list[Listed]) -> list[Found]:
    """Every field that the call tells and we keep, pair by pair."""
    rows = of_the_living(rows)
    follows = latest_follows(rows)
    ids = [follow.identity.contact_id for follow in follows.values()]
    unions: dict[int, set[str]] = defaultdict(set)
    for contact_id, value in Identity.objects.filter(
        contact__in=ids, kind=Identity.Kind.UNION
    ).values_list("contact_id", "value"):
        unions[contact_id].add(value)
    tags: dict[int, set[str]] = defaultdict(set)
    for follow_id, tag in Tagging.objects.filter(
        follow__in=follows.values()
    ).values_list("follow_id", "tag__wecom_id"):
        tags[follow_id].add(tag)
    pairs = []
    for row in rows:
        follow = follows.get((row.account, row.follow.external_id))
        if follow is not None and is_stale(row, follow):
            continue
        mine = None
        if follow is not None and is_same_spell(row, follow):
            mine = ours(follow, row, unions, tags)
            mine |= pinned(follow.identity.contact, row)
        pairs.append(
            Compared(
                thing="follow",
                subject=subject_of(row.account, row.follow.external_id),
                contact_id=follow.identity.contact_id if follow else None,
                ours=mine,
                theirs=theirs(row),
            )
        )
    return differences(pairs)


def latest_follows(rows: list[Listed]) -> dict[tuple[str, str], Follow]:
    found = Follow.objects.filter(
        identity__kind=Identity.Kind.EXTERNAL,
        identity__system="",
        identity__value__in={row.follow.external_id for row in rows},
        employee__wecom_id__in={row.account for row in rows},
    )
    found = found.select_related("identity__contact", "employee")
    return {
        (follow.employee.wecom_id, follow.identity.value): follow
        for follow in found.order_by("started_at", "pk")
    }


def is_stale(row: Listed, follow: Follow) -> bool:
    """WeCom's answers lag behind its news: too soon to say that they differ."""
    ended = follow.ended_at
    return bool(ended and row.follow.read_at and row.follow.read_at <= ended + LAG)


def is_same_spell(row: Listed, follow: Follow) -> bool:
    """Is what WeCom lists the spell we know? One that the contact ended counts: WeCom
    goes on listing it, and the end cannot be seen."""
    if follow.ended_at is None:
        begun = follow.confirmed_at
        return bool(begun and row.follow.began_at <= begun + SAME_BEGINNING)
    by_contact = follow.ended_by == Follow.EndedBy.CONTACT
    return by_contact and row.follow.began_at <= follow.ended_at


def pinned(contact: Contact, row: Listed) -> dict:
    """What a merge chose differs from WeCom's for good, and is no difference."""
    told = theirs(row)
    names = ("company" if name == "corp_name" else name for name in contact.pinned)
    return {name: told[name] for name in names if name in told}


def ours(follow: Follow, row: Listed, unions, tags) -> dict:
    contact = follow.identity.contact
    told_union = row.follow.profile.union_id if row.follow.profile else ""
    known_unions = unions[contact.pk]
    return {
        "name": contact.name,
        "kind": contact.kind,
        "gender": contact.gender,
        "avatar": contact.avatar,
        "position": contact.position,
        "company": contact.corp_name,
        "union id": told_union if told_union in known_unions else "",
        "remark": follow.remark,
        "description": follow.description,
        "remark company": follow.remark_corp_name,
        "phones": told_apart(phones_of(follow)),
        "add way": follow.add_way,
        "added by": follow.added_by,
        "state": follow.state if row.follow.state else "",
        "tags": tags[follow.pk],
    }


def theirs(row: Listed) -> dict:
    profile, details = row.follow.profile, row.follow.details
    assert profile is not None and details is not None
    return {
        "name": profile.name[:255],
        "kind": profile.kind,
        "gender": profile.gender,
        "avatar": profile.avatar,
        "position": profile.position[:255],
        "company": profile.corp_name[:255],
        "union id": profile.union_id,
        "remark": details.remark[:255],
        "description": details.description,
        "remark company": details.remark_corp_name[:255],
        "phones": told_apart(details.phones),
        "add way": details.add_way,
        "added by": details.added_by[:64],
        "state": row.follow.state,
        "tags": set(row.tag_ids),
    }


def told_apart(phones: Iterable[str]) -> list[str]:
    """Phones as a report may show them: masked, with a mark that tells them apart."""
    return sorted(
        f"{masked_phone(phone)} #{phone_digest(phone).hex()[:4]}"
        for phone in {phone.strip() for phone in phones}
        if phone
    )
