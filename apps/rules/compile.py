"""The compiler: a tree becomes set algebra over its fields' sets.

"Is she in?" is the same algebra over the same atoms, each narrowed to one contact.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from pyroaring import BitMap

from apps.common.errors import Refused
from apps.contacts.models import Contact
from apps.rules import bitmaps
from apps.rules.algebra import AllOf, AnyOf, Atom, Expr, Not, atoms
from apps.rules.facts import put_together
from apps.rules.tree import Leaf, Node
from apps.staff.models import User

EVERYBODY = Atom.of(
    "SELECT row.id AS contact_id FROM contacts_contact AS row "
    "WHERE row.merged_into_id IS NULL /*who*/",
    {},
    contact="row.id",
    topic="contact",
)
# Seen by an index of its own: a person's reach, never kept.
SEEN = """
SELECT row.id AS contact_id FROM contacts_contact AS row
WHERE (row.owner_id = ANY(%(reach)s) OR row.served_by && %(reach)s::bigint[]) /*who*/
"""
SET = "SELECT set_config('statement_timeout', %s, true)"
SET_ALONE = f"{SET}, set_config('synchronous_commit', 'off', true)"
PATIENCE = timedelta(seconds=5)  # of somebody who waits for a number
DEAREST = 3_000_000  # of the planner's units, for somebody who waits


class TooDear(Refused):
    """This takes too long to count while you wait; narrow it by a tag or fewer days."""

    code = "rule_too_dear"


@dataclass(frozen=True)
class Found:
    """Whom a rule describes, and as of when."""

    members: BitMap
    at: datetime

    @property
    def many(self) -> int:
        return len(self.members)

    def newest(self, many: int) -> list[int]:
        """Those who came last."""
        size = len(self.members)
        return [self.members[size - 1 - n] for n in range(min(many, size))]


def compiled(node: Node, *, today: date, shares: bool = True) -> Expr:
    """The rule as an expression over atoms; what is relative counts from `today`. Sets
    that it `shares` with other rules are smaller, and more."""
    if isinstance(node, AllOf | AnyOf):
        parts = [compiled(part, today=today, shares=shares) for part in node.parts]
        if isinstance(node, AllOf):
            parts = put_together(parts)
        return type(node)(tuple(parts))
    if isinstance(node, Not):
        return Not(compiled(node.part, today=today, shares=shares))
    assert isinstance(node, Leaf)
    field = node.field
    return field.expr(node.op, node.value, node.options, today=today, shares=shares)


def found_by(node: Node, *, at: datetime, fresh: bool = False) -> Found:
    """All whom the rule describes. `fresh` believes nothing that is kept."""
    expr = compiled(node, today=day_of(at))
    wanted = [EVERYBODY, *atoms(expr)]
    sets = bitmaps.fresh(wanted) if fresh else bitmaps.sets_of(wanted)
    return Found(members_of(expr, sets), at)


def seen_by(user: User, node: Node, *, at: datetime) -> Found:
    """Those of them whom this person may see; refused where it would take long."""
    if not user.has_perm("contacts.view_contact"):
        return Found(BitMap(), at)
    expr = compiled(node, today=day_of(at))
    wanted = [EVERYBODY, *atoms(expr)]
    if user.reach is not None:
        reach = sorted(user.reach)
        seen = Atom.of(SEEN, {"reach": reach}, contact="row.id")
        wanted.append(seen)
        expr = AllOf((expr, seen))
    with patience(PATIENCE):
        sets = bitmaps.sets_of(wanted, before=refuse_what_is_dear)
        return Found(members_of(expr, sets), at)


def describes(node: Node, contact_id: int, *, at: datetime) -> bool:
    """Is this contact one of them?"""
    expr = compiled(node, today=day_of(at), shares=False)
    holds = bitmaps.is_in([EVERYBODY, *atoms(expr)], contact_id)
    return holds[EVERYBODY.name] and is_true(expr, holds)


def members_of(expr: Expr, sets: Mapping[str, BitMap]) -> BitMap:
    """Nobody who was merged away or erased, whatever a set says."""
    everybody = sets[EVERYBODY.name]
    return worked_out(expr, sets, everybody) & everybody


def worked_out(expr: Expr, sets: Mapping[str, BitMap], everybody: BitMap) -> BitMap:
    match expr:
        case AllOf(parts):
            kept = [p for p in parts if not isinstance(p, Not)]
            taken = [p.part for p in parts if isinstance(p, Not)]
            found = everybody
            for part in kept:
                found = found & worked_out(part, sets, everybody)
            for part in taken:
                found = found - worked_out(part, sets, everybody)
            return found
        case AnyOf(parts):
            each = [worked_out(part, sets, everybody) for part in parts]
            return BitMap.union(BitMap(), *each)
        case Not(part):
            return everybody - worked_out(part, sets, everybody)
        case _:
            return sets[expr.name]


def is_true(expr: Expr, holds: Mapping[str, bool]) -> bool:
    match expr:
        case AllOf(parts):
            return all(is_true(part, holds) for part in parts)
        case AnyOf(parts):
            return any(is_true(part, holds) for part in parts)
        case Not(part):
            return not is_true(part, holds)
        case _:
            return holds[expr.name]


def contacts_in(members: BitMap | list[int]) -> Any:
    """Rows of these, the newest numbers first."""
    rows = Contact.objects.current().filter(pk__in=list(members))
    return (
        rows.select_related("owner")
        .defer("spelling", "grams", "avatar")
        .order_by("-pk")
    )


def day_of(at: datetime) -> date:
    return timezone.localdate(at)


# --- what would take too long ---------------------------------------------------------


def refuse_what_is_dear(not_kept: list[Atom]) -> None:
    """Before it runs, by the planner's estimate."""
    for atom in not_kept:
        if atom == EVERYBODY or atom.shortcut:
            continue
        sql, parameters = atom.statement("a_")
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", parameters)
            plan = cursor.fetchone()[0]
        if plan[0]["Plan"]["Total Cost"] > DEAREST:
            raise TooDear


@contextmanager
def patience(limit: timedelta) -> Iterator[None]:
    """The database breaks off what takes longer. All that may be written meanwhile are
    kept sets, which nobody misses after a crash: no disk is waited for."""
    is_alone = not connection.in_atomic_block
    milliseconds = int(limit.total_seconds() * 1_000)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if is_alone:
                cursor.execute(SET_ALONE, [str(milliseconds)])
                yield
                return
            cursor.execute("SELECT current_setting('statement_timeout')")
            before = cursor.fetchone()[0]
            cursor.execute(SET, [str(milliseconds)])
            yield
            cursor.execute(SET, [before])
    except OperationalError as error:
        raise TooDear from error
