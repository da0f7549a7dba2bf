"""The kanban counts, sums and pages; a move is told, or refused in words."""

import pytest
from django.urls import reverse

from apps.followups import board
from apps.followups.models import Lead
from apps.followups.move import open_lead
from apps.followups.stages import first_stage, retire_stage, stages
from apps.followups.today import my_work
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db


@pytest.fixture
def me():
    first_stage()
    return make.user("lin", role="employee", employee=make.employee("林静"))


def of(employee, **fields) -> Lead:
    return make.lead(make.contact(owner=employee), **fields)


def test_columns_count_and_sum_what_is_mine(me):
    row = stages()
    of(me.employee, amount=100_00)
    of(me.employee, amount=50_00)
    of(me.employee, stage=row[2])
    of(make.employee("周颖"), amount=999_00)

    mine = board.whose("mine", user=me)
    found = board.columns(mine.leads, at=day(2))

    assert [(c.many, c.amount) for c in found[:3]] == [(2, 150_00), (0, 0), (1, 0)]


def test_nobody_sees_a_board_of_others_but_whoever_reaches_them(me):
    other = make.user("zhou", role="employee", employee=make.employee("周颖"))
    of(other.employee)

    assert board.whose(str(other.employee_id), user=me).value == "mine"
    assert not board.whose("all", user=me).leads.exists()
    assert board.whose("all", user=make.root()).leads.count() == 1


def test_what_was_won_long_ago_stands_on_no_board(me):
    won = stages()[-2]
    for since in (1, 20):
        of(me.employee, stage=won, stage_since=day(since), closed_at=day(since))

    found = board.columns(board.whose("mine", user=me).leads, at=day(40))

    assert found[-2].many == 1


def test_cards_are_paged_without_a_gap_also_where_moments_are_equal(me):
    for number in range(45):
        of(me.employee, stage_since=day(1 + number // 30))
    leads, stage = board.whose("mine", user=me).leads, stages()[0]
    seen, behind = [], "from the top"
    while behind:
        page, behind = board.cards(
            leads, stage, at=day(3), silent_after=7, behind=behind
        )
        seen += [card.lead.pk for card in page]

    ordered = leads.order_by("-stage_since", "-pk").values_list("pk", flat=True)
    assert seen == list(ordered)


def test_a_move_is_told_and_a_stale_one_refused_in_words(client, me):
    row = stages()
    lead = of(me.employee)
    client.force_login(me)
    there = reverse("admin:followups_lead_move", args=[lead.pk])

    said = client.post(there, {"to": row[1].pk, "seen_in": row[0].pk})
    stale = client.post(there, {"to": row[2].pk, "seen_in": row[0].pk})

    assert (said.status_code, stale.status_code) == (200, 409)
    assert row[1].name in stale.json()["refused"]


def test_a_lead_of_somebody_out_of_reach_is_not_there(client, me):
    lead = of(make.employee("周颖"))
    client.force_login(me)
    there = reverse("admin:followups_lead_move", args=[lead.pk])

    assert client.post(there, {"to": stages()[1].pk}).status_code == 404


def test_a_stage_is_taken_out_and_its_leads_move(me):
    row, by = stages(), make.root()
    lead = of(me.employee, stage=row[1])

    many = retire_stage(stage=row[1], instead=row[2], by=by, at=day(2))

    lead.refresh_from_db()
    assert (many, lead.stage) == (1, row[2])
    assert row[1].name not in [stage.name for stage in stages()]


def test_my_work_tells_what_is_late_due_waiting_and_silent(me):
    by = make.root()
    for due in (day(5, hour=8), day(5, hour=15), day(6)):
        make.task(make.contact(owner=me.employee), employee=me.employee, due_at=due)
    of(me.employee, touched_at=day(-9))
    waiting = make.contact(owner=me.employee)
    open_lead(contact=waiting, by=by, at=day(5))

    work = my_work(me.employee, user=me, at=day(5, hour=9.1))

    piles = (work.overdue, work.due, work.waiting, work.silent)
    assert [pile.many for pile in piles] == [1, 1, 1, 1]
    assert work.working_on == 2
