"""Who is given the next contact, and why: one decision, taken and told by one function.

Of the plan's people those are passed over who left, are not active, may not have
customers, are paused, are off duty, or have reached a cap. If nobody remains, or the
code's own cap is reached, the backups take over. Of those who remain:

    in turn      whoever has waited longest since their last turn
    weighted     whoever is owed most: at each turn everybody there is owed their
                 weight, and whoever took it has paid for all of them
    least busy   whoever was given fewest today, by all codes together
    random       any of them: all stand in the code, and WeCom picks

Whatever the way, WeCom holds only those who may be given the next one. `decide` reads
nothing: it is the same for the next minute, for a preview and for a simulation.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from apps.channels.duty import is_on_duty, slots_at
from apps.channels.plan import Person, Plan, Rotation

ACTIVE = 1  # Employee.Status
UNREAD = 0


class Why(StrEnum):
    """How somebody stands to the next turn."""

    NEXT = "next"
    WAITS = "waits"
    RESERVE = "reserve"  # a backup who is not needed
    OFF_DUTY = "off_duty"
    DAY_FULL = "day_full"
    FULL = "full"
    CODE_FULL = "code_full"
    PAUSED = "paused"
    LEFT = "left"
    INACTIVE = "inactive"
    NO_RIGHT = "no_right"
    BARRED = "barred"  # WeCom refuses them


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """What is known of an employee: may they be given anybody at all?"""

    number: int
    account: str
    name: str
    status: int = ACTIVE
    serves: bool = True
    has_left: bool = False


@dataclass(frozen=True, kw_only=True)
class Count:
    """What an employee was given by this code; `busy`: today, by all codes."""

    today: int = 0
    given: int = 0
    number: int = 0
    credit: int = 0
    busy: int = 0


NOTHING = Count()


@dataclass(frozen=True, kw_only=True)
class Standing:
    person: Person
    colleague: Colleague
    count: Count
    why: Why


@dataclass(frozen=True, kw_only=True)
class Choice:
    """`pool` are those among whom the turn goes round, `users` those whom WeCom is to
    hold. Both are empty if nobody may be given."""

    standings: list[Standing] = field(default_factory=list)
    pool: tuple[Person, ...] = ()
    users: tuple[str, ...] = ()
    by_backups: bool = False
    is_full: bool = False  # the code's own cap

    @property
    def next(self) -> list[Standing]:
        return [standing for standing in self.standings if standing.why == Why.NEXT]


def decide(
    plan: Plan,
    people: Iterable[Person],
    *,
    colleagues: Mapping[int, Colleague],
    counts: Mapping[int, Count],
    barred: Iterable[int] = (),
    at: datetime,
) -> Choice:
    """`people` are the plan's, with those of its departments; their order counts."""
    people = [person for person in people if person.employee in colleagues]
    slots, shut = slots_at(plan, at), set(barred)
    is_full = code_is_full(plan, counts)

    def held_up(person: Person) -> Why | None:
        colleague = colleagues[person.employee]
        count = counts.get(person.employee, NOTHING)
        if colleague.has_left:
            return Why.LEFT
        if colleague.status not in (ACTIVE, UNREAD):
            return Why.INACTIVE
        if not colleague.serves:
            return Why.NO_RIGHT
        if person.employee in shut:
            return Why.BARRED
        if person.is_off:
            return Why.PAUSED
        if not person.is_backup and not is_on_duty(slots, person.employee):
            return Why.OFF_DUTY
        if person.total_cap is not None and count.given >= person.total_cap:
            return Why.FULL
        daily = person.daily_cap or plan.each_daily_cap
        if daily is not None and count.today >= daily:
            return Why.DAY_FULL
        return Why.CODE_FULL if is_full and not person.is_backup else None

    why = {person.employee: held_up(person) for person in people}
    free = [person for person in people if why[person.employee] is None]
    pool = [person for person in free if not person.is_backup]
    by_backups = not pool
    pool = pool or free
    chosen = {
        person.employee
        for person in (
            pool
            if plan.rotation == Rotation.RANDOM
            else first_of(plan.rotation, pool, counts)
        )
    }
    standings = []
    for person in people:
        stands = why[person.employee]
        if stands is None:
            waits = Why.WAITS if person in pool else Why.RESERVE
            stands = Why.NEXT if person.employee in chosen else waits
        standings.append(
            Standing(
                person=person,
                colleague=colleagues[person.employee],
                count=counts.get(person.employee, NOTHING),
                why=stands,
            )
        )
    users = sorted(colleagues[number].account for number in chosen)
    return Choice(
        standings=standings,
        pool=tuple(pool),
        users=tuple(users),
        by_backups=by_backups and bool(pool),
        is_full=is_full,
    )


def code_is_full(plan: Plan, counts: Mapping[int, Count]) -> bool:
    today = sum(count.today for count in counts.values())
    given = sum(count.given for count in counts.values())
    over_day = plan.daily_cap is not None and today >= plan.daily_cap
    return over_day or (plan.total_cap is not None and given >= plan.total_cap)


def first_of(
    rotation: Rotation, pool: list[Person], counts: Mapping[int, Count]
) -> list[Person]:
    """Whose turn it is; who never had one comes first, in the plan's order."""

    def rank(person: Person) -> tuple[int, int]:
        count = counts.get(person.employee, NOTHING)
        if rotation == Rotation.WEIGHTED:
            return -(count.credit + person.weight), count.number
        if rotation == Rotation.LEAST_BUSY:
            return count.busy, count.number
        return count.number, 0

    return [min(pool, key=rank)] if pool else []


def owed_after(
    pool: Iterable[Person], *, taken_by: int, counts: Mapping[int, Count]
) -> dict[int, int]:
    """What the weights owe each after somebody took a turn."""
    weights = {person.employee: person.weight for person in pool}
    owed = {
        employee: counts.get(employee, NOTHING).credit + weight
        for employee, weight in weights.items()
    }
    before = owed.get(taken_by, counts.get(taken_by, NOTHING).credit)
    owed[taken_by] = before - sum(weights.values())
    return owed
