"""The passes over a table of orders: what it would do, doing it, taking it back.

The rows of an order that begins in one part and goes on in the next are done together,
with the part in which it begins. One wrong line makes the whole order wrong. Whose
order it is, is found as in a table of contacts; who is unknown becomes a contact.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext

from apps.audit.note import Note, note_all
from apps.contacts import bring
from apps.contacts.bring import Meant, key_of
from apps.contacts.models import Contact
from apps.contacts.recognise import Person
from apps.contacts.take_back import let_go
from apps.events.event import KINDS
from apps.imports.models import Import, ImportPart, Pass, sealed
from apps.imports.order_rows import OrderReading, UnderstoodOrder
from apps.imports.passes import (
    CHANGED,
    DUPLICATE,
    NEW,
    SAME,
    SOURCE,
    WRONG,
    Found,
    Walk,
    left_out,
)
from apps.orders.keep import known_orders
from apps.orders.models import Order
from apps.orders.record import (
    Outcome,
    Recorded,
    ToldOrder,
    folded,
    of_nobody,
    record_orders,
)
from apps.orders.take_back import journal_of, take_orders_back, with_lines

WORDS = {Outcome.CREATED: NEW, Outcome.UPDATED: CHANGED, Outcome.UNCHANGED: SAME}
Row = Sequence[Any]


class OrderWalk(Walk):
    """What the check and the writing have in common."""

    def __init__(self, job: Pass) -> None:
        super().__init__(job)
        self.reading = OrderReading(self.of)

    def rows_of(self, part: ImportPart) -> tuple[int, list[Row]]:
        """How many rows are done with the part before; and those to be done now."""
        rows: list[Row] = list(part.rows)
        if not self.reading.numbered:
            return 0, rows
        done = 0
        if before := self.neighbour(part, -1):
            last = self.reading.number_in(before.rows[-1])
            while done < len(rows) and self.reading.number_in(rows[done]) == last:
                done += 1
        if not (rows := rows[done:]):
            return done, rows
        last, after = self.reading.number_in(rows[-1]), self.neighbour(part, 1)
        while after is not None:
            more = after.rows
            mine = [row for row in more if self.reading.number_in(row) == last]
            together = mine == more[: len(mine)]
            rows += mine if together else []
            goes_on = together and len(mine) == len(more)
            after = self.neighbour(after, 1) if goes_on else None
        return done, rows

    def neighbour(self, part: ImportPart, way: int) -> ImportPart | None:
        return self.of.parts.filter(number=part.number + way).first()

    def understood(
        self, rows: Sequence[Row]
    ) -> tuple[list[UnderstoodOrder], dict[str, Meant]]:
        """The orders; and by number who is meant in those that can be done."""
        orders = self.reading.orders(rows)
        asked = [order for order in orders if order.brought and not order.why]
        people = bring.meant([o.brought for o in asked if o.brought], by=self.of.by)
        meant = {}
        hidden = self.hidden({order.number for order in asked})
        for order, person in zip(asked, people, strict=True):
            if order.number in hidden:
                order.why = gettext("This contact is looked after by somebody else.")
            elif person.why:
                order.why = person.why
            else:
                meant[order.number] = person
        self.pass_over_the_erased([o for o in asked if o.number in meant], meant)
        return orders, meant

    def pass_over_the_erased(
        self, orders: Sequence[UnderstoodOrder], meant: dict[str, Meant]
    ) -> None:
        told = [told_of(order, meant[order.number]) for order in orders]
        known = known_orders(self.of.system, {each.number for each in told})
        over = of_nobody(told, known=known)
        for order in orders:
            if order.number in over:
                order.why = gettext("This person was erased after the order.")
                del meant[order.number]

    def hidden(self, numbers: set[str]) -> set[str]:
        """Orders that are there already, of contacts whom the bringer may not see."""
        there = Order.objects.filter(system=self.of.system, number__in=numbers)
        seen = there.visible_to(self.of.by).values_list("pk", flat=True)
        rows = there.exclude(contact=None).exclude(pk__in=list(seen))
        return set(rows.values_list("number", flat=True))

    def keep_found(self, part: ImportPart, done: int, found: Mapping[int, Row]) -> None:
        """What became of the rows of this part, and of those done with it."""
        now: Found = []
        if done and (before := self.neighbour(part, -1)):
            now = [list(before.found[-1])] * done
        now += [list(found[number]) for number, _cells in part.rows[done:]]
        ImportPart.objects.filter(pk=part.pk).update(found_sealed=sealed(now))


def told_of(order: UnderstoodOrder, meant: Meant) -> ToldOrder:
    assert order.brought is not None and order.state is not None
    return ToldOrder(
        number=order.number,
        person=Person(
            ids=tuple(order.brought.ids),
            name=order.brought.fields.get("name", ""),
            contact_id=meant.contact.pk if meant.contact else None,
        ),
        state=order.state,
        lines=order.lines,
    )


def wrong(order: UnderstoodOrder) -> dict[int, list[str]]:
    """The reason stands with the row that is wrong; the others name it."""
    other = gettext("Row %(number)d of this order is wrong.") % {"number": order.at}
    return {n: [WRONG, order.why if n == order.at else other] for n in order.numbers}


class CheckOrders(OrderWalk):
    def __init__(self, job: Pass) -> None:
        super().__init__(job)
        self.seen: dict[str, int] = {}
        self.people: set[Any] = set()
        self.amount = 0

    def part(self, part: ImportPart) -> None:
        done, rows = self.rows_of(part)
        orders, meant = self.understood(rows)
        right = [o for o in orders if o.number in meant and not o.why]
        told = [told_of(order, meant[order.number]) for order in right]
        before = known_orders(self.of.system, {each.number for each in told})
        _after, outcomes = folded(told, before)
        outcome = {o.number: WORDS[w] for o, w in zip(right, outcomes, strict=True)}
        found: dict[int, list[str]] = {}
        for order in orders:
            if order.number in self.seen:
                words = {"number": self.seen[order.number]}
                why = gettext("This order stands in row %(number)d already.") % words
                found |= {number: [DUPLICATE, why] for number in order.numbers}
            elif order.why:
                found |= wrong(order)
            else:
                found |= {n: [outcome[order.number], ""] for n in order.numbers}
                self.count(order, meant[order.number])
            self.seen.setdefault(order.number, order.numbers[0])
        self.keep_found(part, done, found)

    def count(self, order: UnderstoodOrder, meant: Meant) -> None:
        assert order.state is not None
        self.counts["orders"] += 1
        self.amount += order.state.amount
        known = meant.contact
        self.people.add(known.pk if known else key_of(meant.row.ids[0]))

    def end(self) -> None:
        orders, people = self.counts["orders"], len(self.people)
        self.keep_counts("check", orders=orders, people=people, amount=self.amount)


class WriteOrders(OrderWalk):
    def part(self, part: ImportPart) -> None:
        bring.begin()
        done, rows = self.rows_of(part)
        skipped = left_out(part)
        orders, meant = self.understood([r for r in rows if r[0] not in skipped])
        right = [o for o in orders if o.number in meant and not o.why]
        told = [told_of(order, meant[order.number]) for order in right]
        at, by = self.job.created_at, self.of.by
        before = with_lines(
            known_orders(self.of.system, {each.number for each in told})
        )
        last = Contact.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        recorded = record_orders(
            system=self.of.system, orders=told, source=SOURCE, at=at
        )
        made = {
            kept.contact_id: order
            for order, kept in zip(right, recorded, strict=True)
            if kept.contact_id is not None
            and kept.contact_id > last
            and meant[order.number].is_new
        }
        note_all(self.notes(made, recorded), by=by, at=at)
        found = {
            n: row for order in orders if order.why for n, row in wrong(order).items()
        }
        for order, kept in zip(right, recorded, strict=True):
            found |= {n: [WORDS[kept.outcome], ""] for n in order.numbers}
        journal = {
            "made": sorted(made),
            "people": sorted({kept.contact_id for kept in recorded if kept.contact_id}),
            "amount": sum(each.state.amount for each in told),
            "told": len(told),
            "orders": journal_of(
                before,
                [
                    (kept.order_id, each.state)
                    for each, kept in zip(told, recorded, strict=True)
                    if kept.order_id and kept.outcome != Outcome.UNCHANGED
                ],
            ),
        }
        earlier = dict(
            zip((number for number, _cells in part.rows), part.found, strict=True)
        )
        self.keep_found(part, done, {**earlier, **found})
        ImportPart.objects.filter(pk=part.pk).update(journal_sealed=sealed(journal))

    def notes(
        self, made: Mapping[int, UnderstoodOrder], recorded: Sequence[Recorded]
    ) -> list[Note]:
        """Whom the table made, and how many orders it told of."""
        counts = {
            outcome.value: sum(kept.outcome == outcome for kept in recorded)
            for outcome in Outcome
        }
        notes = [
            Note(
                deed="brought",
                kind="imports.import",
                number=self.of.pk,
                after={"system": self.of.system, **counts},
            )
        ]
        for pk, order in made.items():
            assert order.brought is not None
            after = {
                **order.brought.fields,
                "ids": [i.value for i in order.brought.ids],
            }
            notes.append(
                Note(
                    deed="brought",
                    kind="contacts.contact",
                    number=pk,
                    contact_id=pk,
                    after=after,
                    personal=after.keys(),
                )
            )
        return notes

    def end(self) -> None:
        people: set[int] = set()
        told = amount = made = 0
        for part in self.of.parts.order_by("number").iterator(chunk_size=1):
            journal = part.journal
            people.update(journal.get("people", ()))
            told += journal.get("told", 0)
            amount += journal.get("amount", 0)
            made += len(journal.get("made", ()))
        self.keep_counts(
            "write", orders=told, people=len(people), amount=amount, made=made
        )


class UndoOrders(Walk):
    def part(self, part: ImportPart) -> None:
        journal = part.journal
        if not journal:
            return
        bring.begin()
        at, by = self.job.created_at, self.of.by
        gone, _stay = take_orders_back(
            journal["orders"], system=self.of.system, by=by, at=at
        )
        note_all(
            [
                Note(
                    deed="taken_back",
                    kind="imports.import",
                    number=self.of.pk,
                    after={"orders": len(gone)},
                )
            ],
            by=by,
            at=at,
        )

    def end(self) -> None:
        """Contacts go last: the next part may have told of one of them again."""
        bring.begin()
        at, by = self.job.created_at, self.of.by
        written = self.of.passes.filter(what=Pass.What.WRITE).latest("pk").created_at
        orders = [name for name in KINDS if name.startswith("Order")]
        stayed: list[int] = []
        for part in self.of.parts.order_by("number").iterator(chunk_size=1):
            made = part.journal.get("made", [])
            bought = Order.objects.filter(contact__in=made)
            stay = set(bought.values_list("contact_id", flat=True))
            free = [pk for pk in made if pk not in stay]
            gone = let_go(free, brought_at=written, deaf_to=orders)
            stayed += [pk for pk in made if pk not in gone]
            note_all(
                [
                    Note(
                        deed="taken_back",
                        kind="contacts.contact",
                        number=pk,
                        contact_id=pk,
                    )
                    for pk in sorted(gone)
                ],
                by=by,
                at=at,
            )
            ImportPart.objects.filter(pk=part.pk).update(journal_sealed=b"")
        of = Import.objects.select_for_update().get(pk=self.of.pk)
        of.stayed = stayed
        of.save(update_fields=["stayed"])


ORDER_WALKS: dict[str, type[Walk]] = {
    Pass.What.CHECK: CheckOrders,
    Pass.What.WRITE: WriteOrders,
    Pass.What.UNDO: UndoOrders,
}
