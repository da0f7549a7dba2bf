"""The passes over a table of orders: what it would do, doing it, taking it back.

Whoever bought and is unknown becomes a contact, and goes with the orders when they are
taken back; but not who has come to more meanwhile.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext

from apps.audit.note import Note, note_all
from apps.contacts import bring
from apps.contacts.bring import Meant, key_of
from apps.contacts.models import Contact
from apps.contacts.take_back import let_go
from apps.events.event import KINDS
from apps.imports.models import Import, ImportPart, Pass, sealed
from apps.imports.order_rows import UnderstoodOrder
from apps.imports.order_walk import OrderWalk, told_of, wrong
from apps.imports.passes import (
    CHANGED,
    DUPLICATE,
    NEW,
    SAME,
    SOURCE,
    Walk,
    left_out,
)
from apps.orders.keep import known_orders
from apps.orders.models import Order
from apps.orders.record import (
    Outcome,
    Recorded,
    folded,
    record_orders,
)
from apps.orders.take_back import journal_of, take_orders_back, with_lines

WORDS = {Outcome.CREATED: NEW, Outcome.UPDATED: CHANGED, Outcome.UNCHANGED: SAME}


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
