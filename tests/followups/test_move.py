"""A lead is opened, moves from stage to stage, and is won or lost."""

import pytest

from apps.audit.models import AuditRow
from apps.contacts.merge import merge
from apps.contacts.models import Contact
from apps.contacts.unmerge import undo
from apps.events.models import EventRecord
from apps.followups.models import Lead, Stage, Task
from apps.followups.move import (
    MovedMeanwhile,
    NeedsAmount,
    NoSuchReason,
    OpenAlready,
    SayWhy,
    expect,
    fen_in,
    move_lead,
    open_lead,
    welcome_as_lead,
)
from apps.followups.stages import first_stage, stages
from apps.followups.working_time import keep_setting
from apps.followups.write_down import write_down
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db


@pytest.fixture
def row() -> list[Stage]:
    first_stage()
    return stages()


@pytest.fixture
def by():
    return make.user("lin", role="manager", employee=make.employee())


@pytest.fixture
def contact(by) -> Contact:
    return make.contact(owner=by.employee)


def test_a_contact_has_at_most_one_open_lead(contact, by):
    open_lead(contact=contact, by=by, at=day(1))

    with pytest.raises(OpenAlready):
        open_lead(contact=contact, by=by, at=day(2))


def test_it_moves_and_says_so_in_the_timeline_and_in_the_audit(contact, by, row):
    lead = open_lead(contact=contact, by=by, at=day(1))

    moved = move_lead(lead=lead, to=row[2], seen_in=row[0].pk, by=by, at=day(2))

    assert (moved.stage, moved.stage_since) == (row[2], day(2))
    told = EventRecord.objects.get(kind="StageChanged")
    assert told.facts == {
        "lead_id": lead.pk,
        "stage_id": row[2].pk,
        "was_id": row[0].pk,
        "ends": "",
    }
    noted = AuditRow.objects.get(deed="changed")
    assert noted.after == {"stage": row[2].name}


def test_whoever_saw_it_elsewhere_is_refused(contact, by, row):
    lead = open_lead(contact=contact, by=by, at=day(1))
    move_lead(lead=lead, to=row[1], by=by, at=day(2))

    with pytest.raises(MovedMeanwhile):
        move_lead(lead=lead, to=row[2], seen_in=row[0].pk, by=by, at=day(3))


def test_it_is_lost_for_a_reason_and_opened_again(contact, by, row):
    lead = open_lead(contact=contact, by=by, at=day(1))
    keep_setting(lost_reasons=["价格"], by=by, at=day(1))
    with pytest.raises(SayWhy):
        move_lead(lead=lead, to=row[-1], by=by, at=day(2))
    with pytest.raises(NoSuchReason):
        move_lead(lead=lead, to=row[-1], reason="心情", by=by, at=day(2))

    lost = move_lead(lead=lead, to=row[-1], reason="价格", by=by, at=day(2))
    assert (lost.closed_at, lost.lost_reason) == (day(2), "价格")

    again = move_lead(lead=lead, to=row[0], by=by, at=day(3))
    assert (again.closed_at, again.lost_reason) == (None, "")


def test_it_is_not_opened_again_beside_another(contact, by, row):
    lead = open_lead(contact=contact, by=by, at=day(1))
    move_lead(lead=lead, to=row[-2], by=by, at=day(2))
    open_lead(contact=contact, by=by, at=day(3))

    with pytest.raises(OpenAlready):
        move_lead(lead=lead, to=row[0], by=by, at=day(4))


def test_a_stage_that_needs_an_amount_refuses_a_lead_without(contact, by, row):
    Stage.objects.filter(pk=row[3].pk).update(needs_amount=True)
    row[3].needs_amount = True
    lead = open_lead(contact=contact, by=by, at=day(1))
    with pytest.raises(NeedsAmount):
        move_lead(lead=lead, to=row[3], by=by, at=day(2))

    expect(lead=lead, amount=fen_in("1,200.5"), by=by, at=day(2))
    moved = move_lead(lead=lead, to=row[3], by=by, at=day(3))

    assert (moved.stage, moved.amount) == (row[3], 120_050)


def test_the_first_contact_is_demanded_and_made_by_a_note(contact, by, row):
    lead = open_lead(contact=contact, by=by, at=day(2))  # a Monday, at nine

    task = Task.objects.get(lead=lead)
    assert task.employee == by.employee
    assert (task.due_at - day(2)).seconds == 30 * 60

    write_down(text="打过电话", about=contact, by=by, at=day(2, hour=10))
    task.refresh_from_db()
    lead.refresh_from_db()
    assert (task.done_at, lead.touched_at) == (day(2, hour=10), day(2, hour=10))


def test_whoever_has_bought_does_not_become_a_lead_by_themselves(contact, by, row):
    lead = open_lead(contact=contact, by=by, at=day(1))
    move_lead(lead=lead, to=row[-2], by=by, at=day(2))

    assert welcome_as_lead(contact=contact, at=day(3), source="callback") is None


def test_an_open_lead_goes_with_its_contact_to_another_employee(contact, by):
    lead = open_lead(contact=contact, by=by, at=day(1))
    taker = make.employee("周颖")

    Contact.objects.filter(pk=contact.pk).update(owner=taker)

    lead.refresh_from_db()
    assert lead.owner == taker
    assert Task.objects.get(lead=lead).employee == taker


def test_of_two_leads_that_are_merged_the_older_stays_and_both_come_back(by):
    owner, other = by.employee, make.employee("周颖")
    keeper, loser = make.contact("甲"), make.contact("乙")
    make.follow(keeper, employee=owner)
    make.follow(loser, employee=other, started_at=day(2))
    Contact.objects.filter(pk=keeper.pk).update(owner=owner)
    Contact.objects.filter(pk=loser.pk).update(owner=other)
    keeper.refresh_from_db()
    loser.refresh_from_db()
    younger = open_lead(contact=keeper, by=by, at=day(3))
    older = open_lead(contact=loser, by=by, at=day(2))

    done = merge(winner=keeper, loser=loser, at=day(5))

    assert Lead.objects.live().open().count() == 1

    undo(merge=done, at=day(6))

    younger.refresh_from_db()
    older.refresh_from_db()
    assert (younger.contact, younger.owner, younger.folded) == (keeper, owner, False)
    assert (older.contact, older.owner, older.folded) == (loser, other, False)


@pytest.mark.parametrize(
    ("text", "fen"),
    [("", None), ("1200", 120_000), ("99.5", 9_950), ("¥1,200.05", 120_005)],
)
def test_yuan_are_read_as_people_write_them(text, fen):
    assert fen_in(text) == fen
