"""Failed jobs are tried again, all of them in a few statements."""

import threading
import time

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.common import replay as module
from apps.common.lanes import Lane
from apps.common.replay import Replayed, replay
from apps.wecom.models import Callback, Command
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

NOW = day(10)


def failed_callbacks(many: int, **fields) -> list[Callback]:
    made = [
        Callback(
            event="change_external_contact",
            status="failed",
            message={},
            told_at=day(1),
            attempts=5,
            bugs=5,
            last_error="ValueError: x",
            **{"lane": Lane.CALLBACK} | fields,
        )
        for _number in range(many)
    ]
    return Callback.objects.bulk_create(made)


def again(failed) -> Replayed:
    return replay(failed, at=NOW)


def test_begins_from_the_beginning_and_leaves_the_others_alone():
    [broken] = failed_callbacks(1)
    done = make.callback(status="done", attempts=2)
    unknown = make.command(status="unknown", attempts=1)

    assert again(Callback.objects.all()) == Replayed(again=1)
    assert again(Command.objects.all()) == Replayed()

    broken.refresh_from_db()
    found = (broken.status, broken.attempts, broken.bugs, broken.due_at)
    assert found == ("waiting", 0, 0, NOW)
    for other, status in ((done, "done"), (unknown, "unknown")):
        other.refresh_from_db()
        assert (other.status, other.attempts > 0) == (status, True)


def test_costs_the_same_for_two_hundred_as_for_two():
    costs = []
    for many in (2, 200):
        failed_callbacks(many)
        with CaptureQueriesContext(connection) as asked:
            assert again(Callback.objects.failed()).again == many
        costs.append(len(asked))

    assert costs[0] == costs[1]


def test_of_many_goes_batch_by_batch(monkeypatch):
    monkeypatch.setattr(module, "BATCH", 7)
    failed_callbacks(30)

    assert again(Callback.objects.failed()) == Replayed(again=30)
    assert not Callback.objects.failed().exists()


def test_ten_thousand_take_a_few_seconds():
    failed_callbacks(10_000)

    began = time.monotonic()
    assert again(Callback.objects.failed()).again == 10_000

    assert time.monotonic() - began < 20


def test_rings_once_for_each_lane(django_capture_on_commit_callbacks):
    failed_callbacks(3)
    failed_callbacks(3, lane=Lane.BULK)

    with django_capture_on_commit_callbacks() as bells:
        again(Callback.objects.failed())

    assert len(bells) == 2


class TestTwins:
    """Commands of which only one may wait at a time."""

    def test_the_newest_goes_and_the_others_have_nothing_left_to_do(self):
        older, newer = (
            make.command(status="failed", once="contact:wm1") for _ in range(2)
        )
        alone = make.command(status="failed", once="contact:wm2")
        free = [make.command(status="failed") for _ in range(2)]

        assert again(Command.objects.failed()) == Replayed(again=4, skipped=1)

        for command, status in (
            (older, "ignored"),
            (newer, "waiting"),
            (alone, "waiting"),
            *((each, "waiting") for each in free),
        ):
            command.refresh_from_db()
            assert command.status == status

    def test_none_goes_where_the_same_waits_already(self):
        failed = make.command(status="failed", once="contact:wm1")
        make.command(status="waiting", once="contact:wm1")

        assert again(Command.objects.failed()) == Replayed(skipped=1)

        failed.refresh_from_db()
        assert failed.status == "ignored"

    def test_of_another_batch_are_met_as_well(self, monkeypatch):
        monkeypatch.setattr(module, "BATCH", 2)
        for _number in range(5):
            make.command(status="failed", once="contact:wm1")

        assert again(Command.objects.failed()) == Replayed(again=1, skipped=4)

    def test_a_thousand_of_one_wish_cost_no_more_statements(self):
        Command.objects.bulk_create(
            Command(call="x", once="a", status="failed", lane=Lane.OUTGOING)
            for _ in range(1_000)
        )

        with CaptureQueriesContext(connection) as asked:
            assert again(Command.objects.failed()) == Replayed(again=1, skipped=999)

        assert len(asked) < 20


@pytest.mark.django_db(transaction=True)
class TestTogether:
    def test_what_is_asked_anew_meanwhile_is_skipped_and_harms_no_other(self):
        for number in range(10):
            make.command(status="failed", once=f"contact:{number}")
        asking, told = threading.Event(), []

        def ask_anew():
            with transaction.atomic():
                make.command(status="waiting", once="contact:3")
                asking.set()
                time.sleep(1)  # while the replay waits for us, not knowing of it
            connection.close()

        other = threading.Thread(target=ask_anew)
        other.start()
        asking.wait()
        told.append(again(Command.objects.failed()))
        other.join()

        assert told == [Replayed(again=9, skipped=1)]
        assert Command.objects.filter(status="waiting").count() == 10

    def test_sixteen_who_press_at_once_try_each_again_once(self):
        failed_callbacks(300)
        barrier = threading.Barrier(16)
        told: list[Replayed] = []

        def press():
            barrier.wait()
            told.append(again(Callback.objects.failed()))
            connection.close()

        threads = [threading.Thread(target=press) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sum(each.again for each in told) == 300
