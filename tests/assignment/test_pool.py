"""The pool: claimed once, capped, cooled down, taken back after a notice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.urls import reverse
from django.utils import timezone

from apps.assignment import pool as verbs
from apps.assignment.assign import general_pool
from apps.assignment.give import give
from apps.assignment.models import Assignment, Notice, Pool, Protection
from apps.assignment.reclaim import run, take_back
from apps.assignment.waiting import came_back, page_of
from apps.contacts.models import Contact
from apps.contacts.settle import settle
from apps.events.models import EventRecord
from apps.followups.models import Lead, Stage, Task
from apps.followups.models import Notice as Reminder
from apps.followups.say_in_wecom import say_in_wecom
from apps.wecom.models import Command
from tests import make
from tests.assignment.rules import leads
from tests.backoffice.attacked import signed_in
from tests.conftest import day

How = Assignment.How
django_db = pytest.mark.django_db


def member(name="林静"):
    return make.user(role="employee", employee=make.employee(name))


def a_pool(**fields) -> Pool:
    pool = general_pool()
    Pool.objects.filter(pk=pool.pk).update(**fields)
    pool.refresh_from_db()
    return pool


def waiting(pool, many=1, *, at=None):
    people = leads(many)
    for contact in people:
        give(contact=contact, pool=pool, how=How.RETURN, at=at or day(1))
    return people


def owned(owner, *, at=None, **fields):
    contact = make.contact(added_at=at or day(1), **fields)
    give(contact=contact, employee=owner, how=How.HAND, at=at or day(1))
    return contact


def open_of(contact):
    return Assignment.objects.open().get(contact=contact)


@django_db
class TestClaim:
    def test_whoever_claims_looks_after_them_from_now_on(self):
        ann = member()
        [contact] = waiting(general_pool())

        verbs.claim(contact=contact, pool=general_pool(), by=ann, at=day(2))

        contact.refresh_from_db()
        assert contact.owner == ann.employee
        row = open_of(contact)
        assert (row.how, row.by, row.why) == (How.CLAIM, ann, "来自「公共公海」")

    def test_the_second_is_told_who_was_faster(self):
        ann, ben = member("林静"), member("周明")
        [contact] = waiting(general_pool())
        verbs.claim(contact=contact, pool=general_pool(), by=ann, at=day(2))

        with pytest.raises(verbs.ClaimedAlready) as refused:
            verbs.claim(contact=contact, pool=general_pool(), by=ben, at=day(2))

        assert "林静" in str(refused.value)

    def test_claims_of_a_day_are_capped_and_a_new_day_begins_at_midnight(self):
        ann = member()
        pool = a_pool(claims_a_day=2)
        people = waiting(pool, 4)
        late = day(2, hour=23.9)
        for contact in people[:2]:
            verbs.claim(contact=contact, pool=pool, by=ann, at=late)

        with pytest.raises(verbs.ClaimsOfTheDay):
            verbs.claim(contact=people[2], pool=pool, by=ann, at=late)
        verbs.claim(contact=people[2], pool=pool, by=ann, at=day(3, hour=0))

    def test_whoever_has_a_full_hand_claims_no_more(self):
        ann = member()
        pool = a_pool(most_in_hand=1)
        owned(ann.employee)
        [contact] = waiting(pool)

        with pytest.raises(verbs.HandIsFull):
            verbs.claim(contact=contact, pool=pool, by=ann, at=day(2))

    def test_whoever_had_them_last_waits_for_the_cool_down_others_do_not(self):
        ann, ben = member("林静"), member("周明")
        pool = a_pool(cool_down_days=3)
        contact = owned(ann.employee)
        give(contact=contact, pool=pool, how=How.RECLAIM, at=day(5))

        with pytest.raises(verbs.CoolsDown) as refused:
            verbs.claim(contact=contact, pool=pool, by=ann, at=day(7))
        assert "2026-03-08 09:00" in str(refused.value)
        verbs.claim(contact=contact, pool=pool, by=ben, at=day(7))

        again = owned(ann.employee)
        give(contact=again, pool=pool, how=How.RECLAIM, at=day(5))
        verbs.claim(contact=again, pool=pool, by=ann, at=day(8))

    def test_only_members_see_a_pool_and_claim(self):
        ann, ben = member("林静"), member("周明")
        pool = Pool.objects.create(name="华东", people=[ann.employee_id])
        [contact] = waiting(pool)

        assert pool in Pool.objects.visible_to(ann)
        assert pool not in Pool.objects.visible_to(ben)
        with pytest.raises(verbs.NotAMember):
            verbs.claim(contact=contact, pool=pool, by=ben, at=day(2))

    def test_the_owner_gives_back_with_a_reason_and_nobody_else_does(self):
        ann, ben = member("林静"), member("周明")
        contact = owned(ann.employee)

        with pytest.raises(verbs.NotYours):
            verbs.give_back(contact=contact, why="没空", by=ben, at=day(2))
        with pytest.raises(verbs.NoReasonGiven):
            verbs.give_back(contact=contact, why=" ", by=ann, at=day(2))
        verbs.give_back(contact=contact, why="不在本区", by=ann, at=day(2))

        assert (open_of(contact).how, open_of(contact).why) == (How.RETURN, "不在本区")

    def test_so_many_may_be_protected_and_no_more(self):
        ann = member()
        a_pool(most_protected=1)
        first, second = owned(ann.employee), owned(ann.employee)
        verbs.protect(contact=first, on=True, by=ann, at=day(2))

        with pytest.raises(verbs.TooManyProtected):
            verbs.protect(contact=second, on=True, by=ann, at=day(2))
        verbs.protect(contact=first, on=False, by=ann, at=day(2))
        verbs.protect(contact=second, on=True, by=ann, at=day(2))

        assert [p.contact for p in Protection.objects.all()] == [second]


@django_db
class TestLooking:
    def test_so_many_of_a_pool_are_shown_a_day_and_the_same_page_counts_once(self):
        ann = member()
        pool = a_pool(views_a_day=30)
        waiting(pool, 31)

        def shown(before, at):
            page = page_of(pool, user=ann, before=before, at=at)
            return len(page["lines"]), page["older"]

        many, older = shown("", day(2))
        assert (many, shown("", day(2))[0]) == (30, 30)
        assert shown(older, day(2))[0] == 0
        assert shown(older, day(3))[0] == 1

    def test_it_is_told_whose_customers_came_back_and_how(self):
        ann, ben = member("林静"), member("周明")
        pool = a_pool()
        first, second = owned(ann.employee), owned(ben.employee)
        verbs.give_back(contact=first, why="不在本区", by=ann, at=day(2))
        give(contact=second, pool=pool, how=How.RECLAIM, at=day(3))
        verbs.claim(contact=first, pool=pool, by=ben, at=day(3))

        lines = [
            (line["employee"].name, line["lost"], line["returned"], line["claimed"])
            for line in came_back(pool, at=day(4))
        ]
        assert lines == [("周明", 1, 0, 1), ("林静", 0, 1, 0)]


@pytest.mark.django_db(transaction=True)
def test_of_sixteen_who_claim_at_once_each_contact_has_one_and_no_cap_is_passed():
    people = [member() for _ in range(16)]
    pool = a_pool(claims_a_day=1)
    first, second = waiting(pool, 2)

    def try_both(user):
        got = 0
        try:
            for contact in (first, second):
                try:
                    verbs.claim(contact=contact, pool=pool, by=user, at=day(2))
                    got += 1
                except (verbs.ClaimedAlready, verbs.ClaimsOfTheDay):
                    pass
            return got
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as crowd:
        got = list(crowd.map(try_both, people))

    assert sorted(got) == [0] * 14 + [1, 1]
    owners = {open_of(first).employee_id, open_of(second).employee_id}
    assert len(owners) == 2 and None not in owners


@django_db
class TestReclaim:
    def test_who_is_not_followed_up_is_told_of_and_then_taken_back_with_the_reason(
        self,
    ):
        ann = make.employee("林静")
        pool = a_pool(reclaims_after=10, warns_before=3)
        contact = owned(ann, at=day(1))

        run(at=day(7))
        assert not Notice.objects.exists()
        run(at=day(8))
        told = Notice.objects.get()
        assert (told.contact, told.employee, told.due_at) == (contact, ann, day(11))
        run(at=day(10))
        assert open_of(contact).employee == ann
        run(at=day(11))

        row = open_of(contact)
        assert (row.pool, row.how) == (pool, How.RECLAIM)
        assert row.why == "林静 已 10 天没有跟进"
        contact.refresh_from_db()
        assert contact.owner is None
        assert not Notice.objects.exists()
        told = EventRecord.objects.filter(kind="OwnerChanged").latest("pk")
        assert told.facts["reason"] == "reclaim_pool"

    def test_owners_are_told_once_of_all_at_once_also_in_wecom(self):
        ann = member()
        a_pool(reclaims_after=10, warns_before=3)
        for _one in range(3):
            owned(ann.employee, at=day(1))
        later = owned(ann.employee, at=day(2))

        run(at=day(8))
        run(at=day(8, hour=10))
        [told] = Reminder.objects.all()
        assert (told.employee, told.kind, told.many) == (ann.employee, "reclaim", 3)
        say_in_wecom(at=day(9, hour=9.5))

        [message] = Command.objects.filter(call="message.send")
        assert "3 位客户即将回收到公海" in message.arguments["text"]["content"]
        page = signed_in(ann).get(
            reverse("admin:contacts_contact_changelist"), {"taken_back": "soon"}
        )
        found = {row.pk for row in page.context["cl"].result_list}
        assert len(found) == 3 and later.pk not in found

    def test_nobody_is_taken_back_who_was_not_told_so_long_before(self):
        a_pool(reclaims_after=10, warns_before=3)
        contact = owned(make.employee(), at=day(1))

        run(at=day(30))
        run(at=day(32))
        assert open_of(contact).employee is not None
        run(at=day(33))

        assert open_of(contact).pool is not None

    def test_a_follow_up_after_the_notice_keeps_them(self):
        ann = member()
        a_pool(reclaims_after=10, warns_before=3)
        contact = owned(ann.employee, at=day(1))
        run(at=day(8))

        make.note(contact, author=ann, written_at=day(9))
        run(at=day(11))

        assert open_of(contact).employee == ann.employee
        assert not Notice.objects.exists()

    def test_a_follow_up_between_the_scan_and_the_lock_counts(self):
        ann = member()
        pool = a_pool(reclaims_after=10, warns_before=3)
        contact = owned(ann.employee, at=day(1))
        run(at=day(8))
        make.note(contact, author=ann, written_at=day(10.9))

        assert take_back(pool, [contact.pk], at=day(11)) == 0

    @pytest.mark.parametrize("spared_by", ["protection", "order", "tag", "colleague"])
    def test_who_is_spared_is_neither_told_of_nor_taken_back(self, spared_by):
        ann = member()
        tag = make.tag()
        pool = a_pool(
            reclaims_after=10,
            warns_before=3,
            spares_bought_days=60,
            spares_tags=[tag.pk],
            spares_shared=True,
        )
        contact = owned(ann.employee, at=day(1))
        other = owned(ann.employee, at=day(1))
        if spared_by == "protection":
            verbs.protect(contact=contact, on=True, by=ann, at=day(2))
        elif spared_by == "order":
            make.order(contact, placed_at=day(3))
        elif spared_by == "tag":
            make.tagging(tag, make.follow(contact, employee=ann.employee))
        else:
            make.follow(contact, employee=make.employee())

        run(at=day(8))
        run(at=day(11))

        assert open_of(contact).employee == ann.employee
        assert open_of(other).pool == pool

    def test_a_stage_has_days_of_its_own_and_a_next_step_keeps_them(self):
        ann = make.employee()
        soon, never, agreed, other = (owned(ann, at=day(1)) for _ in range(4))
        new, deal = Stage.objects.order_by("place")[:2]
        a_pool(
            reclaims_after=20,
            warns_before=1,
            stage_days={str(new.pk): 5, str(deal.pk): None},
        )
        told = {"owner": ann, "stage_since": day(1), "opened_at": day(1)}
        for contact, stage in ((soon, new), (never, deal), (agreed, new)):
            Lead.objects.create(contact=contact, stage=stage, touched_at=day(1), **told)
        Task.objects.create(
            contact=agreed, employee=ann, due_at=day(40), made_at=day(1)
        )

        run(at=day(5))
        run(at=day(6))
        assert open_of(soon).pool and open_of(other).employee
        run(at=day(30))
        run(at=day(31))

        assert open_of(never).employee and open_of(agreed).employee
        assert open_of(other).pool

    def test_customers_of_members_go_to_their_pool_others_to_the_general(self):
        ann, ben = make.employee("林静"), make.employee("周明")
        general = a_pool(reclaims_after=10, warns_before=1)
        east = Pool.objects.create(
            name="华东", people=[ann.pk], reclaims_after=5, warns_before=1
        )
        hers, his = owned(ann, at=day(1)), owned(ben, at=day(1))

        for number in range(4, 13):
            run(at=day(number))

        assert (open_of(hers).pool, open_of(his).pool) == (east, general)
        assert open_of(hers).since == day(6)

    def test_somebody_who_was_only_added_is_taken_back_too_without_a_gap(self):
        ann = make.employee()
        a_pool(reclaims_after=10, warns_before=1)
        contact = make.follow(employee=ann, started_at=day(1)).identity.contact
        settle([contact.pk])

        run(at=day(10))
        run(at=day(11))

        rows = contact.assignments.order_by("since")
        assert [(r.employee, r.since, r.until) for r in rows] == [
            (ann, day(1), day(11)),
            (None, day(11), None),
        ]

    def test_a_run_that_was_cut_short_is_gone_on_with_by_the_next(self):
        a_pool(reclaims_after=10, warns_before=1)
        for _time in range(3):
            owned(make.employee(), at=day(1))
        run(at=day(10))

        assert run(at=day(11), seconds=-1).is_left
        run(at=day(11))

        assert not Contact.objects.filter(owner__isnull=False).exists()
        assert Assignment.objects.open().filter(how=How.RECLAIM).count() == 3

    def test_a_pool_that_takes_nobody_back_tells_nobody(self):
        owned(make.employee(), at=day(1))
        run(at=day(300))

        assert not Notice.objects.exists()


@django_db
class TestPages:
    def test_the_page_says_why_each_is_there_and_a_click_claims(self):
        ann = member("林静")
        visitor = signed_in(ann)
        pool = general_pool()
        [contact] = waiting(pool, at=timezone.now() - timedelta(hours=1))
        address = reverse("admin:assignment_pool_change", args=[pool.pk])

        page = visitor.get(address).content.decode()
        assert contact.name in page and "退回公海" in page and "领取" in page
        visitor.post(
            reverse("admin:assignment_pool_claim", args=[pool.pk]),
            {"contact": contact.pk},
        )

        assert open_of(contact).employee == ann.employee
        assert not visitor.get(address).context["lines"]

    def test_who_waits_is_paged_through_without_loss(self):
        boss = signed_in(make.user(role="admin"))
        pool = general_pool()
        waiting(pool, 70)
        address = reverse("admin:assignment_pool_change", args=[pool.pk])
        seen = []
        before = ""
        while True:
            page = boss.get(address, {"before": before} if before else {}).context
            seen += [line["row"].contact_id for line in page["lines"]]
            before = page["older"]
            if not before:
                break

        assert len(seen) == len(set(seen)) == 70

    def test_a_pool_is_made_and_what_makes_no_sense_is_told_at_its_field(self):
        boss = signed_in(make.user(role="admin"))
        told = {
            "name": "华东公海",
            "people": f"[{make.employee().pk}]",
            "cool_down_days": 3,
            "most_protected": 20,
            "protection_days": 30,
            "warns_before": 5,
            "reclaims_after": 4,
        }
        build = reverse("admin:assignment_pool_build")

        wrong = boss.post(build, told).content.decode()
        assert "提醒天数" in wrong
        boss.post(build, {**told, "reclaims_after": 15})

        pool = Pool.objects.get(name="华东公海")
        assert (pool.reclaims_after, len(pool.people)) == (15, 1)
        again = reverse("admin:assignment_pool_rebuild", args=[pool.pk])
        assert "华东公海" in boss.get(again).content.decode()

    def test_the_owner_protects_and_gives_back_on_the_contact_page(self):
        ann = member()
        visitor = signed_in(ann)
        contact = owned(ann.employee, at=timezone.now() - timedelta(days=1))
        page = reverse("admin:contacts_contact_change", args=[contact.pk])

        assert "退回公海" in visitor.get(page).content.decode()
        protect = reverse("admin:contacts_contact_pool_protect", args=[contact.pk])
        visitor.post(protect, {"on": "yes"})
        assert Protection.objects.count() == 1
        back = reverse("admin:contacts_contact_pool_return", args=[contact.pk])
        visitor.post(back, {"why": "电话空号"})

        assert open_of(contact).why == "电话空号"
        assert not Protection.objects.exists()
