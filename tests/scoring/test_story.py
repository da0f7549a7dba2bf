"""A lead grows warm, and what follows; she falls silent; a rule is changed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.assignment.models import Assignment, Pool
from apps.behaviour.report import ToldBehaviour, report
from apps.contacts.events import FollowStarted
from apps.contacts.recognise import Person
from apps.events.bus import record
from apps.events.models import EventRecord
from apps.followups.models import Task
from apps.orders.events import OrderPaid
from apps.scoring import trades
from apps.scoring.events import GradeChanged
from apps.scoring.fits import look_at_all
from apps.scoring.keep import keep, put_in_force
from apps.scoring.models import GradeTask, Standing
from apps.scoring.preview import preview
from apps.scoring.settle import sweep
from apps.scoring.why import why
from apps.tags.models import Tagging, TagGroup
from tests import make
from tests.assignment.rules import a_rule, person
from tests.conftest import day
from tests.scoring.ledgers import did, heard, in_force, said, standing
from tests.scoring.ledgers import work_off as reckon

pytestmark = pytest.mark.django_db

BEST = {"field": "grade", "op": "any", "value": ["A1"]}


def added(contact, *, at) -> None:
    follow = make.follow(contact, started_at=at, employee=make.employee())
    told = {"follow_id": follow.pk, "employee_id": follow.employee_id}
    source = EventRecord.Source.CALLBACK
    record(FollowStarted(at=at, source=source, contact_id=contact.pk, **told))


def bought(contact, *, at) -> None:
    order = make.order(contact, paid_at=at, amount=9_900)
    told = {"order_id": order.pk, "amount": 9_900}
    source = EventRecord.Source.CLIENT
    record(OrderPaid(at=at, source=source, contact_id=contact.pk, **told))


def read_three(contact, *, at) -> None:
    told = [
        ToldBehaviour(
            number=f"a{n}",
            person=Person(ids=(), contact_id=contact.pk),
            kind="article",
            at=at,
        )
        for n in range(3)
    ]
    report(system="site", behaviours=told, source=EventRecord.Source.CLIENT, at=at)


def grades() -> list[str]:
    told = EventRecord.objects.filter(kind=GradeChanged.__name__).order_by("pk")
    return [f"{each.facts['was']}→{each.facts['grade']}" for each in told]


@pytest.mark.django_db(transaction=True)
class TestWarm:
    def test_from_b2_to_a1_and_into_the_senior_pool_with_reasons(self, work_off):
        now = timezone.now()
        lead = make.contact("新线索", corp_name="某某公司", position="采购经理")
        trades.take(trade=trades.TRADES["b2b"], by=make.root(), at=now)
        work_off()
        put_in_force(by=make.root(), at=now)
        work_off()
        own = make.tag_group(kind=TagGroup.Kind.OWN)
        hot = make.tag("热线索", group=own, wecom_id="")
        make.tag_rule(hot, scene="grade", narrowed={"grades": ["A1"]})
        GradeTask.objects.create(grades=["B2"], text="当天致电", within=60)
        senior = Pool.objects.create(name="资深顾问池")
        a_rule(person(make.employee(serves=False)), rule=BEST, pool=senior)
        lead.owner = make.employee("林静")
        lead.save()

        added(lead, at=now)
        read_three(lead, at=now)
        work_off()
        assert standing(lead).grade == "B2"
        assert Task.objects.filter(contact=lead, text="当天致电").count() == 1

        added(lead, at=now)
        bought(lead, at=now)
        work_off()
        look_at_all(at=timezone.now())
        work_off()

        assert standing(lead).grade == "A1"
        assert grades()[-1].endswith("→A1")
        assignment = Assignment.objects.get(contact=lead, until=None)
        assert assignment.pool == senior and assignment.why
        assert Tagging.objects.filter(contact=lead, tag=hot).exists()
        reasons = why(lead.pk, at=timezone.now())
        assert reasons.score == standing(lead).score
        names = {r.version.rule.name for g in reasons.engagement for r in g.rules}
        assert names == {"添加了员工", "打开文章", "支付订单"}
        many = len(grades())
        work_off()
        sweep(at=timezone.now())
        assert len(grades()) == many


def test_she_falls_silent_for_two_half_lives_and_her_grade_sinks():
    in_force(said(points=44, half_life=30))
    someone = make.contact()
    heard(did(someone, at=day(1), number=1), at=day(1))
    assert standing(someone).grade == "D1"

    for days in range(1, 61):
        sweep(at=day(1) + timedelta(days=days))

    assert (standing(someone).engagement, standing(someone).grade) == (11, "D3")
    assert grades() == ["→D1", "D1→D2", "D2→D3"]
    assert sweep(at=day(1) + timedelta(days=60)) == 0


def test_near_a_threshold_nobody_goes_to_and_fro():
    read = {"kinds": "read"}
    in_force(
        said(points=25, narrowed=read),
        said("退订", points=-4, narrowed={"kinds": "left"}),
    )
    someone = make.contact()
    heard(did(someone, at=day(1), number=1), at=day(1))
    assert standing(someone).grade == "D2"
    heard(did(someone, "left", at=day(2), number=2), at=day(2))
    assert (standing(someone).score, standing(someone).grade) == (21, "D2")
    heard(did(someone, "left", at=day(2), number=3), at=day(2))
    assert (standing(someone).score, standing(someone).grade) == (17, "D3")


def test_what_the_preview_shows_is_what_then_happens_and_no_news():
    people = [make.contact(f"客户{n}") for n in range(6)]
    [first] = in_force(said(points=10))
    for n, who in enumerate(people):
        records = [did(who, at=day(1), number=10 * n + k) for k in range(n)]
        heard(*records, at=day(1))
    told_before = grades()
    [draft] = drafted_change(first, points=20)
    found = preview(at=day(2))
    before = {s.contact_id: s.grade for s in Standing.objects.all()}

    put_in_force(by=make.root(), at=day(2))
    reckon()

    after = {s.contact_id: s.grade for s in Standing.objects.all()}
    moves = {(m.was, m.grade): m.many for m in found.moves}
    happened: dict[tuple[str, str], int] = {}
    for pk, grade in after.items():
        if before[pk] != grade:
            pair = (before[pk], grade)
            happened[pair] = happened.get(pair, 0) + 1
    assert moves == happened and happened
    assert {g: n for g, _b, n in found.grades if n} == {
        grade: list(after.values()).count(grade) for grade in set(after.values())
    }
    assert grades() == told_before
    assert draft.number == 2 and first.earnings.count() == draft.earnings.count()


def test_another_half_life_counts_the_same_lines():
    [first] = in_force(said(points=40))
    someone = make.contact()
    heard(did(someone, at=day(1), number=1), at=day(1))
    [draft] = drafted_change(first, points=40, half_life=10)
    assert draft.earns_as_id == first.pk and not draft.earnings.exists()

    heard(did(someone, at=day(11), number=2), at=day(11))
    put_in_force(by=make.root(), at=day(11))
    reckon()
    sweep(at=day(11))
    Standing.objects.update(due_at=day(11))
    sweep(at=day(11))

    assert standing(someone).engagement == 60


def drafted_change(version, **fields):
    keep(
        said=said(version.rule.name, **fields),
        by=make.root(),
        at=day(2),
        rule=version.rule,
        version=version.number,
    )
    reckon()
    return list(version.rule.versions.filter(state="draft"))
