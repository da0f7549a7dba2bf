"""A contact is given to an employee or put into a pool; the history has no gap."""

import pytest

from apps.assignment.assign import general_pool
from apps.assignment.give import HasLeft, give
from apps.assignment.models import Assignment
from apps.audit.models import AuditRow
from apps.contacts.follow import start_follows
from apps.contacts.forget import forget
from apps.contacts.merge import merge
from apps.contacts.models import Contact
from apps.contacts.rows import FollowRow
from apps.contacts.settle import settle
from apps.contacts.unmerge import undo
from apps.events.models import EventRecord
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db
How = Assignment.How


def spells(contact: Contact):
    rows = Assignment.objects.filter(contact=contact).order_by("since", "pk")
    return [(r.employee_id, r.since, r.until, r.how) for r in rows]


def added(employee, contact=None, at=None):
    follow = make.follow(contact, employee=employee, started_at=at or day(1))
    contact = follow.identity.contact
    settle([contact.pk])
    contact.refresh_from_db()
    return contact


def owner_of(contact: Contact):
    return Contact.objects.values_list("owner_id", flat=True).get(pk=contact.pk)


def test_what_follows_said_is_written_down_before_so_that_no_history_has_a_gap():
    ann, ben = make.employee("林静"), make.employee("周明")
    contact = added(ann)

    give(contact=contact, employee=ben, how=How.HAND, at=day(5), why="换人")

    assert spells(contact) == [
        (ann.pk, day(1), day(5), "follow"),
        (ben.pk, day(5), None, "hand"),
    ]
    assert owner_of(contact) == ben.pk


def test_who_has_them_already_keeps_them_and_nothing_is_written():
    ann = make.employee()
    contact = make.contact()
    assert give(contact=contact, employee=ann, how=How.RULE, at=day(2))

    assert not give(contact=contact, employee=ann, how=How.RULE, at=day(3))

    assert len(spells(contact)) == 1
    assert EventRecord.objects.filter(kind="OwnerChanged").count() == 1


def test_a_decided_owner_outlives_whatever_wecom_tells_of_connections():
    ann, ben = make.employee("林静"), make.employee("周明")
    contact = added(ann)
    give(contact=contact, employee=ben, how=How.HAND, at=day(5))
    told = contact.identities.get().value

    start_follows(
        [
            FollowRow(
                external_id=told, employee_id=ann.pk, began_at=day(1), read_at=day(6)
            )
        ],
        source=EventRecord.Source.RECONCILE,
    )
    settle([contact.pk])

    assert owner_of(contact) == ben.pk


def test_in_a_pool_nobody_is_the_owner_although_somebody_is_connected():
    contact = added(make.employee())

    give(contact=contact, pool=general_pool(), how=How.RECLAIM, at=day(5))
    settle([contact.pk])

    assert owner_of(contact) is None


def test_nobody_is_given_to_somebody_who_has_left():
    gone = make.employee(left_at=day(1))

    with pytest.raises(HasLeft):
        give(contact=make.contact(), employee=gone, how=How.HAND, at=day(2))


def test_a_person_who_gives_is_in_the_audit_with_before_and_after():
    boss = make.root()
    contact = added(make.employee("林静"))

    give(
        contact=contact,
        employee=make.employee("周明"),
        how=How.HAND,
        at=day(5),
        by=boss,
    )

    row = AuditRow.objects.get(deed="assigned")
    assert (row.before, row.after) == ({"owner": "林静"}, {"owner": "周明"})
    assert (row.contact_id, row.actor_id) == (contact.pk, boss.pk)


@pytest.mark.parametrize("whose", ["winner", "loser"])
def test_a_decided_owner_survives_a_merge_and_comes_back_when_it_is_undone(whose):
    ann, ben = make.employee("林静"), make.employee("周明")
    winner, loser = added(ann), added(ann)
    decided = {"winner": winner, "loser": loser}[whose]
    give(contact=decided, employee=ben, how=How.HAND, at=day(5))

    journal = merge(winner=winner, loser=loser, at=day(6))
    assert owner_of(winner) == ben.pk

    undo(merge=journal, at=day(7))
    others = loser if decided is winner else winner
    assert owner_of(decided) == ben.pk
    assert owner_of(others) == ann.pk
    assert len(spells(decided)) == 2


def test_who_is_erased_takes_the_history_along():
    contact = added(make.employee())
    give(contact=contact, employee=make.employee(), how=How.HAND, at=day(5))

    forget(make.erasure(contact_number=contact.pk), at=day(6))

    assert not Assignment.objects.exists()
