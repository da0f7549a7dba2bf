"""What happens is looked at by rules: once, in any order, for a reason that is kept."""

import pytest

from apps.audit.models import AuditRow
from apps.autotags.hit import offer
from apps.autotags.keep import NothingPutOn, keep, remove, switch, take_back
from apps.autotags.models import Hit, TagRule
from apps.autotags.put_on import try_again
from apps.behaviour.events import BehaviourReported
from apps.contacts.events import AttributesChanged, FollowStarted
from apps.contacts.merge import merge
from apps.contacts.models import Contact
from apps.events.bus import record, record_all
from apps.events.event import event_of
from apps.events.models import Delivery, EventRecord
from apps.groups.events import GroupJoined
from apps.lists.models import Batch
from apps.orders.events import OrderPaid, OrderRefunded
from apps.segments.events import SegmentEntered, SegmentLeft
from apps.segments.keep import InUse
from apps.segments.keep import remove as remove_segment
from apps.staff.models import Department, Posting
from apps.tags.models import Tagging, TagGroup
from apps.wecom.models import Command
from apps.wecom.outbox import conclude
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

SYSTEM = EventRecord.Source.SYSTEM


@pytest.fixture
def own():
    """A label of our own."""
    return make.tag("新客", group=make.tag_group(kind=TagGroup.Kind.OWN), wecom_id="")


def happens(kind, contact: Contact, *, at=None, **facts) -> EventRecord:
    """It is told, and whoever waits for it hears of it."""
    told = kind(at=at or day(2), source=SYSTEM, contact_id=contact.pk, **facts)
    row = record(told)
    hear(row)
    return row


def hear(row: EventRecord) -> None:
    for delivery in row.deliveries.filter(subscriber__contains="autotags"):
        delivery.work()


def added(contact: Contact | None = None, *, at=None, **facts) -> EventRecord:
    follow = make.follow(contact, started_at=at or day(2))
    told = {"follow_id": follow.pk, "employee_id": follow.employee_id} | facts
    return happens(FollowStarted, follow.identity.contact, at=at, **told)


def carriers(tag) -> set[int]:
    return set(Tagging.objects.filter(tag=tag).values_list("contact", flat=True))


class TestAHit:
    def test_puts_the_tag_on_and_keeps_the_reason(self, own):
        make.tag_rule(own, rule={"field": "name", "op": "contains", "value": "张"})
        zhang = make.contact("张三")

        row = added(zhang)
        added(make.contact("李四"))

        [hit] = Hit.objects.all()
        assert (hit.contact, hit.tag, hit.state, hit.event_id) == (
            *(zhang, own, Hit.State.PUT, row.pk),
        )
        [[words, evidence]] = hit.reason
        assert "张" in words and evidence == "张三"
        assert carriers(own) == {zhang.pk}
        assert Tagging.objects.get().source == SYSTEM
        tagged = AuditRow.objects.latest("pk")
        assert (tagged.deed, tagged.contact_id) == ("tagged", zhang.pk)

    def test_happens_once_however_often_the_same_is_told(self, own):
        make.tag_rule(own)
        row = added()
        event = event_of(row)

        hear(row)
        offer(event, at=day(3))
        again = record(event)  # under another number
        hear(again)

        assert Hit.objects.count() == 1
        assert EventRecord.objects.filter(kind="Tagged").count() == 1

    def test_of_somebody_who_carries_the_tag_changes_nothing(self, own):
        make.tag_rule(own)
        contact = make.contact()
        Tagging.objects.create(contact=contact, tag=own, source="person")

        added(contact)

        assert Hit.objects.get().state == Hit.State.SAME

    def test_falls_to_whom_the_contact_was_merged_into(self, own):
        make.tag_rule(own)
        one, other = make.contact("一"), make.contact("二")
        told = FollowStarted(
            at=day(2), source=SYSTEM, contact_id=other.pk, follow_id=7, employee_id=1
        )
        row = record(told)
        merge(winner=one, loser=other, reasons=["phone"], at=day(3))

        hear(row)

        assert Hit.objects.get().contact == one

    def test_not_of_what_happened_before_nor_of_a_first_pull(self, own):
        rule = make.tag_rule(own)
        switch(rule=rule, on=False, by=make.root(), at=day(4))
        added(at=day(5))
        switch(rule=rule, on=True, by=make.root(), at=day(6))

        row = added(at=day(5))
        told = FollowStarted(
            at=day(7),
            source=EventRecord.Source.FIRST_PULL,
            contact_id=make.contact().pk,
            follow_id=8,
            employee_id=1,
        )
        record_all([told])

        waiting = Delivery.objects.filter(subscriber__contains="autotags")
        assert not waiting.filter(event__pk__gte=row.pk).exists()
        assert not Hit.objects.exists()

    def test_a_rule_that_is_not_understood_stands_in_nobodys_way(self, own):
        broken = make.tag_rule(own)
        TagRule.objects.filter(pk=broken.pk).update(rule={"field": "gone", "op": "any"})
        fine = make.tag_rule(own)

        added()

        assert Hit.objects.get().rule == fine
        broken.refresh_from_db()
        assert broken.trouble


class TestScenes:
    @pytest.mark.parametrize(
        ("scene", "narrowed", "kind", "fits", "does_not"),
        [
            (
                "follow",
                {"states": "store_a，store_b"},
                FollowStarted,
                {"follow_id": 1, "employee_id": 1, "state": "store_b"},
                {"follow_id": 2, "employee_id": 1, "state": "store"},
            ),
            (
                "group",
                {"groups": [7]},
                GroupJoined,
                {"group_id": 7, "stay_id": 1},
                {"group_id": 8, "stay_id": 2},
            ),
            (
                "bought",
                {"least": 10_000},
                OrderPaid,
                {"order_id": 1, "amount": 10_000},
                {"order_id": 2, "amount": 9_999},
            ),
            (
                "refunded",
                {},
                OrderRefunded,
                {"order_id": 1, "amount": 1},
                None,
            ),
            (
                "behaviour",
                {"kinds": "view_page"},
                BehaviourReported,
                {"behaviour_id": 1, "name": "view_page"},
                {"behaviour_id": 2, "name": "view"},
            ),
            (
                "entered",
                {"segments": [3]},
                SegmentEntered,
                {"segment_id": 3},
                {"segment_id": 4},
            ),
            (
                "left",
                {"segments": [3]},
                SegmentLeft,
                {"segment_id": 3},
                {"segment_id": 4},
            ),
        ],
    )
    def test_hit_on_what_they_mean_and_on_nothing_else(
        self, own, scene, narrowed, kind, fits, does_not
    ):
        make.tag_rule(own, scene=scene, narrowed=narrowed)
        meant, other = make.contact(), make.contact()

        happens(kind, meant, **fits)
        if does_not:
            happens(kind, other, **does_not)

        assert carriers(own) == {meant.pk}

    def test_a_field_that_changed_with_its_value(self, own):
        level = make.attribute("年龄", "number")
        other = make.attribute("身高", "number")
        make.tag_rule(
            own,
            scene="attribute",
            narrowed={"attributes": [level.pk]},
            rule={"field": f"attribute.{level.pk}", "op": "at_least", "value": 18},
        )
        old, young, tall = (make.contact() for _number in range(3))
        for who, value in ((old, 30), (young, 3), (tall, 40)):
            who.attribute_values.create(
                attribute=level, number=value, at=day(1), source="person"
            )

        for who, which in ((old, level), (young, level), (tall, other)):
            happens(AttributesChanged, who, attribute_ids=[which.pk])

        assert carriers(own) == {old.pk}

    def test_by_employee_department_and_time_of_the_corps_zone(self, own):
        ann, bob = make.employee("安"), make.employee("波")
        house = Department.objects.create(wecom_id=7, name="门店", read_at=day(1))
        Posting.objects.create(employee=ann, department=house)
        make.tag_rule(
            own,
            narrowed={
                "departments": [house.pk],
                "weekdays": [1],  # the second of March 2026 is a Monday
                "hours": [9, 18],
                "dates": ["2026-03-01", "2026-03-31"],
            },
        )
        contacts = [make.contact() for _number in range(4)]
        told = [(ann, day(2)), (bob, day(2)), (ann, day(3)), (ann, day(2, hour=18))]
        for number, (contact, (employee, at)) in enumerate(
            zip(contacts, told, strict=True)
        ):
            facts = {"follow_id": number, "employee_id": employee.pk}
            happens(FollowStarted, contact, at=at, **facts)

        assert carriers(own) == {contacts[0].pk}


class TestCompanyTags:
    def test_are_asked_of_wecom_for_the_follow_that_began(self):
        tag = make.tag()
        make.tag_rule(tag)
        contact = make.contact()
        make.follow(contact)

        row = added(contact)

        command, hit = Command.objects.get(), Hit.objects.get()
        assert hit.state == Hit.State.ASKED and hit.command == command
        assert hit.follow_id == row.facts["follow_id"]
        assert command.arguments["add_tag"] == [tag.wecom_id]

    def test_that_a_colleague_has_put_on_first_are_none_of_the_rules(self):
        tag = make.tag()
        rule = make.tag_rule(tag)
        added()
        hit = Hit.objects.get()
        make.tagging(tag, hit.follow)
        command = Command.objects.get()
        command.note(errcode=0)

        conclude(command, called_at=day(3), result={})

        assert Hit.objects.get().state == Hit.State.SAME
        with pytest.raises(NothingPutOn):
            take_back(rule=rule, by=make.root(), at=day(4))

    def test_without_anybody_who_is_connected_fail_and_can_be_tried_again(self):
        tag = make.tag()
        rule = make.tag_rule(tag, scene="bought")
        contact = make.contact()

        happens(OrderPaid, contact, order_id=1, amount=1)
        assert "只能打在好友关系上" in Hit.objects.get().why
        make.follow(contact)

        assert try_again(rule=rule, by=make.root(), at=day(3)) == 1
        assert Hit.objects.get().state == Hit.State.ASKED


class TestTakingBack:
    def test_takes_off_what_the_rule_put_on_and_nothing_else(self, own):
        rule = make.tag_rule(own)
        before, hit = make.contact(), make.contact()
        Tagging.objects.create(contact=before, tag=own, source="person")
        added(before), added(hit)

        [batch] = take_back(rule=rule, by=make.root(), at=day(3))
        batch.work_off()

        assert carriers(own) == {before.pk}
        rule.refresh_from_db()
        assert not rule.is_on
        with pytest.raises(NothingPutOn):
            take_back(rule=rule, by=make.root(), at=day(4))

    def test_of_a_company_tag_asks_wecom_for_the_same_follow(self):
        tag = make.tag()
        rule = make.tag_rule(tag)
        row = added()
        follow_id = row.facts["follow_id"]
        Hit.objects.update(state=Hit.State.PUT)
        hit = Hit.objects.get()
        Tagging.objects.create(
            contact=hit.contact, tag=tag, follow_id=follow_id, source="system"
        )
        Command.objects.all().delete()

        [batch] = take_back(rule=rule, by=make.root(), at=day(3))
        batch.work_off()

        assert Command.objects.get().arguments["remove_tag"] == [tag.wecom_id]
        assert Batch.objects.get().rows.get().journal["follows"] == [follow_id]

    def test_removing_a_rule_leaves_its_tags(self, own):
        rule = make.tag_rule(own)
        added()

        remove(rule=rule, by=make.root(), at=day(3))

        assert not Hit.objects.exists() and carriers(own)


def test_a_changed_rule_looks_at_what_happens_from_then_on(own):
    rule = make.tag_rule(own)

    keep(
        kept=rule,
        name="改过",
        scene="group",
        narrowed={},
        rule=None,
        tags=[own.pk],
        by=make.root(),
        at=day(9),
    )

    rule.refresh_from_db()
    assert (rule.version, rule.on_since, rule.scene) == (2, day(9), "group")


class TestASegment:
    def test_is_kept_while_a_rule_goes_by_it(self, own):
        entered, among, other = (make.segment() for _number in range(3))
        scene = {"scene": "entered", "narrowed": {"segments": [entered.pk]}}
        make.tag_rule(own, **scene)
        rule = {"not": {"field": "segments", "op": "any", "value": [among.pk]}}
        make.tag_rule(own, rule=rule)

        for used in (entered, among):
            with pytest.raises(InUse, match="规则"):
                remove_segment(segment=used, by=make.root(), at=day(3))

        remove_segment(segment=other, by=make.root(), at=day(3))
