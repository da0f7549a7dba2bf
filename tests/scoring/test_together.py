"""Sixteen who write at once, while two are merged and taken apart; and a worker that
dies between two steps of a reckoning."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from apps.contacts.merge import merge
from apps.contacts.unmerge import undo
from apps.scoring.keep import draft_all, put_in_force
from apps.scoring.models import Earning, Rescore, Standing
from apps.scoring.moved import refold, take_home
from apps.scoring.rescore import Does, ask_for
from tests import make
from tests.conftest import day
from tests.scoring.ledgers import did, heard, in_force, said, standing, work_off

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS = 16


def all_at_once(things: list[Callable[[], object]]) -> None:
    barrier = threading.Barrier(len(things))

    def one(thing: Callable[[], object]) -> None:
        try:
            barrier.wait()
            thing()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(things)) as pool:
        list(pool.map(one, things))


def test_sixteen_writers_a_merge_and_its_undoing_lose_nothing():
    in_force(
        said("每次", points=3, half_life=None),
        said("限次", points=7, counts="daily", a_day=2, half_life=None),
        said("一次", points=11, counts="once", half_life=None, axis="fit"),
    )
    one, other = make.contact("甲"), make.contact("乙")
    records = [
        did((one, other)[n % 2], at=day(1 + n % 4, hour=8 + n % 12), number=n)
        for n in range(40)
    ]

    def writer(number: int) -> Callable[[], object]:
        mine = records[number % 8 :: 4]  # each is told by several
        return lambda: [heard(record, at=day(9)) for record in mine]

    def merges() -> None:
        journal = merge(winner=one, loser=other, at=day(9))
        refold([one.pk, other.pk], at=day(9))
        undo(merge=journal, at=day(9))
        take_home([one.pk, other.pk], at=day(9))

    all_at_once([*(writer(n) for n in range(WRITERS - 1)), merges])
    heard(*records, at=day(9))
    take_home([one.pk, other.pk], at=day(9))

    assert Earning.objects.count() == 3 * len(records)
    for who in (one, other):
        # twenty of each: at most two a day on each of two days
        found = standing(who)
        assert (found.fit, found.engagement) == (11, 20 * 3 + 2 * 2 * 7)
        kept = list(found.sums)
        refold([who.pk], at=day(9))
        assert standing(who).sums == pytest.approx(kept, abs=1e-9)


def test_whoever_earns_while_a_draft_is_reckoned_earns_under_it(settings, tmp_path):
    """The worker dies after each step; the next goes on from there."""
    someone = make.contact()
    records = [did(someone, at=day(1), number=n) for n in range(4)]
    draft_of_ten()
    settings.FAULTS_FILE = str(tmp_path / "faults")
    (tmp_path / "faults").write_text("scoring.step raise 1\n")
    job = ask_for(Does.RECKON, at=day(1))
    for _death in range(4):
        Rescore.objects.filter(pk=job.pk).update(attempts=job.attempts + 1)
        job.refresh_from_db()
        job.work_off()
        heard(did(someone, at=day(2), number=10 + _death), at=day(2))
    assert job.bugs
    (tmp_path / "faults").write_text("")
    work_off()
    put_in_force(by=make.root(), at=day(3))
    work_off()

    assert Earning.objects.count() == len(records) + 4
    assert standing(someone).score == 10 * (len(records) + 4)
    assert Standing.objects.count() == 1


def draft_of_ten() -> None:
    draft_all([said(half_life=None)], by=make.root(), at=day(1) - timedelta(days=1))
