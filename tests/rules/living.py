"""Contacts with NULLs everywhere: a company in which anything may be missing."""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from apps.assignment.assign import general_pool
from apps.assignment.models import Assignment, Pool
from apps.behaviour.models import Behaviour
from apps.campaigns.models import Campaign
from apps.channels.models import Channel, Entry
from apps.contacts.models import Attribute, AttributeValue, Contact, Follow, Identity
from apps.contacts.rights_models import ConsentRecord, Purpose
from apps.followups.models import Lead, Note, Stage, Task
from apps.groups.models import Stay
from apps.joins.models import GroupCode
from apps.loyalty.models import Level, Membership
from apps.orders.models import Order, OrderLine
from apps.referrals.models import Credit, Invite, Referral
from apps.scoring.models import Chance, Lifetime, Standing
from apps.segments.models import RfmSetting, Segment, SegmentContact
from apps.staff.models import Department, Posting
from apps.tags.models import Tagging
from tests import make
from tests.conftest import day

NOW = day(20, hour=11)
TODAY = timezone.localdate(NOW)
DAYS = [TODAY + timedelta(days=n) for n in (-400, -31, -30, -7, -1, 0, 1, 7, 30)]
BIRTHDAYS = [date(1990, 2, 28), date(1992, 2, 29)]
FRESH_DAYS = (None, 30, 30, 5, 5, None, 1)  # of a field of each type
# Five classes; a cell of RFM is good in the two highest.
RFM = {
    "days": 400,
    "classes": 5,
    "channels": ["store", "online_shop", "mini_program"],
    "recency": [10, 60, 150, 300],
    "frequency": [1, 2, 2, 3],
    "money": [1, 100, 50_000, 60_000],
}


def people(many: int, *, seed: int = 1) -> None:
    """So many contacts with what hangs on them, by a few statements for each table."""
    company = Company(seed)
    contacts = kept(Contact, (company.contact() for _number in range(many)))
    kept(Identity, (i for c in contacts for i in company.identities(c)))
    ids = list(Identity.objects.external().order_by("pk"))
    follows = kept(Follow, (f for i in ids for f in company.follows(i)))
    kept(Tagging, company.taggings(contacts, follows))
    kept(Stay, (stay for i in ids for stay in company.stays(i)))
    kept(AttributeValue, (value for c in contacts for value in company.values(c)))
    orders = kept(Order, (order for c in contacts for order in company.orders(c)))
    kept(OrderLine, (line for order in orders for line in company.lines(order)))
    kept(ConsentRecord, (said for c in contacts for said in company.consents(c)))
    kept(Behaviour, (seen for c in contacts for seen in company.behaviours(c)))
    kept(SegmentContact, (m for c in contacts for m in company.memberships(c)))
    kept(Lifetime, (one for c in contacts for one in company.lifetimes(c)))
    kept(Chance, (one for c in contacts for one in company.chances(c)))
    kept(Standing, (one for c in contacts for one in company.scores(c)))
    kept(Membership, (one for c in contacts for one in company.members(c)))
    invites = kept(Invite, (one for c in contacts for one in company.invites(c)))
    came = kept(Referral, (r for c in contacts for r in company.referrals(c, invites)))
    kept(Credit, (line for r in came for line in company.credits(r)))
    kept(Note, (note for c in contacts for note in company.notes(c)))
    kept(Lead, (lead for c in contacts for lead in company.leads(c)))
    kept(Task, (task for c in contacts for task in company.todo(c)))
    kept(Assignment, (one for c in contacts for one in company.assignments(c)))
    kept(Entry, (entry for follow in follows for entry in company.entries(follow)))
    merged = [contact.pk for contact in contacts[: many // 25]]
    # whatever hangs on them, they are nobody any more
    Contact.objects.filter(pk__in=merged).update(merged_into=contacts[-1])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def kept(model: Any, rows: Iterable[Any]) -> list[Any]:
    return list(model._default_manager.bulk_create(rows, batch_size=2_000))


class Company:
    """What there is, and the lot that decides what is known of whom."""

    def __init__(self, seed: int) -> None:
        self.lot = random.Random(seed)
        self.employees = [make.employee(n) for n in ("林静", "周颖", "王强", "陈晨")]
        self.in_departments()
        self.tags = [make.tag(name) for name in ("重点", "母婴", "流失", "没人有")]
        self.chats = [make.group_chat(n) for n in ("健身1群", "健身2群", "空群")]
        self.products = [
            make.product(name, tags=labels)
            for name, labels in (("乌龙", ["茶"]), ("红茶", ["茶", "热"]), ("杯子", []))
        ]
        self.attributes = [
            make.attribute(f"字段 {kind}", kind, options="甲乙丙", fresh_days=fresh)
            for kind, fresh in zip(Attribute.Type.values, FRESH_DAYS, strict=True)
        ]
        RfmSetting.objects.create(pk=1, **RFM, names={"111": "大客户"})
        self.segments = [
            Segment.objects.create(name=name, kind=Segment.Kind.LIST)
            for name in ("三月流失", "VIP", "空")
        ]
        self.levels = [
            Level.objects.create(name=name, growth_from=growth)
            for name, growth in (("银卡", 20), ("金卡", 50))
        ]
        self.stages: list[Stage] = [
            Stage.objects.create(name=f"阶段{place}", place=place)
            for place in (7, 8, 9)
        ]
        self.channels = [
            Channel.objects.create(name=name, state=state)
            for name, state in (("门店", "c1"), ("展会", "c2"), ("没人扫", "c3"))
        ]
        self.campaigns = [
            Campaign.objects.create(
                kind="referral", name=n, slug=n, starts_at=day(1), ends_at=day(9)
            )
            for n in ("老带新", "五一", "没人参加")
        ]
        self.pools = [
            general_pool(),
            *(Pool.objects.create(name=n) for n in ("沉睡", "没人进")),
        ]
        self.codes = [
            GroupCode.objects.create(name=name, state=state)
            for name, state in (("福利群", "g1"), ("新品群", "g2"), ("没人扫", "g3"))
        ]
        self.options = {
            a.pk: list(a.options.values_list("pk", flat=True)) for a in self.attributes
        }

    def in_departments(self) -> None:
        """Two of them work in departments, of which one is below the other."""
        top = Department.objects.create(wecom_id=1, name="公司")
        below = Department.objects.create(wecom_id=2, name="门店", parent=top)
        for employee, department in zip(self.employees, (top, below), strict=False):
            Posting.objects.create(employee=employee, department=department)

    # -- by lot

    def maybe(self, value: Any, share: float = 0.7) -> Any:
        return value if self.lot.random() < share else None

    def moment(self) -> datetime:
        # midnights too: that is where days are told apart
        aside = timedelta(seconds=self.lot.choice([0, -1, 1, 40_000]))
        return min(day(self.lot.randint(-400, 25), hour=0) + aside, NOW)

    def some(self, among: Sequence[Any], most: int) -> list[Any]:
        return self.lot.sample(among, self.lot.randint(0, most))

    # -- of one contact

    def contact(self) -> Contact:
        lot = self.lot
        return Contact(
            name=lot.choice(["张三丰", "Lily%", "zhang_san", "100\\", ""]),
            gender=lot.randint(0, 2),
            kind=lot.randint(0, 2),
            corp_name=self.maybe("青云 Ltd", 0.3) or "",
            position=self.maybe("经理", 0.3) or "",
            standing=lot.choice(Contact.Standing.values),
            owner=self.maybe(lot.choice(self.employees)),
            added_at=self.moment(),
        )

    def identities(self, contact: Contact) -> Iterator[Identity]:
        for kind, share in (("external", 1.0), ("union", 0.3)):
            if self.lot.random() < share:
                yield Identity(
                    contact=contact,
                    kind=kind,
                    value=f"{kind}-{contact.pk}",
                    source="callback",
                    first_seen_at=self.moment(),
                    last_seen_at=self.moment(),
                )

    def follows(self, identity: Identity) -> Iterator[Follow]:
        for employee in self.some(self.employees, 3):
            started = self.moment()
            later = min(started + timedelta(days=self.lot.randint(0, 30)), NOW)
            ended = self.maybe(later, 0.4)
            by = self.lot.choice([*Follow.EndedBy.values, ""])
            yield Follow(
                identity=identity,
                employee=employee,
                started_at=started,
                ended_at=ended,
                ended_by=by if ended else "",
                state=self.maybe(self.lot.choice(["shop-A", "shop_b"])) or "",
                add_way=self.maybe(self.lot.choice([0, 1, 16, 19])),
            )

    def taggings(
        self, contacts: list[Contact], follows: list[Follow]
    ) -> Iterator[Tagging]:
        theirs: dict[int, list[Follow]] = {}
        for follow in follows:
            theirs.setdefault(follow.identity.contact_id, []).append(follow)
        for contact in contacts:
            for tag in self.some(self.tags[:3], 3):
                among = theirs.get(contact.pk)
                on = self.maybe(self.lot.choice(among)) if among else None
                yield Tagging(contact=contact, tag=tag, follow=on, source="person")

    def stays(self, identity: Identity) -> Iterator[Stay]:
        for chat in self.some(self.chats[:2], 2):
            joined = self.moment()
            left = self.maybe(min(joined + timedelta(days=3), NOW), 0.3)
            yield Stay(
                group=chat,
                identity=identity,
                member_id=identity.value,
                joined_at=joined,
                left_at=left,
                left_by=self.lot.choice(["self", "removed", ""]) if left else "",
                state=self.lot.choice(["", "", "g1", "g2", "c1"]),
            )

    def values(self, contact: Contact) -> Iterator[AttributeValue]:
        for attribute in self.attributes:
            if self.lot.random() < 0.6:
                yield AttributeValue(
                    contact=contact,
                    attribute=attribute,
                    source="person",
                    at=self.moment(),
                    **self.value(attribute),
                )

    def value(self, attribute: Attribute) -> dict[str, Any]:
        lot, options = self.lot, self.options[attribute.pk]
        match attribute.type:
            case "text":
                return {"text": lot.choice(["教师", "Tea_cher%", "x"])}
            case "number":
                return {"number": lot.choice([0, -1, Decimal("2.5"), 30])}
            case "date":
                return {"day": lot.choice([*DAYS, *BIRTHDAYS])}
            case "choice":
                return {"choice_id": lot.choice(options[:2])}
            case "choices":
                return {"choices": self.some(options, 3)}
            case "yes_no":
                return {"yes": lot.random() < 0.5}
        return {"fen": lot.choice([0, 100, 123_456])}

    def orders(self, contact: Contact) -> Iterator[Order]:
        lot = self.lot
        for number in range(lot.choice([0, 0, 1, 2, 4])):
            paid = self.maybe(self.moment(), 0.8)
            amount = lot.choice([0, 100, 50_000, 50_001])
            status = "placed" if paid is None else lot.choice(["paid", "refunded"])
            yield Order(
                system="youzan",
                number=f"{contact.pk}-{number}",
                contact=self.maybe(contact, 0.95),  # or of somebody who was erased
                channel=lot.choice(Order.Channel.values),
                shop=lot.choice(["", "旗舰店", "SHOP-A"]),
                discount=lot.choice([0, 0, 500]),
                status=status,
                amount=amount,
                refunded_amount=self.maybe(lot.randint(0, amount), 0.2) or 0,
                placed_at=paid or self.moment(),
                paid_at=paid,
                refunded_at=self.maybe(self.moment(), 0.2),
                changed_at=NOW,
                lines_digest=b"",
            )

    def lines(self, order: Order) -> Iterator[OrderLine]:
        for position, product in enumerate(self.some(self.products, 2)):
            yield OrderLine(
                order=order,
                position=position,
                product=self.maybe(product, 0.9),
                quantity=1,
                amount=1,
            )

    def consents(self, contact: Contact) -> Iterator[ConsentRecord]:
        answers = [[True], [False], [True, False], [False, True]]
        for purpose in self.some(Purpose.values, 2):
            for given in self.lot.choice(answers):
                yield ConsentRecord(
                    contact=contact,
                    said_for=[contact.pk],
                    purpose=purpose,
                    given=given,
                    channel="chat",
                    at=self.moment(),
                    source="person",
                    recorded_at=NOW,
                )

    def behaviours(self, contact: Contact) -> Iterator[Behaviour]:
        for number in range(self.lot.choice([0, 0, 1, 3])):
            yield Behaviour(
                system="youzan",
                number=f"{contact.pk}-{number}",
                contact=contact,
                kind=self.lot.choice(["viewed", "opened"]),
                at=self.moment(),
            )

    def memberships(self, contact: Contact) -> Iterator[SegmentContact]:
        for segment in self.some(self.segments[:2], 2):
            yield SegmentContact(segment=segment, contact=contact, entered_at=NOW)

    def lifetimes(self, contact: Contact) -> Iterator[Lifetime]:
        if self.lot.random() < 0.6:
            yield Lifetime(
                contact=contact,
                alive=self.lot.choice([0, 20, 50, 100]),
                expected=self.lot.choice([0, 1, 20, 50]),
                value=self.lot.choice([None, 0, 2_000, 5_000]),
                day=TODAY,
            )

    def chances(self, contact: Contact) -> Iterator[Chance]:
        if self.lot.random() < 0.6:
            chance = self.lot.choice([0, 1, 19.5, 20, 50, 100])
            yield Chance(contact=contact, chance=chance, day=TODAY)

    def scores(self, contact: Contact) -> Iterator[Standing]:
        if self.lot.random() < 0.6:
            fit, does = (self.lot.choice([-5, 0, 19, 20, 60]) for _axis in range(2))
            yield Standing(
                contact=contact,
                fit=fit,
                engagement=does,
                score=fit + does,
                grade=self.lot.choice(["", "A1", "B2", "D4"]),
            )

    def members(self, contact: Contact) -> Iterator[Membership]:
        if self.lot.random() < 0.6:
            yield Membership(
                contact=contact,
                balance=self.lot.choice([-20, 0, 2, 20, 50]),
                growth=self.lot.choice([0, 20, 50]),
                level=self.lot.choice([None, *self.levels]),
                joined_at=self.moment(),
            )

    def invites(self, contact: Contact) -> Iterator[Invite]:
        for campaign in self.some(self.campaigns[:2], 2):
            ref = f"r{contact.pk}-{campaign.pk}"
            yield Invite(campaign=campaign, contact=contact, ref=ref)

    def referrals(
        self, contact: Contact, invites: Sequence[Invite]
    ) -> Iterator[Referral]:
        for invite in self.some(invites, 1):
            yield Referral(
                campaign=invite.campaign,
                invite=invite,
                contact=contact,
                at=self.moment(),
            )

    def credits(self, referral: Referral) -> Iterator[Credit]:
        for number in range(self.lot.choice([0, 1, 2, 20])):
            yield Credit(
                referral=referral,
                invite=referral.invite,
                kind="helped",
                number=number,
                points=self.lot.choice([1, 1, -1]),
                at=NOW,
            )

    def notes(self, contact: Contact) -> Iterator[Note]:
        for _number in range(self.lot.choice([0, 0, 1, 2])):
            yield Note(contact=contact, text="…", written_at=self.moment())

    def leads(self, contact: Contact) -> Iterator[Lead]:
        for closed in (False, True):
            if self.lot.random() < 0.4:
                since = self.moment()
                yield Lead(
                    contact=contact,
                    stage=self.lot.choice(self.stages),
                    stage_since=since,
                    opened_at=since,
                    touched_at=since,
                    closed_at=since if closed else None,
                    folded=not closed and self.lot.random() < 0.1,
                )

    def todo(self, contact: Contact) -> Iterator[Task]:
        for _task in range(self.lot.randint(0, 2)):
            due = self.moment() + timedelta(days=self.lot.choice([0, 3, 40]))
            yield Task(
                contact=contact,
                employee=self.lot.choice(self.employees),
                text="回访",
                due_at=due,
                made_at=self.moment(),
                done_at=self.maybe(due, 0.4),
            )

    def assignments(self, contact: Contact) -> Iterator[Assignment]:
        """Some were somebody's and are nobody's; some were never given to anybody."""
        since = self.moment()
        if self.lot.random() < 0.3:
            yield Assignment(
                contact=contact,
                employee=self.lot.choice(self.employees),
                since=since,
                until=since,
                how="hand",
            )
        if self.lot.random() < 0.6:
            waits = self.lot.random() < 0.4
            yield Assignment(
                contact=contact,
                employee=None if waits else self.lot.choice(self.employees),
                pool=self.lot.choice(self.pools[:2]) if waits else None,
                since=since,
                how="hand",
            )

    def entries(self, follow: Follow) -> Iterator[Entry]:
        """Some in the same moment: the one that was written first is the first."""
        if self.lot.random() < 0.6:
            yield Entry(
                channel=self.lot.choice(self.channels[:2]),
                follow=follow,
                contact=follow.identity.contact,
                employee=follow.employee,
                at=self.lot.choice([follow.started_at, follow.started_at, day(1)]),
            )
