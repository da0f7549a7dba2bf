"""Contacts with NULLs everywhere, and brute force: what a rule means, in Python.

Nothing of the compiler is used here: each field says how its values are read from the
models, and each operator what it means. Only the reading of JSON is shared.
"""

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from apps.behaviour.models import Behaviour
from apps.contacts.consent import standing_of
from apps.contacts.models import Attribute, AttributeValue, Contact, Follow, Identity
from apps.contacts.rights_models import ConsentRecord, Purpose
from apps.followups.models import Note
from apps.groups.models import Stay
from apps.orders.models import Order, OrderLine, Product
from apps.rules.operators import DENIES, Kind
from apps.rules.shapes import Within
from apps.rules.tree import AllOf, AnyOf, Leaf, Node, Not
from apps.tags.models import Tagging
from tests import make
from tests.conftest import day

NOW = day(20, hour=11)
TODAY = timezone.localdate(NOW)
COUNT = 120


def people(seed: int = 1) -> None:
    """A company small enough for Python, in which anything may be missing."""
    lot = random.Random(seed)
    maybe = lambda value, share=0.7: value if lot.random() < share else None  # noqa: E731

    def moment() -> datetime:
        # midnights too: that is where days are told apart
        at = day(lot.randint(-400, 25), hour=0) + timedelta(
            seconds=lot.choice([0, -1, 1, 40_000])
        )
        return min(at, NOW)

    employees = [make.employee(name) for name in ("林静", "周颖", "王强", "陈晨")]
    tags = [make.tag(name) for name in ("重点", "母婴", "流失", "没人有")]
    chats = [make.group_chat(name) for name in ("健身1群", "健身2群", "空群")]
    products = [
        make.product(name, tags=labels)
        for name, labels in (("乌龙", ["茶"]), ("红茶", ["茶", "热"]), ("杯子", []))
    ]
    attributes = [
        make.attribute(
            f"字段 {kind}", kind, options=["甲", "乙", "丙"], fresh_days=days
        )
        for kind, days in zip(
            Attribute.Type.values, (None, 30, 30, 5, 5, None, 1), strict=True
        )
    ]
    for number in range(COUNT):
        contact = make.contact(
            lot.choice(["张三丰", "Lily%", "zhang_san", "100\\", ""]),
            gender=lot.randint(0, 2),
            kind=lot.randint(0, 2),
            corp_name=maybe("青云 Ltd", 0.3) or "",
            position=maybe("经理", 0.3) or "",
            standing=lot.choice(Contact.Standing.values),
            owner=maybe(lot.choice(employees)),
            added_at=moment(),
        )
        identity = Identity.objects.create(
            contact=contact,
            kind="external",
            value=f"wm-{number}",
            source="callback",
            first_seen_at=moment(),
            last_seen_at=moment(),
        )
        if lot.random() < 0.3:
            Identity.objects.create(
                contact=contact,
                kind="union",
                value=f"u-{number}",
                source="callback",
                first_seen_at=moment(),
                last_seen_at=moment(),
            )
        for employee in lot.sample(employees, lot.randint(0, 3)):
            started = moment()
            ended = maybe(min(started + timedelta(days=lot.randint(0, 30)), NOW), 0.4)
            Follow.objects.create(
                identity=identity,
                employee=employee,
                started_at=started,
                ended_at=ended,
                ended_by=lot.choice([*Follow.EndedBy.values, ""]) if ended else "",
                state=maybe(lot.choice(["shop-A", "shop_b"])) or "",
                add_way=maybe(lot.choice([0, 1, 16, 19])),
            )
        follows = list(Follow.objects.filter(identity=identity))
        for tag in lot.sample(tags[:3], lot.randint(0, 3)):
            on = maybe(lot.choice(follows)) if follows else None
            Tagging.objects.create(contact=contact, tag=tag, follow=on, source="person")
        for chat in lot.sample(chats[:2], lot.randint(0, 2)):
            joined = moment()
            left = maybe(min(joined + timedelta(days=3), NOW), 0.3)
            Stay.objects.create(
                group=chat,
                identity=identity,
                member_id=identity.value,
                joined_at=joined,
                left_at=left,
                left_by=lot.choice(["self", "removed", ""]) if left else "",
            )
        for attribute in attributes:
            if lot.random() < 0.6:
                AttributeValue.objects.create(
                    contact=contact,
                    attribute=attribute,
                    source="person",
                    at=moment(),
                    **value_of(attribute, lot),
                )
        for _order in range(lot.choice([0, 0, 1, 2, 4])):
            paid = maybe(moment(), 0.8)
            amount = lot.choice([0, 100, 50_000, 50_001])
            refunded = maybe(lot.randint(0, amount), 0.2) or 0
            order = Order.objects.create(
                system="youzan",
                number=f"{number}-{_order}",
                contact=contact,
                channel=lot.choice(Order.Channel.values),
                status="placed" if paid is None else lot.choice(["paid", "refunded"]),
                amount=amount,
                refunded_amount=refunded,
                placed_at=paid or moment(),
                paid_at=paid,
                refunded_at=maybe(moment(), 0.2),
                changed_at=NOW,
                lines_digest=b"",
            )
            for position, product in enumerate(lot.sample(products, lot.randint(0, 2))):
                order.lines.create(
                    position=position,
                    product=maybe(product, 0.9),
                    quantity=1,
                    amount=1,
                )
        for purpose in lot.sample(Purpose.values, lot.randint(0, 2)):
            for given in lot.choice([[True], [False], [True, False], [False, True]]):
                ConsentRecord.objects.create(
                    contact=contact,
                    said_for=[contact.pk],
                    purpose=purpose,
                    given=given,
                    channel="chat",
                    at=moment(),
                    source="person",
                    recorded_at=NOW,
                )
        for _seen in range(lot.choice([0, 0, 1, 3])):
            make_behaviour(contact, lot.choice(["viewed", "opened"]), moment())
        for _note in range(lot.choice([0, 0, 1, 2])):
            make.note(contact, written_at=moment())
    merged = Contact.objects.order_by("pk")[:5]
    for loser in merged:  # whatever hangs on them, they are nobody any more
        Contact.objects.filter(pk=loser.pk).update(merged_into=Contact.objects.last())


def make_behaviour(contact: Contact, kind: str, at: datetime) -> Behaviour:
    return Behaviour.objects.create(
        system="youzan",
        number=f"b{next(make.number)}",
        contact=contact,
        kind=kind,
        at=at,
    )


def value_of(attribute: Attribute, lot: random.Random) -> dict[str, Any]:
    options = list(attribute.options.values_list("pk", flat=True))
    match attribute.type:
        case "text":
            return {"text": lot.choice(["教师", "Tea_cher%", "x"])}
        case "number":
            return {"number": lot.choice([0, -1, Decimal("2.5"), 30])}
        case "date":
            return {"day": lot.choice([*DAYS, date(1990, 2, 28), date(1992, 2, 29)])}
        case "choice":
            return {"choice_id": lot.choice(options[:2])}
        case "choices":
            return {"choices": lot.sample(options, lot.randint(0, 3))}
        case "yes_no":
            return {"yes": lot.random() < 0.5}
    return {"fen": lot.choice([0, 100, 123_456])}


DAYS = [TODAY + timedelta(days=n) for n in (-400, -31, -30, -7, -1, 0, 1, 7, 30)]

# --- what the fields mean -------------------------------------------------------------


class World:
    """Everything, read once."""

    def __init__(self) -> None:
        self.contacts = {c.pk: c for c in Contact.objects.filter(merged_into=None)}
        who = dict(Identity.objects.values_list("pk", "contact_id"))
        self.identities = by_contact(Identity.objects.all())
        self.follows = by_contact(Follow.objects.all(), who)
        self.stays = by_contact(Stay.objects.all(), who)
        self.taggings = by_contact(Tagging.objects.all())
        self.orders = by_contact(Order.objects.all())
        self.behaviours = by_contact(Behaviour.objects.all())
        self.notes = by_contact(Note.objects.all())
        self.values = by_contact(AttributeValue.objects.select_related("attribute"))
        self.consents = standing_of(self.contacts)
        self.products = {p.pk: p for p in Product.objects.all()}
        self.bought: dict[int, set[int]] = defaultdict(set)
        for line in OrderLine.objects.filter(product__isnull=False):
            self.bought[line.order_id].add(line.product_id)

    def rows(self, name: str, who: int, options: dict[str, Any]) -> list[Any]:
        """The values, or the rows that are counted, of one contact."""
        contact = self.contacts[who]
        follows = [
            f
            for f in self.follows[who]
            if "employee" not in options or f.employee_id in options["employee"]
        ]
        stays = [
            s
            for s in self.stays[who]
            if "chat" not in options or s.group_id in options["chat"]
        ]
        orders = self.orders[who]
        paid = [o for o in orders if self.counts(o, options)]
        seen = [
            b
            for b in self.behaviours[who]
            if ("event" not in options or b.kind == options["event"])
            and inside(b.at, options)
        ]
        noted = [n for n in self.notes[who] if inside(n.written_at, options)]
        ids = self.identities[who]
        consents = self.consents[who]
        open = [f for f in follows if f.ended_at is None]
        net = [o.amount - o.refunded_amount for o in paid]
        if name.startswith("attribute."):
            return [
                v for v in self.values[who] if name == f"attribute.{v.attribute_id}"
            ]
        found: dict[str, Callable[[], list[Any]]] = {
            "standing": lambda: [contact.standing],
            "owner": lambda: [contact.owner_id],
            "added_at": lambda: [contact.added_at],
            "name": lambda: [contact.name or None],
            "gender": lambda: [contact.gender],
            "kind": lambda: [contact.kind],
            "company": lambda: [contact.corp_name or None],
            "position": lambda: [contact.position or None],
            "identities": lambda: [i.kind for i in ids],
            "last_seen": lambda: [max(i.last_seen_at for i in ids)],
            "followed_by": lambda: [f.employee_id for f in open],
            "follows": lambda: [len(open)],
            "add_way": lambda: [f.add_way for f in follows],
            "channel_state": lambda: [f.state or None for f in follows],
            "followed_since": lambda: [f.started_at for f in open],
            "follow_ended": lambda: [f.ended_at for f in follows],
            "ended_by": lambda: [f.ended_by or None for f in follows],
            "tags": lambda: [t.tag_id for t in self.taggings[who]],
            "in_groups": lambda: [s.group_id for s in stays if not s.left_at],
            "groups": lambda: [sum(not s.left_at for s in stays)],
            "joined_group": lambda: latest(s.joined_at for s in stays),
            "left_group": lambda: latest(s.left_at for s in stays if s.left_at),
            "left_group_by": lambda: [s.left_by or None for s in stays],
            "order_count": lambda: [len(paid)],
            "order_sum": lambda: [sum(net)],
            "order_average": lambda: [Decimal(sum(net)) / len(net)] if net else [],
            "last_order": lambda: latest(o.paid_at for o in paid),
            "first_order": lambda: [min(o.paid_at for o in paid)] if paid else [],
            "refunded_at": lambda: [o.refunded_at for o in orders],
            "unpaid_since": lambda: [
                o.placed_at for o in orders if o.status == "placed"
            ],
            "refuses": lambda: [p for p, said in consents.items() if not said.given],
            "agrees": lambda: [p for p, said in consents.items() if said.given],
            "event_count": lambda: [len(seen)],
            "last_event": lambda: latest(b.at for b in seen),
            "note_count": lambda: [len(noted)],
            "last_note": lambda: latest(n.written_at for n in noted),
        }
        return found[name]()

    def counts(self, order: Order, options: dict[str, Any]) -> bool:
        mine = self.bought[order.pk]
        tags = {t for pk in mine for t in self.products[pk].tags}
        return (
            order.paid_at is not None
            and order.status != "refunded"
            and inside(order.paid_at, options)
            and ("product" not in options or bool(mine & set(options["product"])))
            and ("product_tag" not in options or options["product_tag"] in tags)
            and ("channel" not in options or order.channel in options["channel"])
        )


def by_contact(rows: Any, who: dict[int, int] | None = None) -> dict[int, list[Any]]:
    """Rows by the contact that they are of, if need be by way of an identity."""
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[who[row.identity_id] if who else row.contact_id].append(row)
    return found


def latest(moments: Any) -> list[datetime]:
    found = [*moments]
    return [max(found)] if found else []


def inside(at: datetime, options: dict[str, Any]) -> bool:
    within: Within | None = options.get("within")
    if within is None:
        return True
    on = timezone.localdate(at)
    if within.days is not None:
        return on > TODAY - timedelta(days=within.days)
    return (within.first or on) <= on <= (within.last or on)


# --- what rules mean ------------------------------------------------------------------


def means(node: Node, who: int, world: World) -> bool:
    match node:
        case AllOf(parts):
            return all(means(part, who, world) for part in parts)
        case AnyOf(parts):
            return any(means(part, who, world) for part in parts)
        case Not(part):
            return not means(part, who, world)
        case Leaf():
            return leaf_holds(node, who, world)


def leaf_holds(leaf: Leaf, who: int, world: World) -> bool:
    if leaf.op in DENIES:
        denied = Leaf(leaf.field, DENIES[leaf.op], leaf.value, leaf.options)
        return not leaf_holds(denied, who, world)
    name = leaf.field.name
    if name in ("owner_department", "followed_by_department"):
        return False  # nobody here works in a department
    values = world.rows(name, who, dict(leaf.options))
    if name.startswith("attribute."):
        if leaf.op == "stale":
            fresh = ((v, timedelta(days=v.attribute.fresh_days)) for v in values)
            return any(timezone.localdate(v.at) < TODAY - days for v, days in fresh)
        values = [plain for v in values for plain in plain_values(v)]
    values = [value for value in values if value is not None]
    if leaf.op == "all":
        return set(leaf.value) <= set(values)
    return any(holds(leaf.field.kind, leaf.op, leaf.value, each) for each in values)


def plain_values(value: AttributeValue) -> list[Any]:
    if value.choices is not None:
        return list(value.choices)
    for plain in (value.number, value.day, value.choice_id, value.yes, value.fen):
        if plain is not None:
            return [plain]
    return [value.text or None]


def holds(kind: Kind, op: str, said: Any, value: Any) -> bool:
    if isinstance(value, datetime):
        value = timezone.localdate(value)
    match op:
        case "known":
            return True
        case "is" | "eq" | "yes_no":
            return bool(value == said)
        case "contains":
            return said.lower() in value.lower()
        case "starts":
            return value.lower().startswith(said.lower())
        case "at_least":
            return bool(value >= said)
        case "at_most":
            return bool(value <= said)
        case "between" | "dates":
            return bool(said[0] <= value <= said[1])
        case "any":
            return value in said
        case "since":
            return bool(value >= said)
        case "until":
            return bool(value <= said)
        case "last_days":
            return TODAY - timedelta(days=said) < value <= TODAY
        case "longer_ago":
            return bool(value <= TODAY - timedelta(days=said))
        case "next_days":
            return TODAY <= value < TODAY + timedelta(days=said)
        case "anniversary":
            return any(
                celebrated(value, on=TODAY + timedelta(days=n))
                for n in range(min(said, 366))
            )
    raise AssertionError(op)


def celebrated(born: date, *, on: date) -> bool:
    try:
        return born.replace(year=on.year) == on
    except ValueError:  # the 29th of February, in a year that has none
        return (on.month, on.day) == (2, 28)
