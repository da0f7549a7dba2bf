"""I14: one owner per lead, caps kept at every instant, however many deal at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.db.models import Count

from apps.assignment.assign import assign, general_pool
from apps.assignment.give import give
from apps.assignment.models import Assignment, AssignmentRule, Dealt, Skill
from apps.contacts.events import ContactCreated
from apps.contacts.follow import start_follows
from apps.contacts.models import Contact
from apps.contacts.rows import FollowRow
from apps.contacts.settle import settle
from apps.events.bus import record
from apps.events.models import EventRecord
from tests import make
from tests.assignment.rules import a_rule, leads, person
from tests.conftest import day

CALLBACK = EventRecord.Source.CALLBACK
How = Assignment.How


def owners(contacts):
    rows = Contact.objects.filter(pk__in=[c.pk for c in contacts])
    return [owner for _pk, owner in sorted(rows.values_list("pk", "owner_id"))]


def pks(contacts):
    return [contact.pk for contact in contacts]


@pytest.mark.django_db
class TestAssign:
    def test_deals_in_turn_and_says_why(self):
        ann, ben = make.employee("林静"), make.employee("周明")
        a_rule(ann, ben)
        people = leads(4, at=day(2))

        assign(pks(people), at=day(2))

        assert owners(people) == [ann.pk, ben.pk, ann.pk, ben.pk]
        row = Assignment.objects.open().get(contact=people[0])
        assert row.why == "规则「新客分配」：等待最久"
        assert row.how == How.RULE

    def test_told_again_nothing_more_happens(self):
        a_rule(make.employee(), make.employee())
        people = leads(3)
        for _time in range(3):
            assign(pks(people), at=day(2))

        assert Assignment.objects.count() == 3
        assert sum(Dealt.objects.values_list("given", flat=True)) == 3

    def test_turns_go_on_from_one_call_to_the_next(self):
        staff = [make.employee() for _ in range(3)]
        a_rule(
            *(person(e, weight=w) for e, w in zip(staff, (1, 2, 3), strict=True)),
            strategy="weighted",
        )
        people = leads(12)
        for contact in people:
            assign([contact.pk], at=day(2))

        given = Counter(owners(people))
        assert [given[e.pk] for e in staff] == [2, 4, 6]

    def test_when_all_are_full_they_wait_in_the_pool_with_the_reason(self):
        ann = make.employee("林静")
        a_rule(person(ann, daily_cap=2))
        people = leads(3)

        assign(pks(people), at=day(2))

        last = Assignment.objects.open().get(contact=people[2])
        assert last.pool == general_pool()
        assert last.why == "规则「新客分配」：暂时无人可分（今日已达上限 1）"
        assert owners(people) == [ann.pk, ann.pk, None]

    def test_a_cap_of_the_day_ends_at_midnight_of_the_corps_zone(self):
        ann = make.employee()
        a_rule(person(ann, daily_cap=1))
        first, second, third = leads(3)
        late = day(2, hour=23) + timedelta(minutes=59)

        assign([first.pk], at=late)
        assign([second.pk], at=late + timedelta(seconds=59))
        assign([third.pk], at=late + timedelta(minutes=1))

        assert owners([first, second, third]) == [ann.pk, None, ann.pk]

    def test_conditions_decide_and_the_first_rule_that_fits(self):
        ann, ben = make.employee(), make.employee()
        a_rule(ann, name="女客户", rule={"field": "gender", "op": "any", "value": [2]})
        a_rule(ben, name="其他")
        people = [*leads(1, gender=2), *leads(1, gender=1)]

        assign(pks(people), at=day(2))

        assert owners(people) == [ann.pk, ben.pk]

    def test_a_rule_that_is_not_understood_stands_in_nobodys_way(self):
        ann = make.employee()
        broken = a_rule(ann, name="坏的", rule={"field": "no_such", "op": "any"})
        a_rule(ann, name="好的")
        [contact] = leads(1)

        assign([contact.pk], at=day(2))

        assert owners([contact]) == [ann.pk]
        broken.refresh_from_db()
        assert broken.trouble

    def test_of_whom_no_rule_speaks_stays_with_whoever_added_them_or_waits(self):
        ann = make.employee()
        a_rule(ann, rule={"field": "gender", "op": "any", "value": [2]})
        added = make.follow(employee=ann).identity.contact
        settle([added.pk])
        [strange] = leads(1)

        assign([added.pk, strange.pk], at=day(2))

        assert not Assignment.objects.filter(contact=added).exists()
        assert Assignment.objects.get(contact=strange).pool == general_pool()

    def test_whoever_left_is_given_nobody(self):
        gone, ann = make.employee(left_at=day(1)), make.employee()
        a_rule(gone, ann)
        people = leads(2)

        assign(pks(people), at=day(2))

        assert owners(people) == [ann.pk, ann.pk]

    def test_the_same_employee_as_before_even_after_a_time_in_the_pool(self):
        ann, ben = make.employee(), make.employee()
        a_rule(ann, ben, keeps=True)
        [contact] = leads(1)
        give(contact=contact, employee=ben, how=How.HAND, at=day(1))
        give(contact=contact, pool=general_pool(), how=How.RECLAIM, at=day(2))

        assign([contact.pk], at=day(3))

        assert owners([contact]) == [ben.pk]

    def test_by_skill(self):
        ann, ben = make.employee(), make.employee()
        tag = make.tag()
        Skill.objects.create(employee=ben, tag=tag)
        a_rule(ann, ben, by_skill=True)
        contact = make.follow(employee=ann).identity.contact
        make.tagging(tag, contact.identities.get().follows.get())

        assign([contact.pk], at=day(2))

        assert owners([contact]) == [ben.pk]

    def test_a_follow_that_is_told_by_wecom_is_dealt_out(self, work_off):
        ann, ben = make.employee(), make.employee()
        a_rule(ben)

        start_follows(
            [FollowRow(external_id="wm1", employee_id=ann.pk, began_at=day(2))],
            source=CALLBACK,
        )
        work_off()

        contact = Contact.objects.get()
        assert contact.owner == ben
        assert [
            (a.employee_id, a.how) for a in contact.assignments.order_by("since")
        ] == [(ann.pk, "follow"), (ben.pk, "rule")]

    def test_what_the_first_pull_finds_sets_nothing_off(self, work_off):
        ann = make.employee()
        a_rule(make.employee())
        start_follows(
            [FollowRow(external_id="wm1", employee_id=ann.pk, began_at=day(2))],
            source=EventRecord.Source.FIRST_PULL,
        )
        work_off()

        assert not Assignment.objects.exists()

    def test_somebody_brought_by_a_table_or_told_by_a_client_is_dealt_out(
        self, work_off
    ):
        ann = make.employee()
        a_rule(ann)
        people = leads(2)
        for contact, source in zip(people, ("person", "client"), strict=True):
            record(ContactCreated(at=day(2), source=source, contact_id=contact.pk))
        work_off()

        assert owners(people) == [ann.pk, ann.pk]


@pytest.mark.django_db(transaction=True)
def test_sixteen_deal_at_once_and_no_cap_is_passed():
    staff = [make.employee() for _ in range(4)]
    a_rule(*(person(e, daily_cap=5, total_cap=4 + n) for n, e in enumerate(staff)))
    people = leads(32)

    def deal(pair):
        try:
            return assign(pks(pair), at=day(2))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as crowd:
        list(crowd.map(deal, [people[n : n + 2] for n in range(0, 32, 2)]))

    given = Counter(owners(people))
    assert [given[e.pk] for e in staff] == [4, 5, 5, 5]
    assert given[None] == 32 - 19
    once = Assignment.objects.open().values("contact").annotate(many=Count("pk"))
    assert {row["many"] for row in once} == {1} and len(once) == 32
    assert sum(Dealt.objects.values_list("given", flat=True)) == 19
    assert AssignmentRule.objects.get().turns == 19
