"""How a table of orders is walked through: which rows go together, and who is meant.

The rows of an order that begins in one part and goes on in the next are done together,
with the part in which it begins. One wrong line makes the whole order wrong. Whose
order it is, is found as in a table of contacts.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext

from apps.contacts import bring
from apps.contacts.bring import Meant
from apps.contacts.recognise import Person
from apps.imports.models import ImportPart, Pass, sealed
from apps.imports.order_rows import OrderReading, UnderstoodOrder
from apps.imports.passes import WRONG, Found, Walk
from apps.orders.keep import known_orders
from apps.orders.models import Order
from apps.orders.record import ToldOrder, of_nobody

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
