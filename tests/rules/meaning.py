"""Brute force: what a rule means, asked of one contact after the other, in Python.

Nothing of the compiler is used here: each field says how its values are read from the
models, and each operator what it means. Only the reading of JSON is shared.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django.utils import timezone

from apps.assignment.models import Assignment
from apps.behaviour.models import Behaviour
from apps.channels.models import Entry
from apps.contacts.consent import standing_of
from apps.contacts.models import AttributeValue, Contact, Follow, Identity
from apps.followups.models import Lead, Note, Task
from apps.groups.models import Stay
from apps.joins.models import GroupCode
from apps.loyalty.models import Membership
from apps.orders.models import Order, OrderLine, Product
from apps.referrals.models import Credit, Referral
from apps.rules.operators import DENIES
from apps.rules.shapes import Within
from apps.rules.tree import AllOf, AnyOf, Leaf, Node, Not
from apps.scoring.models import Chance, Lifetime, Standing
from apps.segments.models import SegmentContact
from apps.staff.models import Department, Posting
from apps.tags.models import Tagging
from tests.rules.living import RFM, TODAY

Options = dict[str, Any]
on = cache(timezone.localdate)  # the day of a moment


@dataclass
class Bought:
    order: Order
    products: set[int] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)

    @property
    def net(self) -> int:
        return self.order.amount - self.order.refunded_amount


@dataclass
class Life:
    """One contact, and all that is known of them."""

    contact: Contact
    ids: list[Identity] = field(default_factory=list)
    follows: list[Follow] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    taggings: list[Tagging] = field(default_factory=list)
    orders: list[Bought] = field(default_factory=list)
    behaviours: list[Behaviour] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    leads: list[Lead] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    codes: list[tuple[int, Stay]] = field(default_factory=list)  # of groups
    given: Assignment | None = None
    segments: list[int] = field(default_factory=list)
    lifetimes: list[Lifetime] = field(default_factory=list)
    chances: list[Chance] = field(default_factory=list)
    scores: list[Standing] = field(default_factory=list)
    members: list[Membership] = field(default_factory=list)
    brought: int = 0
    came: list[Referral] = field(default_factory=list)
    values: dict[int, AttributeValue] = field(default_factory=dict)
    consents: dict[str, bool] = field(default_factory=dict)


def lives() -> dict[int, Life]:
    """Everybody, read once; nobody who was merged away."""
    found = {c.pk: Life(c) for c in Contact.objects.filter(merged_into=None)}
    nobody = Life(Contact())
    of = defaultdict(lambda: nobody, found)
    who = dict(Identity.objects.values_list("pk", "contact_id"))
    for identity in Identity.objects.all():
        of[identity.contact_id].ids.append(identity)
    for follow in Follow.objects.all():
        of[who[follow.identity_id]].follows.append(follow)
    for entry in Entry.objects.order_by("at", "pk"):  # the first comes first
        of[entry.contact_id].entries.append(entry)
    codes = dict(GroupCode.objects.values_list("state", "pk"))
    for stay in Stay.objects.all():
        life = of[who[stay.identity_id]]
        life.stays.append(stay)
        life.codes += [(codes[stay.state], stay)] if stay.state in codes else []
    for lifetime in Lifetime.objects.all():
        of[lifetime.contact_id].lifetimes.append(lifetime)
    for chance in Chance.objects.all():
        of[chance.contact_id].chances.append(chance)
    for standing in Standing.objects.exclude(grade=""):
        of[standing.contact_id].scores.append(standing)
    for member in Membership.objects.all():
        of[member.contact_id].members.append(member)
    for line in Credit.objects.select_related("invite"):
        of[line.invite.contact_id].brought += line.points
    for referral in Referral.objects.all():
        of[referral.contact_id].came.append(referral)
    for tagging in Tagging.objects.all():
        of[tagging.contact_id].taggings.append(tagging)
    for behaviour in Behaviour.objects.all():
        of[behaviour.contact_id].behaviours.append(behaviour)
    for note in Note.objects.all():
        of[note.contact_id].notes.append(note)
    for lead in Lead.objects.all():
        if lead.closed_at is None and not lead.folded:
            of[lead.contact_id].leads.append(lead)
    for task in Task.objects.all():
        if task.done_at is None:
            of[task.contact_id].tasks.append(task)
    for given in Assignment.objects.filter(until=None):
        of[given.contact_id].given = given
    for member in SegmentContact.objects.all():
        of[member.contact_id].segments.append(member.segment_id)
    for value in AttributeValue.objects.select_related("attribute"):
        of[value.contact_id].values[value.attribute_id] = value
    for contact_id, standing in standing_of(found).items():
        of[contact_id].consents = {p: said.given for p, said in standing.items()}
    bought = {order.pk: Bought(order) for order in Order.objects.all()}
    for each in bought.values():
        of[each.order.contact_id].orders.append(each)
    labels = dict(Product.objects.values_list("pk", "tags"))
    for line in OrderLine.objects.filter(product__isnull=False):
        bought[line.order_id].products.add(line.product_id)
        bought[line.order_id].labels.update(labels[line.product_id])
    return found


# --- what the fields mean -------------------------------------------------------------


def follows(life: Life, options: Options) -> list[Follow]:
    among = options.get("employee")
    return [f for f in life.follows if among is None or f.employee_id in among]


def open_follows(life: Life, options: Options) -> list[Follow]:
    return [f for f in follows(life, options) if f.ended_at is None]


def stays(life: Life, options: Options) -> list[Stay]:
    among = options.get("chat")
    return [s for s in life.stays if among is None or s.group_id in among]


def joined_by(life: Life, options: Options) -> list[int]:
    return [code for code, stay in life.codes if inside(stay.joined_at, options)]


def owned_since(life: Life) -> list[date]:
    if life.given is not None:
        return days([life.given.since if life.given.employee_id else None])
    return first(f.started_at for f in open_follows(life, {}))


def paid(life: Life, options: Options) -> list[Bought]:
    return [each for each in life.orders if counts(each, options)]


def counts(bought: Bought, options: Options) -> bool:
    order = bought.order
    return (
        order.paid_at is not None
        and order.status != "refunded"
        and inside(order.paid_at, options)
        and ("product" not in options or bool(bought.products & {*options["product"]}))
        and options.get("product_tag") in {None, *bought.labels}
        and options.get("shop") in (None, order.shop)
        and ("channel" not in options or order.channel in options["channel"])
    )


def seen(life: Life, options: Options) -> list[Behaviour]:
    kind = options.get("event")
    among = life.behaviours if kind is None else of_kind(life.behaviours, kind)
    return [b for b in among if inside(b.at, options)]


def of_kind(rows: list[Any], kind: str) -> list[Any]:
    return [row for row in rows if row.kind == kind]


def notes(life: Life, options: Options) -> list[Note]:
    return [n for n in life.notes if inside(n.written_at, options)]


def inside(at: datetime, options: Options) -> bool:
    within: Within | None = options.get("within")
    if within is None:
        return True
    if within.days is not None:
        last = TODAY - timedelta(days=within.before)
        return last - timedelta(days=within.days) < on(at) <= last
    return (within.first or date.min) <= on(at) <= (within.last or date.max)


def first(moments: Iterable[datetime]) -> list[date]:
    found = [*moments]
    return [on(min(found))] if found else []


def latest(moments: Iterable[datetime]) -> list[date]:
    found = [*moments]
    return [on(max(found))] if found else []


def days(moments: Iterable[datetime | None]) -> list[date]:
    return [on(at) for at in moments if at is not None]


def average(among: list[Bought]) -> list[Decimal]:
    return [Decimal(sum(each.net for each in among)) / len(among)] if among else []


def share(among: list[Bought]) -> list[Decimal]:
    less = sum(each.order.discount > 0 for each in among)
    return [Decimal(100 * less) / len(among)] if among else []


def cell(life: Life) -> list[str]:
    """Such as 101: how many cut points each of the three has passed tells its class."""
    since = TODAY - timedelta(days=RFM["days"] - 1)
    among = [
        each
        for each in paid(life, {"channel": RFM["channels"]})
        if on(each.order.paid_at) >= since
    ]
    if not among:
        return []
    last = max(on(each.order.paid_at) for each in among)
    values = {
        "recency": (TODAY - last).days,
        "frequency": len(among),
        "money": sum(each.net for each in among),
    }
    passed = {n: sum(cut <= value for cut in RFM[n]) for n, value in values.items()}
    classes = (5 - passed["recency"], passed["frequency"] + 1, passed["money"] + 1)
    return ["".join("1" if each >= 4 else "0" for each in classes)]


VALUES: dict[str, Callable[[Life, Options], list[Any]]] = {
    "standing": lambda who, o: [who.contact.standing],
    "owner": lambda who, o: [who.contact.owner_id],
    "owner_department": lambda who, o: [who.contact.owner_id],
    "owner_since": lambda who, o: owned_since(who),
    "in_pool": lambda who, o: [who.given.pool_id if who.given else None],
    "added_at": lambda who, o: [on(who.contact.added_at)],
    "name": lambda who, o: [who.contact.name or None],
    "gender": lambda who, o: [who.contact.gender],
    "kind": lambda who, o: [who.contact.kind],
    "company": lambda who, o: [who.contact.corp_name or None],
    "position": lambda who, o: [who.contact.position or None],
    "identities": lambda who, o: [i.kind for i in who.ids],
    "last_seen": lambda who, o: latest(i.last_seen_at for i in who.ids),
    "followed_by": lambda who, o: [f.employee_id for f in open_follows(who, o)],
    "followed_by_department": lambda who, o: [
        f.employee_id for f in open_follows(who, o)
    ],
    "follows": lambda who, o: [len(open_follows(who, o))],
    "add_way": lambda who, o: [f.add_way for f in follows(who, o)],
    "channel_state": lambda who, o: [f.state or None for f in follows(who, o)],
    "followed_since": lambda who, o: days(f.started_at for f in open_follows(who, o)),
    "follow_ended": lambda who, o: days(f.ended_at for f in follows(who, o)),
    "ended_by": lambda who, o: [f.ended_by or None for f in follows(who, o)],
    "channels": lambda who, o: [e.channel_id for e in who.entries if inside(e.at, o)],
    "first_channel": lambda who, o: [e.channel_id for e in who.entries[:1]],
    "tags": lambda who, o: [t.tag_id for t in who.taggings],
    "in_groups": lambda who, o: [s.group_id for s in stays(who, o) if not s.left_at],
    "groups": lambda who, o: [sum(not s.left_at for s in stays(who, o))],
    "joined_group": lambda who, o: latest(s.joined_at for s in stays(who, o)),
    "left_group": lambda who, o: latest(s.left_at for s in stays(who, o) if s.left_at),
    "group_codes": lambda who, o: joined_by(who, o),
    "left_group_by": lambda who, o: [s.left_by or None for s in stays(who, o)],
    "order_count": lambda who, o: [len(paid(who, o))],
    "order_sum": lambda who, o: [sum(each.net for each in paid(who, o))],
    "order_average": lambda who, o: average(paid(who, o)),
    "discounted": lambda who, o: share(paid(who, o)),
    "last_order": lambda who, o: latest(each.order.paid_at for each in paid(who, o)),
    "first_order": lambda who, o: first(each.order.paid_at for each in paid(who, o)),
    "refunded_at": lambda who, o: days(each.order.refunded_at for each in who.orders),
    "unpaid_since": lambda who, o: days(
        each.order.placed_at for each in who.orders if each.order.status == "placed"
    ),
    "rfm_cell": lambda who, o: cell(who),
    "segments": lambda who, o: who.segments,
    "refuses": lambda who, o: [p for p, given in who.consents.items() if not given],
    "agrees": lambda who, o: [p for p, given in who.consents.items() if given],
    "points": lambda who, o: [m.balance for m in who.members],
    "growth_value": lambda who, o: [m.growth for m in who.members],
    "member_level": lambda who, o: [m.level_id for m in who.members if m.level_id],
    "member_since": lambda who, o: days(m.joined_at for m in who.members),
    "invited_count": lambda who, o: [who.brought],
    "came_by_invite": lambda who, o: [r.campaign_id for r in who.came],
    "came_by_invite_at": lambda who, o: days(r.at for r in who.came),
    "event_count": lambda who, o: [len(seen(who, o))],
    "last_event": lambda who, o: latest(b.at for b in seen(who, o)),
    "alive": lambda who, o: [each.alive for each in who.lifetimes],
    "expected_orders": lambda who, o: [each.expected for each in who.lifetimes],
    "expected_value": lambda who, o: [each.value for each in who.lifetimes],
    "chance": lambda who, o: [each.chance for each in who.chances],
    **{
        name: lambda who, o, name=name: [getattr(each, name) for each in who.scores]
        for name in ("score", "grade", "fit", "engagement")
    },
    "note_count": lambda who, o: [len(notes(who, o))],
    "last_note": lambda who, o: latest(n.written_at for n in notes(who, o)),
    "stage": lambda who, o: [lead.stage_id for lead in who.leads],
    "stage_since": lambda who, o: days(lead.stage_since for lead in who.leads),
    "next_step": lambda who, o: first(task.due_at for task in who.tasks),
}


def values_of(name: str) -> Callable[[Life, Options], list[Any]]:
    if not name.startswith("attribute."):
        return VALUES[name]
    number = int(name.removeprefix("attribute."))
    return lambda who, o: plain_values(who.values.get(number))


def plain_values(value: AttributeValue | None) -> list[Any]:
    if value is None:
        return []
    if value.choices is not None:
        return list(value.choices)
    for plain in (value.number, value.day, value.choice_id, value.yes, value.fen):
        if plain is not None:
            return [plain]
    return [value.text or None]


def is_stale(value: AttributeValue | None) -> bool:
    if value is None:
        return False
    return on(value.at) < TODAY - timedelta(days=value.attribute.fresh_days)


# --- what rules mean ------------------------------------------------------------------


def meaning(node: Node) -> Callable[[Life], bool]:
    match node:
        case AllOf(parts):
            every = [meaning(part) for part in parts]
            return lambda who: all(holds(who) for holds in every)
        case AnyOf(parts):
            each = [meaning(part) for part in parts]
            return lambda who: any(holds(who) for holds in each)
        case Not(part):
            denied = meaning(part)
            return lambda who: not denied(who)
        case Leaf():
            return meaning_of_leaf(node)


def meaning_of_leaf(leaf: Leaf) -> Callable[[Life], bool]:
    name, said, options = leaf.field.name, leaf.value, dict(leaf.options)
    if leaf.op in DENIES:
        return meaning(Not(Leaf(leaf.field, DENIES[leaf.op], said, leaf.options)))
    if leaf.op == "stale":
        number = int(name.removeprefix("attribute."))
        return lambda who: is_stale(who.values.get(number))
    if name.endswith("_department"):
        said = people_of(said)
    values = values_of(name)
    if leaf.op == "all":
        wanted = set(said)
        return lambda who: wanted <= set(values(who, options))
    test = OPERATORS[leaf.op]
    return lambda who: any(
        test(value, said) for value in values(who, options) if value is not None
    )


def people_of(departments: Iterable[int]) -> set[int]:
    wanted = set(departments)
    for department in Department.objects.order_by("pk"):  # those above come first
        if department.parent_id in wanted:
            wanted.add(department.pk)
    postings = Posting.objects.filter(department__in=wanted)
    return set(postings.values_list("employee", flat=True))


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "known": lambda value, said: True,
    "is": lambda value, said: value == said,
    "eq": lambda value, said: value == said,
    "yes_no": lambda value, said: value == said,
    "contains": lambda value, said: said.lower() in value.lower(),
    "starts": lambda value, said: value.lower().startswith(said.lower()),
    "at_least": lambda value, said: value >= said,
    "at_most": lambda value, said: value <= said,
    "between": lambda value, said: said[0] <= value <= said[1],
    "dates": lambda value, said: said[0] <= value <= said[1],
    "any": lambda value, said: value in said,
    "since": lambda value, said: value >= said,
    "until": lambda value, said: value <= said,
    "last_days": lambda value, said: TODAY - timedelta(days=said) < value <= TODAY,
    "longer_ago": lambda value, said: value <= TODAY - timedelta(days=said),
    "next_days": lambda value, said: TODAY <= value < TODAY + timedelta(days=said),
    "anniversary": lambda value, said: is_near(value, said),
}


@cache
def is_near(born: date, said: int) -> bool:
    coming = (TODAY + timedelta(days=n) for n in range(min(said, 366)))
    return any(is_celebrated(born, on=day) for day in coming)


def is_celebrated(born: date, *, on: date) -> bool:
    try:
        return born.replace(year=on.year) == on
    except ValueError:  # the 29th of February, in a year that has none
        return (on.month, on.day) == (2, 28)
