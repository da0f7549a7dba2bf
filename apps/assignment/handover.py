"""Hand over contacts and groups: looked at first, then offered; again if it fails.

What is looked at is what is done: whoever begins a handover brings along the mark of
the preview they saw, and is shown a new one if anything has changed meanwhile.
"""

import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Q

from apps.assignment.handover_models import Handover, Offer
from apps.assignment.handover_send import send_next
from apps.assignment.handover_split import Split, Taker, split
from apps.assignment.handover_waits import (
    chats,
    contacts_of,
    groups_of,
    groups_too_often,
    loads_of,
    people,
    refused_too_often,
    too_often,
)
from apps.audit.note import note
from apps.common.errors import Refused
from apps.common.turns import take_turns
from apps.staff.models import Employee, User
from apps.staff.scope import is_in_reach
from apps.wecom.outbox import withdraw

Rule, State = Handover.Rule, Offer.State
MOST_TAKERS = 200
LONGEST_MESSAGE = 200


class OutOfReach(Refused):
    """You may hand over contacts of colleagues in your reach, and to such, only."""

    code = "handover_out_of_reach"


class NoTakers(Refused):
    """Choose at least one colleague who takes over."""

    code = "handover_without_takers"


class CannotTake(Refused):
    """A colleague who was chosen cannot take over: they have left, are disabled, may
    not have contacts, or hand over themselves. Choose again."""

    code = "cannot_take_over"


class NothingWaits(Refused):
    """Nothing waits to be handed over, or nobody can take it."""

    code = "nothing_to_hand_over"


class ChangedSince(Refused):
    """Something has changed since the preview. Look at the new one."""

    code = "handover_changed_since"


@dataclass(frozen=True, kw_only=True)
class TakerWish:
    """A colleague who takes over, how many at most, and contacts of which tags."""

    employee: int
    most: int | None = None
    tags: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody wants to do."""

    giver: Employee
    takers: tuple[TakerWish, ...]
    rule: str = Rule.EVEN
    with_groups: bool = True
    message: str = ""
    second_choice: bool = True

    @property
    def plan(self) -> dict[str, Any]:
        return {
            "takers": [
                {"employee": t.employee, "most": t.most, "tags": list(t.tags)}
                for t in self.takers
            ],
            "groups": self.with_groups,
        }


@dataclass(kw_only=True)
class Preview:
    """Who gets whom. Contacts are identities by number, with their contact's."""

    wish: Wish
    takers: dict[int, Employee]
    loads: Counter[int]
    contacts: Split
    groups: Split
    contact_of: dict[int, int]
    friends: set[int] = field(default_factory=set)
    too_often: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    groups_too_often: set[int] = field(default_factory=set)

    @property
    def mark(self) -> str:
        """The same for the same people going to the same colleagues."""
        told = [
            self.wish.giver.pk,
            self.wish.giver.has_left,
            sorted(self.contacts.given.items()),
            sorted(self.groups.given.items()),
        ]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]

    @property
    def is_empty(self) -> bool:
        return not self.contacts.given and not self.groups.given

    def of(self, employee: int) -> list[int]:
        """The identities that go to this one."""
        return [pk for pk, to in self.contacts.given.items() if to == employee]

    def groups_for(self, employee: int) -> list[int]:
        return [pk for pk, to in self.groups.given.items() if to == employee]


def look(wish: Wish, *, by: User | None, at: datetime) -> Preview:
    """Who would get whom; nothing is written or sent."""
    takers = checked(wish, by=by)
    loads = loads_of(takers)
    waiting = dict(contacts_of(wish.giver).values_list("identity", "identity__contact"))
    often = set() if wish.giver.has_left else too_often(waiting.keys(), at=at)
    refused = refused_too_often(waiting.keys() - often, at=at)
    free = {pk: of for pk, of in waiting.items() if pk not in often | refused}
    things = people(
        free,
        takers=takers.keys(),
        with_tags=wish.rule == Rule.TAG,
        by_worth=wish.rule == Rule.WORTH,
    )
    near = wish.giver.main_department_id
    chosen = [
        Taker(
            employee=each.employee,
            has=loads[each.employee],
            most=each.most,
            is_near=near is not None
            and takers[each.employee].main_department_id == near,
            tags=frozenset(each.tags),
        )
        for each in wish.takers
    ]
    groups, groups_often = Split(), set()
    if wish.with_groups:
        owned = list(groups_of(wish.giver).values_list("pk", flat=True))
        if not wish.giver.has_left:
            groups_often = groups_too_often(owned, at=at)
        waits = [pk for pk in owned if pk not in groups_often]
        dealt = [Taker(employee=taker.employee) for taker in chosen]
        groups = split(chats(waits, takers=takers.keys()), dealt, rule=Rule.EVEN)
    contacts = split(things, chosen, rule=wish.rule)
    knows = {thing.number: thing.knows for thing in things}
    return Preview(
        wish=wish,
        takers=takers,
        loads=loads,
        contacts=contacts,
        groups=groups,
        contact_of=waiting,
        friends={pk for pk, to in contacts.given.items() if to in knows[pk]},
        too_often=often,
        refused=refused,
        groups_too_often=groups_often,
    )


def checked(wish: Wish, *, by: User | None) -> dict[int, Employee]:
    """Those who take over, each able to."""
    if by is not None and not is_in_reach(wish.giver, by):
        raise OutOfReach
    asked = [each.employee for each in wish.takers]
    if not asked or len(asked) > MOST_TAKERS or len(set(asked)) != len(asked):
        raise NoTakers
    found = Employee.objects.in_bulk(asked)
    able = able_to_take(found.values())
    if set(asked) - able or wish.giver.pk in able & set(asked):
        raise CannotTake
    if by is not None and not all(is_in_reach(each, by) for each in found.values()):
        raise OutOfReach
    return found


def able_to_take(employees: Any) -> set[int]:
    return {
        each.pk
        for each in employees
        if each.serves and each.status == Employee.Status.ACTIVE and not each.has_left
    }


@transaction.atomic
def begin(wish: Wish, *, mark: str, by: User | None, at: datetime) -> Handover:
    """What the preview showed is written down, and the first of it asked of WeCom."""
    take_turns(f"handover:{wish.giver.pk}")
    seen = look(wish, by=by, at=at)
    if seen.is_empty:
        raise NothingWaits
    if seen.mark != mark:
        raise ChangedSince
    made = Handover.objects.create(
        giver=wish.giver,
        giver_name=str(wish.giver),
        rule=wish.rule,
        plan=wish.plan,
        message=" ".join(wish.message.replace("\x00", "").split())[:LONGEST_MESSAGE],
        second_choice=wish.second_choice,
        made_by=by,
        made_at=at,
    )
    about = {"handover": made, "giver": wish.giver, "due_at": at}
    offers = [
        Offer(**about, taker_id=to, taker_name=str(seen.takers[to]), **{key: pk})
        for key, dealt in (
            ("identity_id", seen.contacts.given),
            ("group_id", seen.groups.given),
        )
        for pk, to in sorted(dealt.items(), key=lambda pair: (pair[1], pair[0]))
    ]
    try:
        with transaction.atomic():
            Offer.objects.bulk_create(offers, batch_size=2_000)
    except IntegrityError as error:
        raise ChangedSince from error
    note(
        deed="handed_over",
        by=by,
        at=at,
        about=made,
        after={
            "giver": str(wish.giver),
            "rule": wish.rule,
            "contacts": len(seen.contacts.given),
            "groups": len(seen.groups.given),
            "takers": [str(each) for each in seen.takers.values()],
        },
    )
    send_next(giver=wish.giver, at=at)
    return made


@transaction.atomic
def stop(*, handover: Handover, by: User | None, at: datetime) -> int:
    """What WeCom has not been told yet is taken back. Answers how many."""
    take_turns(f"handover:{handover.giver_id}")
    asked = handover.offers.filter(state=State.ASKED)
    commands = asked.values_list("command_id", flat=True).distinct()
    gone = withdraw([pk for pk in commands if pk], at=at, failed=True)
    mine = handover.offers.filter(state=State.QUEUED)
    many = mine.update(state=State.STOPPED, ended_at=at)
    unsent = asked.filter(command_id__in=gone)
    many += unsent.update(state=State.STOPPED, ended_at=at)
    if many:
        note(
            deed="handover_stopped", by=by, at=at, about=handover, after={"many": many}
        )
    send_next(giver=handover.giver, at=at)
    return many


def counts_of(handovers: list[Handover]) -> dict[int, Counter[tuple[bool, str]]]:
    """Of each: how many contacts (True) and groups (False) are in each state, and
    `all` of them, whoever was offered again once."""
    found: dict[int, Counter[tuple[bool, str]]] = defaultdict(Counter)
    rows = Offer.objects.filter(handover__in=handovers).order_by()
    counted = rows.values("handover", "state").annotate(
        many=Count("pk"),
        people=Count("identity"),
        first=Count("pk", filter=Q(attempt=1)),
        first_people=Count("identity", filter=Q(attempt=1)),
    )
    for row in counted:
        count = found[row["handover"]]
        count[True, row["state"]] = row["people"]
        count[False, row["state"]] = row["many"] - row["people"]
        count[True, "all"] += row["first_people"]
        count[False, "all"] += row["first"] - row["first_people"]
    return found
