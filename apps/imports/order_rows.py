"""Rows of a table of orders, understood: the rows of an order stand below each other.

What is said of the order (who, when, how much) is said in its first row, and not
otherwise in the next. Amounts are written in yuan. Without a column for numbers each
row is an order of its own, known by its file and its line: rows that are the same to
the letter are as many purchases, and the same file brought again changes nothing. An
order of which the table says no state has been paid.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from apps.contacts.bring import Brought
from apps.contacts.guesses import GuessesOfATable
from apps.contacts.identities import Id
from apps.contacts.models import Identity
from apps.contacts.reading_values import plain
from apps.imports.cells import LONGEST_ID, Wrong, fen, id_of, moment, whole
from apps.imports.meanings import ID_KINDS, OTHER
from apps.imports.models import Import
from apps.imports.understand import no_guess
from apps.orders.models import Order
from apps.orders.state import Line, State, digest_of

Status = Order.Status

# A word of a state, and the milestone it says was reached.
STATES = {
    "待付款 未付款 已下单 等待买家付款 placed": Status.PLACED,
    "已付款 已支付 待发货 付款成功 支付成功 等待卖家发货 paid": Status.PAID,
    "已发货 待收货 部分发货 运输中 等待买家确认收货 shipped": Status.SHIPPED,
    "已收货 已签收 已完成 完成 交易成功 交易完成 received": Status.RECEIVED,
    "已退款 退款成功 全额退款 refunded": Status.REFUNDED,
}
STATE_OF = {word: status for words, status in STATES.items() for word in words.split()}
MOST_LINES = 500
SAID_ONCE = ("customer", "phone", "email", "external", "union", "name", "placed_at")


@dataclass(kw_only=True)
class UnderstoodOrder:
    """The rows of an order; `why` if it cannot be understood."""

    numbers: list[int]  # of its rows
    number: str = ""
    brought: Brought | None = None
    state: State | None = None
    lines: tuple[Line, ...] = ()
    why: str = ""
    at: int = 0  # the row that is wrong


class OrderReading:
    """The columns of an import of orders, to read many rows by them."""

    def __init__(self, of: Import) -> None:
        self.meanings, self.system = of.meanings, of.system
        self.guesses = GuessesOfATable()
        self.file = bytes(of.digest).hex()[:12]
        meant = set(filter(None, of.meanings))
        self.numbered = "number" in meant
        self.says_states = bool(
            meant & {"status", "paid_at", "shipped_at", "received_at", "refunded_at"}
        )

    def told(self, cells: Sequence[str]) -> dict[str, str]:
        return {
            meaning: cell
            for meaning, cell in zip(self.meanings, cells, strict=False)
            if meaning and cell
        }

    def number_in(self, row: Sequence[Any]) -> str:
        """By which its rows are known to belong together."""
        number, cells = row
        if not self.numbered:
            return f"{self.file}-{number}"
        return plain(cells[self.meanings.index("number")])[:65]

    def orders(self, rows: Sequence[Sequence[Any]]) -> list[UnderstoodOrder]:
        """Rows that follow each other and have one number are one order."""
        return [
            self.order(number, list(group))
            for number, group in groupby(rows, key=self.number_in)
        ]

    def order(self, number: str, rows: list[Sequence[Any]]) -> UnderstoodOrder:
        found = UnderstoodOrder(numbers=[row[0] for row in rows], number=number)
        found.at = rows[0][0]
        try:
            if not number:
                raise Wrong(gettext("The order has no number."))
            if len(number) > 64:
                raise Wrong(gettext("The number of the order is too long."))
            if len(rows) > MOST_LINES:
                raise Wrong(gettext("An order has 500 lines at most."))
            told = [self.told(cells) for _number, cells in rows]
            lines = []
            for row, cells in zip(rows, told, strict=True):
                found.at = row[0]
                self.agree(told[0], cells)
                lines.append(self.line(cells))
            found.at = rows[0][0]
            self.fill(found, told[0], lines)
        except Wrong as wrong:
            found.why = str(wrong)
        return found

    def agree(self, first: Mapping[str, str], cells: Mapping[str, str]) -> None:
        for name in (*SAID_ONCE, "amount", "status"):
            if cells.get(name, first.get(name)) != first.get(name):
                raise Wrong(gettext("Rows of one order say different things of it."))

    def line(self, told: Mapping[str, str]) -> Line:
        quantity = whole(told["quantity"]) if "quantity" in told else 1
        amount = fen(told["line_amount"]) if "line_amount" in told else None
        if amount is None and "price" in told:
            amount = fen(told["price"]) * quantity
        return Line(
            number=plain(told.get("product_number", ""))[:64],
            name=told.get("product_name", "")[:255],
            quantity=quantity,
            amount=-1 if amount is None else amount,
        )

    def fill(
        self, found: UnderstoodOrder, told: Mapping[str, str], lines: list[Line]
    ) -> None:
        amount = fen(told["amount"]) if "amount" in told else None
        known = [line.amount for line in lines if line.amount >= 0]
        if amount is None:
            if len(known) < len(lines):
                raise Wrong(gettext("How much is it? The amount is missing."))
            amount = sum(known)
        if len(lines) == 1 and not known:
            lines = [with_amount(lines[0], amount)]
        found.lines = tuple(with_amount(line, max(0, line.amount)) for line in lines)
        found.state = self.state(told, amount, found.lines)
        found.brought = Brought(
            number=found.numbers[0],
            ids=self.ids(told),
            fields={"name": told["name"][:255]} if "name" in told else {},
        )

    def ids(self, told: Mapping[str, str]) -> list[Id]:
        found = []
        for meaning, written in told.items():
            if meaning in ID_KINDS:
                kept = id_of(ID_KINDS[meaning], written)
                found.append(no_guess(kept, self.guesses))
            elif meaning == "customer" or meaning.startswith(OTHER):
                if len(written) > LONGEST_ID:
                    raise Wrong(gettext("An id is longer than 128 characters."))
                system = meaning.removeprefix(OTHER)
                system = self.system if meaning == "customer" else system
                found.append(Id(Identity.Kind.OTHER, plain(written), system))
        return found

    def state(
        self, told: Mapping[str, str], amount: int, lines: Sequence[Line]
    ) -> State:
        if "placed_at" not in told:
            raise Wrong(gettext("When was it placed? The time is missing."))
        moments: dict[str, Any] = {}
        for status in Status.values:
            if written := told.get(f"{status}_at"):
                moments[f"{status}_at"] = moment(written)
        placed_at = moments["placed_at"]
        reached = state_in(told["status"]) if "status" in told else None
        if not self.says_states:
            reached = Status.PAID
        if reached and f"{reached}_at" not in moments:
            moments[f"{reached}_at"] = max(moments.values())
        back = fen(told["refunded_amount"]) if "refunded_amount" in told else None
        if back is None:
            back = amount if "refunded_at" in moments else 0
        elif back and "refunded_at" not in moments:
            moments["refunded_at"] = max(moments.values())
        if back > amount:
            raise Wrong(gettext("More is given back than was paid."))
        if placed_at > timezone.now() + timedelta(days=1):
            raise Wrong(gettext("The order is placed in the future."))
        return State(
            **moments,
            changed_at=max(moments.values()),
            amount=amount,
            refunded_amount=back,
            discount=fen(told["discount"]) if "discount" in told else 0,
            lines_digest=digest_of(lines),
            shop=told.get("shop", "")[:64],
        )


def with_amount(line: Line, amount: int) -> Line:
    return Line(
        number=line.number, name=line.name, quantity=line.quantity, amount=amount
    )


def state_in(written: str) -> Status:
    found = STATE_OF.get(plain(written).lower())
    if found is None:
        words = {"status": written[:40]}
        raise Wrong(gettext("“%(status)s” is no state of an order.") % words)
    return found
