"""Builders: each makes one thing, with everything that the test does not speak of."""

import itertools
from datetime import date, datetime

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from apps.assignment.models import Handover
from apps.audit.models import AuditRow
from apps.audit.note import note as note_in_the_audit
from apps.autotags.keep import keep as keep_tag_rule
from apps.autotags.keep import switch as switch_tag_rule
from apps.autotags.models import Hit, TagRule
from apps.behaviour.models import Behaviour
from apps.campaigns.deliver import Address, write_address
from apps.campaigns.join import join
from apps.campaigns.keep import Prize, Told
from apps.campaigns.keep import keep as keep_campaign
from apps.campaigns.launch import launch
from apps.campaigns.models import Campaign, Grant, Participation
from apps.campaigns.reward import grant as grant_reward
from apps.channels.keep import keep as keep_channel
from apps.channels.keep import publish as publish_channel
from apps.channels.models import Channel, Entry
from apps.clients.keys import make_key
from apps.clients.models import Client, Scope
from apps.common.lanes import Lane
from apps.common.sealing import seal
from apps.common.spelling import grams, sort_key, spelling
from apps.contacts.identities import Id
from apps.contacts.models import (
    Attribute,
    ConsentText,
    Contact,
    Erasure,
    Follow,
    Identity,
)
from apps.contacts.recognise import Person
from apps.errands.models import Errand
from apps.events.models import EventRecord
from apps.exports.models import ALIVE, Export, Writing
from apps.followups.models import Lead, Note, Notice, Task
from apps.followups.stages import first_stage
from apps.groups.models import GroupChat, Stay
from apps.imports.models import Import, sealed
from apps.joins.keep import keep as keep_group_code
from apps.joins.models import GroupCode
from apps.lists.models import Batch, SavedView
from apps.loyalty.models import EarningRule, Level, PointsEntry
from apps.orders.models import Order, Product
from apps.orders.record import ToldOrder, record_orders
from apps.orders.state import Line, State, digest_of
from apps.referrals.attribute import attribute as attribute_contact
from apps.referrals.invite import issue_invite
from apps.referrals.models import Referral, Sign
from apps.reports.models import Cost, Reckoning
from apps.scoring.keep import keep as keep_score_rule
from apps.scoring.keep import put_in_force
from apps.scoring.models import (
    Foretelling,
    LifetimeFit,
    Predictor,
    Rescore,
    ScoreMonth,
    ScoreRule,
    Standing,
)
from apps.scoring.said import Said
from apps.segments.keep import keep as keep_segment
from apps.segments.models import Refresh, Segment
from apps.segments.refresh import refresh as refresh_segment
from apps.staff.models import Employee, Reach, User
from apps.staff.roles import grant_roles
from apps.sync.models import Pull
from apps.tags.models import Tag, TagChange, Tagging, TagGroup
from apps.wecom.models import Callback, Command
from apps.welcomes.keep import keep as keep_welcome
from apps.welcomes.models import Greeting, Welcome
from tests.conftest import day

PASSWORD = "a password for tests"

number = itertools.count(1)


def user(username: str = "", *, role: str = "", **fields) -> User:
    """Somebody who can sign in; with a role they get into the admin."""
    made = User.objects.create_user(
        username or f"user{next(number)}", password=PASSWORD, **fields
    )
    if role:
        if not Group.objects.filter(name=role).exists():
            grant_roles()
        made.groups.add(Group.objects.get(name=role))
        made.is_staff = True
        made.save()
    return made


def employee(name: str = "林静", **fields) -> Employee:
    fields = {"wecom_id": f"e{next(number)}", "status": 1, "serves": True} | fields
    return Employee.objects.create(
        name=name,
        sort_key=sort_key(name),
        spelling=spelling(name),
        grams=grams(name),
        **fields,
    )


def contact(name: str = "张三丰", *, added_at: datetime | None = None, **fields):
    return Contact.objects.create(
        name=name,
        added_at=added_at or day(1),
        spelling=spelling(name),
        grams=grams(name),
        **{"kind": 1, "standing": Contact.Standing.FRIEND, **fields},
    )


def follow(
    of: Contact | None = None,
    *,
    employee: Employee | None = None,
    started_at: datetime | None = None,
    **fields,
) -> Follow:
    of = of or contact()
    employee = employee or globals()["employee"]()
    identity, _made = Identity.objects.get_or_create(
        contact=of,
        kind=Identity.Kind.EXTERNAL,
        defaults={
            "value": f"wm{next(number)}",
            "source": EventRecord.Source.CALLBACK,
            "first_seen_at": day(1),
            "last_seen_at": day(1),
        },
    )
    at = started_at or day(1)
    made = Follow.objects.create(
        identity=identity, employee=employee, started_at=at, confirmed_at=at, **fields
    )
    others = Follow.objects.open().filter(identity__contact=of)
    serving = others.order_by("employee").values_list("employee", flat=True).distinct()
    of.served_by = list(serving) or [employee.pk]
    of.save(update_fields=["served_by"])
    return made


def root() -> User:
    """Somebody who sees everybody and may do everything."""
    return user(is_superuser=True)


def sees(user: User, scope: str) -> User:
    """Everybody in the user's role sees so many from now on; asked anew."""
    role = user.groups.get().name
    Reach.objects.update_or_create(
        role=role, defaults={"scope": scope, "unmasks_per_day": 20}
    )
    return User.objects.get(pk=user.pk)


def attribute(name: str = "职业", type: str = "text", *, options=(), **fields):
    made = Attribute.objects.create(
        name=name,
        type=type,
        **{"face": "basic", "purpose": "了解客户", "origin": "员工询问"} | fields,
    )
    for option in options:
        made.options.create(name=option)
    return made


def imported(by: User, *, rows: int = 3) -> Import:
    """A table that was checked, with the pass that did it."""
    of = Import.objects.create(
        by=by,
        name="客户.csv",
        columns=["姓名", "手机"],
        meanings=["name", "phone"],
        rows=rows,
        counts={"check": {"new": rows}},
        brought_at=day(1),
    )
    of.parts.create(
        number=0,
        rows_sealed=sealed([[n, [f"客户{n}", f"1380000{n:04}"]] for n in range(rows)]),
        found_sealed=sealed([["new", ""]] * rows),
    )
    of.passes.create(what="check", lane=Lane.BULK, status="done", total=rows)
    return of


def saved_view(by: User | None = None, *, query: str = "standing=left", **fields):
    """A view of the contacts; everybody has it."""
    return SavedView.objects.create(
        by=by or user(),
        query=query,
        made_at=day(1),
        **{
            "list": "contacts.contact",
            "name": f"视图{next(number)}",
            "shared": SavedView.Shared.EVERYBODY,
        }
        | fields,
    )


def batch(by: User, of: Tag, **fields) -> Batch:
    """Somebody had a tag put on somebody, and it failed."""
    made = Batch.objects.create(
        **{
            "list": "contacts.contact",
            "action": "put_on",
            "options": {"tag": of.pk, "name": str(of)},
            "by": by,
            "total": 1,
            "lane": Lane.BULK,
            "status": "done",
        }
        | fields
    )
    made.rows.create(number=contact().pk, state="failed", why="…")
    return made


def exported(by: User, **fields) -> Export:
    """A table that was taken out, with the job that wrote it."""
    of = Export.objects.create(
        **{"by": by, "kind": "contacts", "form": "csv", "columns": ["name"], "rows": 1},
        **{"reason": "回访老客户", "name": "x.csv", "asked_at": timezone.now()},
        **{"ends_at": timezone.now() + ALIVE} | fields,
    )
    of.parts.create(number=0, about=[contact().pk], rows_sealed=seal('[["张三丰"]]'))
    Writing.objects.create(of=of, lane=Lane.BULK, status="done", total=1, done=1)
    return of


def tag(name: str = "重点客户", *, group: TagGroup | None = None, **fields) -> Tag:
    fields = {"wecom_id": f"et{next(number)}"} | fields
    return Tag.objects.create(name=name, group=group or tag_group(), **fields)


def tag_rule(*tags: Tag, scene: str = "follow", **fields) -> TagRule:
    """Switched on since the first of March."""
    made = keep_tag_rule(
        **{"name": f"规则 {next(number)}", "scene": scene, "narrowed": {}, "rule": None}
        | fields,
        tags=[each.pk for each in tags],
        by=root(),
        at=day(1),
    )
    switch_tag_rule(rule=made, on=True, by=root(), at=day(1))
    return TagRule.objects.get(pk=made.pk)


def hit(of: TagRule, **fields) -> Hit:
    """One of its tags on somebody."""
    tag = of.puts_on.earliest("pk").tag
    return Hit.objects.create(
        **{"rule": of, "tag": tag, "contact": contact(), "version": 1, "state": "put"}
        | {"cause": f"FollowStarted:{next(number)}", "at": day(1), "hit_at": day(1)}
        | fields
    )


def welcome(text: str = "您好", **fields) -> Welcome:
    """Switched on, and for nobody unless the test says so."""
    name = fields.pop("name", "") or f"欢迎语 {next(number)}"
    return keep_welcome(name=name, told={"text": text}, by=None, at=day(1), **fields)


def greeting(of: Follow, **fields) -> Greeting:
    """Somebody new, who was greeted."""
    return Greeting.objects.create(
        **{"contact": of.identity.contact, "follow": of, "employee": of.employee}
        | {"outcome": "sent", "at": day(1), "ended_at": day(1)}
        | {"code": f"code {next(number)}"}
        | fields
    )


def tag_group(name: str = "客户等级", **fields) -> TagGroup:
    fields = {"wecom_id": f"eg{next(number)}"} | fields
    return TagGroup.objects.create(name=name, **fields)


def tagging(tag: Tag, of: Follow) -> Tagging:
    return Tagging.objects.create(
        tag=tag,
        contact=of.identity.contact,
        follow=of,
        source=EventRecord.Source.CALLBACK,
        at=day(1),
    )


def tag_change(**fields) -> TagChange:
    """A new name that WeCom has refused."""
    of = fields.pop("tag", None) or tag()
    about = {"deed": "edit", "wanted": {"name": "贵宾"}, "was": {"name": of.name}}
    stands = {"state": "refused", "errcode": 40071, "at": day(1)}
    return TagChange.objects.create(tag=of, group=of.group, **about | stands | fields)


def note(about: Contact, text: str = "约了周三到店", **fields) -> Note:
    return Note.objects.create(
        contact=about, text=text, **{"written_at": day(1), "author": None} | fields
    )


def behaviour(of: Contact, kind: str = "viewed", **fields) -> Behaviour:
    return Behaviour.objects.create(
        contact=of,
        kind=kind,
        **{"system": "shop", "number": f"b{next(number)}", "at": day(1)} | fields,
    )


def entry(of: Follow, channel: Channel | None = None, **fields) -> Entry:
    """Somebody came through a channel."""
    return Entry.objects.create(
        channel=channel or globals()["channel"](),
        follow=of,
        contact=of.identity.contact,
        employee=of.employee,
        **{"at": of.started_at} | fields,
    )


def points_entry(of: Contact | None = None, **fields) -> PointsEntry:
    """With a rule and a level, so that every page of points has what to show."""
    rule, _made = EarningRule.objects.get_or_create(
        when="order", ended_at=None, defaults={"points": 1, "growth": 1}
    )
    Level.objects.get_or_create(name="银卡", defaults={"growth_from": 100})
    return PointsEntry.objects.create(
        contact=of or contact(),
        **{
            "kind": "earned",
            "points": 50,
            "growth": 50,
            "key": f"made:{next(number)}",
            "at": day(1),
            "rule": rule,
        }
        | fields,
    )


def lead(of: Contact | None = None, **fields) -> Lead:
    of = of or contact()
    moments = dict.fromkeys(["opened_at", "stage_since", "touched_at"], day(1))
    return Lead.objects.create(
        contact=of,
        **{"stage": first_stage(), "owner": of.owner, **moments} | fields,
    )


def task(of: Contact | None = None, **fields) -> Task:
    of = of or contact()
    return Task.objects.create(
        contact=of,
        **{
            "employee": fields.pop("employee", None) or employee(),
            "text": "寄样品",
            "due_at": day(2),
            "made_at": day(1),
        }
        | fields,
    )


def notice(of: Task, **fields) -> Notice:
    return Notice.objects.create(
        contact=of.contact,
        task=of,
        **{"employee": of.employee, "kind": "due", "at": day(1)} | fields,
    )


def score_rule(name: str = "", **fields) -> ScoreRule:
    """A draft, reckoned; `in_force` puts it in force with all other drafts."""
    is_in_force = fields.pop("in_force", True)
    told = {"axis": "engagement", "group": "互动", "points": 10, "scene": "follow"}
    said = Said(name=name or f"规则 {next(number)}", **{**told, **fields})
    draft = keep_score_rule(said=said, by=root(), at=day(1))
    work_off_rescores()
    if is_in_force:
        put_in_force(by=root(), at=day(1))
        work_off_rescores()
    return draft.rule


def work_off_rescores() -> None:
    while job := Rescore.objects.unfinished().order_by("pk").first():
        job.work_off()


def score(of: Contact, *, points: int = 30, grade: str = "B2") -> Standing:
    """As if so much had been earned, with a month of it."""
    ScoreMonth.objects.create(contact=of, month=date(2026, 2, 1), score=9, grade="D4")
    return Standing.objects.create(
        contact=of, engagement=points, score=points, grade=grade, graded_at=day(1)
    )


def lifetime_fit(**fields) -> LifetimeFit:
    """As published of CDNOW, with three weeks of tracking."""
    return LifetimeFit.objects.create(
        **{
            "day": date(2026, 3, 1),
            "customers": 2_357,
            "came_back": 946,
            **{"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426},
            "known_until": date(2026, 2, 22),
            "tracking": [[f"2026-02-{15 + n}", 10 * n, 9.5 * n] for n in range(3)],
            "error": 0.0263,
        }
        | fields
    )


def predictor(**fields) -> Predictor:
    """A score card of one feature: whoever was met lately is likelier to buy."""
    feature = {"name": "known_for", "edges": [30.0], "levels": [], "lifts": [0, 1, -1]}
    points = [[round(0.1 * n, 2), round(0.1 * n, 2), 50.0] for n in range(1, 4)]
    body = {
        **{"format": 1, "made_by": "scikit-learn", "base": -2.0, "words": {}},
        "features": [feature],
        "points": [[0.0, 1.0, -1.0]],
        "calibration": {"slope": 1.0, "shift": 0.0, "odds": [], "chances": []},
    }
    measures = {"rows": 150, "won": 30, "share": 0.2, "points": points}
    measures |= {"auc": 0.7, "brier": 0.15, "log_loss": 0.45, "error": 0.02}
    month = {"month": "2026-02", "chances": 0.05, "many": 150}
    return Predictor.objects.create(
        **{
            **{"outcome": "first_order", "days": 30, "kind": "card"},
            **{"calibration": "sigmoid", "made_by": "scikit-learn", "body": body},
            **{"rows": 900, "won": 210, "known_from": date(2025, 9, 1)},
            "known_until": date(2026, 2, 1),
            "measures": measures | {"lifts": [1.5, 1.0, 0.5]},
            "weights": [["known_for", 1.0]],
            "seen": {"edges": [0.1], "chances": [1, 1], "features": {}},
            "drift": [month | {"features": [["known_for", 0.05]]}],
            "standing": "used",
        }
        | fields
    )


def foretelling(**fields) -> Foretelling:
    return Foretelling.objects.create(**{"lane": "bulk"} | fields)


def group_chat(name: str = "健身1群", **fields) -> GroupChat:
    return GroupChat.objects.create(
        name=name,
        spelling=spelling(name),
        grams=grams(name),
        **{"wecom_id": f"wr{next(number)}", "created_at": day(1), "status": 0} | fields,
    )


def stay(group: GroupChat, of: Follow, **fields) -> Stay:
    who = of.identity
    fields = {"joined_at": day(1)} | fields
    return Stay.objects.create(group=group, identity=who, member_id=who.value, **fields)


def event(kind: str, *, at: datetime, contact: Contact | None = None, **facts):
    return EventRecord.objects.create(
        kind=kind,
        contact=contact,
        source=EventRecord.Source.CALLBACK,
        facts=facts,
        at=at,
        recorded_at=at,
    )


def audited(deed: str, *, about: Model, **facts) -> AuditRow:
    """Somebody did something to it."""
    with transaction.atomic():
        note_in_the_audit(deed=deed, by=user(), at=day(1), about=about, **facts)
    return AuditRow.objects.latest("pk")


def callback(change_type: str = "add_external_contact", **fields) -> Callback:
    at = fields.pop("received_at", None) or day(1)
    return Callback.objects.create(
        event=fields.pop("event", "change_external_contact"),
        change_type=change_type,
        received_at=at,
        **{
            "lane": Lane.CALLBACK,
            "message": {"Event": "change_external_contact", "ChangeType": change_type},
            "told_at": at,
            "due_at": at,
            "created_at": at,
        }
        | fields,
    )


def command(call: str = "externalcontact.get", **fields) -> Command:
    return Command.objects.create(call=call, **{"lane": Lane.OUTGOING} | fields)


def erasure(**fields) -> Erasure:
    """Of somebody who is no more."""
    gone = {"contact_number": next(number) + 10_000_000, "by": user()}
    about = {"lane": Lane.BULK, "ground": "asked", "asked_at": day(1), "status": "done"}
    return Erasure.objects.create(**gone | about | fields)


def consent_text(**fields) -> ConsentText:
    about = {"purpose": "marketing", "version": f"v{next(number)}", "text": "同意"}
    return ConsentText.objects.create(**about | fields)


def pull(**fields) -> Pull:
    return Pull.objects.create(
        **{"lane": Lane.BULK, "source": EventRecord.Source.RECONCILE} | fields
    )


def client(name: str = "有赞商城", *, system: str = "youzan", **fields) -> Client:
    """Another system."""
    known = Client.objects.filter(name=name).first()
    return known or Client.objects.create(name=name, system=system, **fields)


def key(*scopes: str, of: Client | None = None, **fields) -> str:
    """A key as its client shows it; without a word of scopes it has all."""
    _key, shown = make_key(
        client=of or client(),
        scopes=scopes or Scope.values,
        by=user(),
        **{"expires_at": None, "at": day(1)} | fields,
    )
    return shown


def handover(giver: Employee | None = None, **fields) -> Handover:
    """One contact and one group are offered to a colleague."""
    giver, taker = giver or employee("孙走"), employee("安宁")
    made = Handover.objects.create(
        giver=giver,
        giver_name=str(giver),
        rule="even",
        plan={"takers": [{"employee": taker.pk, "most": None}], "groups": True},
        made_at=day(2),
    )
    about = {"giver": giver, "taker": taker, "taker_name": str(taker)}
    moves = follow(employee=giver).identity
    for thing in ({"identity": moves}, {"group": group_chat(owner=giver)}):
        made.offers.create(**about | thing | {"due_at": day(2)} | fields)
    return made


def segment(name: str = "", *, rule=None, **fields) -> Segment:
    """Everybody who left us, worked out."""
    made = keep_segment(
        rule=rule or {"field": "standing", "op": "any", "value": ["left"]},
        name=name or f"人群 {next(number)}",
        **{"folder": "运营", "description": "", "by": root(), "at": day(1)} | fields,
    )
    refresh_segment(segment_id=made.pk, at=day(1))
    Refresh.objects.filter(of=made).delete()
    return Segment.objects.get(pk=made.pk)


def channel(name: str = "", *, at: datetime | None = None, **plan) -> Channel:
    """A code that is published, with one colleague on it."""
    people = [{"employee": employee().pk}]
    draft = {"always": True, "people": people} | plan
    name = name or f"活码 {next(number)}"
    made = keep_channel(draft=draft, name=name, by=None, at=at or day(1))
    return publish_channel(channel=made, by=None, at=at or day(1))


def campaign(
    *prizes: Prize,
    kind: str = "referral",
    launched: bool = True,
    on: Channel | None = None,
    **fields,
) -> Campaign:
    """It runs the whole of March, from its first day."""
    cup = Prize(name="杯子", kind="physical", needed=3, initial=10, weight=5_000)
    told = Told(
        kind=kind,
        prizes=prizes or (cup,),
        channel_id=(on or channel()).pk,
        **{
            "name": f"活动 {next(number)}",
            "starts_at": day(1),
            "ends_at": day(31),
            "rules": "邀请好友",
        }
        | fields,
    )
    made = keep_campaign(told=told, by=None, at=day(1))
    return launch(campaign=made, by=None, at=day(1)) if launched else made


def participation(
    of: Contact | None = None, *, in_campaign: Campaign | None = None
) -> Participation:
    there = in_campaign or campaign()
    return join(campaign=there, contact=of or contact(), at=day(2))


def won(by: Participation | None = None) -> Grant:
    """A cup, to be sent somewhere."""
    by = by or participation()
    reward = by.campaign.rewards.first()
    assert reward is not None
    made = grant_reward(reward=reward, participation=by, at=day(2))
    where = Address(name="收件人", phone="13800000000", place="青岛市市南区")
    write_address(grant=made, told=where)
    return Grant.objects.get(pk=made.pk)


def errand(*people: Employee, **fields) -> Errand:
    """Handed to some, with a target of five participants each."""
    told = {"since": day(1), "due_at": day(8), "joined": 5}
    told |= fields if "campaign" in fields else fields | {"campaign": campaign()}
    made = Errand.objects.create(**told)
    for each in people or [employee()]:
        made.shares.create(employee=each)
    return made


def cost(of: Channel | None = None, **fields) -> Cost:
    days = {"first_on": day(1).date(), "last_on": day(10).date()}
    told = {"kind": "media", "amount": 10_000, "channel": of or channel()}
    return Cost.objects.create(**days | told | fields)


def reckoning(**fields) -> Reckoning:
    """An attribution of a year, kept; there is one of each."""
    told = {"many": 0, "worth": 0, "untouched": 0, "untouched_worth": 0, "rows": []}
    asked = {"goal": "first", "by": "channel", "window": 30, "days": next(number)}
    return Reckoning.objects.create(last=day(1).date(), told=told, **asked | fields)


def referral(of: Contact | None = None, *, inviter: Contact | None = None) -> Referral:
    """A friend who came by somebody's invite, counted, and a sign that looks odd."""
    there = Campaign.objects.launched().order_by("pk").first() or campaign()
    invite = issue_invite(campaign=there, contact=inviter or contact(), at=day(2))
    helper = of or contact("朋友")
    follow(helper, started_at=day(3), state=invite.state)
    [made] = attribute_contact(contact_id=helper.pk, at=day(4))
    Sign.objects.create(
        invite=invite,
        kind="burst",
        weight=60,
        seen={"helpers": 12, "minutes": 5, "even": None, "referrals": [made.pk]},
        at=day(4),
    )
    return made


def group_code(name: str = "", **fields) -> GroupCode:
    """A code with one group behind it."""
    return keep_group_code(
        name=name or f"群活码 {next(number)}",
        groups=[group_chat().pk],
        by=None,
        at=day(1),
        **fields,
    )


def told_order(
    order_number: str = "", *, by: Person | None = None, **state
) -> ToldOrder:
    """An order as its system tells it; by somebody with a phone of their own."""
    known = next(number)
    lines = state.pop("lines", (Line(number="sku-1", name="高山乌龙", amount=100),))
    placed_at = state.pop("placed_at", day(1))
    moments = [placed_at, *(v for k, v in state.items() if k.endswith("_at") and v)]
    return ToldOrder(
        number=order_number or f"order-{known}",
        person=by or Person(ids=(Id("phone", f"138{known:08}"),), name="张三丰"),
        state=State(
            **{"amount": 100, "changed_at": max(moments)} | state,
            placed_at=placed_at,
            lines_digest=digest_of(lines),
        ),
        lines=lines,
    )


def order(of: Contact | None = None, *, system: str = "youzan", **told) -> Order:
    contact_id = (of or contact()).pk
    told_one = told_order(by=Person(ids=(), contact_id=contact_id), **told)
    [recorded] = record_orders(
        system=system,
        orders=[told_one],
        source=EventRecord.Source.CLIENT,
        at=told_one.state.placed_at,
    )
    return Order.objects.get(pk=recorded.order_id)


def product(name: str = "高山乌龙", **fields) -> Product:
    fields = {"system": "youzan", "number": f"sku-{next(number)}"} | fields
    return Product.objects.create(name=name, **fields)
