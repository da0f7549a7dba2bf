"""The ledger: each thing once, in any order, by caps and half-lives."""

from datetime import timedelta

import pytest
from django.db import ProgrammingError, connection, transaction

from apps.contacts.merge import merge
from apps.contacts.unmerge import undo
from apps.scoring.models import Earning
from apps.scoring.moved import refold, take_home
from apps.scoring.scale import Scale, only_scores
from tests import make
from tests.conftest import day
from tests.scoring.ledgers import did, heard, in_force, said, standing

pytestmark = pytest.mark.django_db


def exactly(contact, *, at):
    """Fit and engagement, not rounded."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT fit, engagement FROM ({only_scores(Scale.now(at=at))}) AS row "
            "WHERE contact_id = %s",
            [contact.pk],
        )
        return cursor.fetchone()


def test_points_halve_with_each_half_life():
    in_force(said(points=40, half_life=30))
    someone = make.contact()
    heard(did(someone, at=day(1), number=1), at=day(1))

    assert standing(someone).engagement == 40
    for halves, left in ((1, 20), (2, 10), (4, 2.5)):
        at = day(1) + timedelta(days=30 * halves)
        assert exactly(someone, at=at) == (0, pytest.approx(left, abs=1e-9))


def test_what_is_told_twice_earns_once():
    in_force(said())
    someone = make.contact()
    record = did(someone, at=day(1), number=1)

    assert heard(record, at=day(2)) == 1
    assert heard(record, record, at=day(3)) == 0
    assert heard(did(someone, at=day(1), number=1), at=day(3)) == 0
    assert standing(someone).score == 10


def test_no_more_than_twice_a_day_and_the_earliest_count():
    in_force(said(counts="daily", a_day=2, half_life=1))
    someone = make.contact()
    times = [day(1, hour=hour) for hour in (9, 12, 18)]
    late, early, middle = (did(someone, at=times[n], number=n + 1) for n in (2, 0, 1))
    for record in (late, early, middle):
        heard(record, at=day(2))

    gone = [(day(2) - times[n]).total_seconds() / 86_400 for n in (0, 1)]
    worth = sum(10 * 0.5**days for days in gone)
    assert exactly(someone, at=day(2))[1] == pytest.approx(worth, abs=1e-9)


def test_caps_of_a_rule_and_of_a_group():
    first, second = in_force(
        said("阅读", cap=25), said("咨询", narrowed={"kinds": "asked"}, points=30)
    )
    first.group.cap = 40
    first.group.save()
    someone = make.contact()
    heard(*(did(someone, at=day(1), number=n) for n in range(5)), at=day(1))
    assert standing(someone).score == 25

    heard(did(someone, "asked", at=day(1), number=9), at=day(1))
    assert standing(someone).score == 40


def test_a_line_is_never_edited():
    in_force(said())
    heard(did(make.contact(), at=day(1), number=1), at=day(1))
    with pytest.raises(ProgrammingError, match="never edited"), transaction.atomic():
        Earning.objects.update(points=99)


def test_a_merge_and_its_undoing_leave_each_with_their_own():
    in_force(said(counts="once"))
    one, other = make.contact(), make.contact()
    heard(did(one, at=day(2), number=1), did(other, at=day(1), number=2), at=day(3))
    journal = merge(winner=one, loser=other, at=day(3))
    refold([one.pk, other.pk], at=day(3))
    assert standing(one).score == 10
    assert not hasattr(type(other).objects.get(pk=other.pk), "standing_of_scores")

    undo(merge=journal, at=day(4))
    take_home([one.pk, other.pk], at=day(4))
    assert (standing(one).score, standing(other).score) == (10, 10)
