"""A day that is over is read off its sheet, and off its rows once one has changed."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from apps.behaviour.models import Behaviour
from apps.followups.models import Note
from apps.rules import bitmaps, sheets
from apps.rules.compile import found_by
from apps.rules.models import Sheet, Spoilt
from apps.rules.tree import read
from tests import make

TWICE = {
    "field": "event_count",
    "op": "at_least",
    "value": 2,
    "event": "opened",
    "within": {"days": 30},
}
NEVER = TWICE | {"op": "at_most", "value": 0}
BEFORE = TWICE | {"value": 1, "within": {"days": 10, "before": 5}}
LATELY = {"field": "last_note", "op": "last_days", "value": 14}
SINCE = {"field": "last_event", "op": "since", "value": "", "event": "opened"}


def ago(days: float) -> Any:
    return timezone.now() - timedelta(days=days)


def complete() -> None:
    bitmaps.fold(at=timezone.now())
    sheets.complete(patience=60)


def rules() -> list[dict[str, Any]]:
    return [
        TWICE,
        NEVER,
        BEFORE,
        LATELY,
        SINCE | {"value": str(timezone.localdate(ago(9)))},
    ]


def same(*, at: Any = None) -> list[int]:
    """How many each rule finds, by its sheets and by its rows alike."""
    found = []
    for rule in rules():
        tree, at = read(rule), at or timezone.now()
        bitmaps.forget_all()  # by the shortcut, not out of a kept set
        one = found_by(tree, at=at).members
        assert one == found_by(tree, at=at, fresh=True).members, rule
        found.append(len(one))
    return found


@pytest.fixture
def house(db):
    """Three people who opened something ten days ago, one of them twice, one today."""
    people = [make.contact(f"客户{number}") for number in range(4)]
    for person in people[:3]:
        make.behaviour(person, kind="opened", at=ago(10))
    make.behaviour(people[0], kind="opened", at=ago(10.01))
    make.behaviour(people[1], kind="opened", at=ago(0))
    Note.objects.create(contact=people[2], text="…", written_at=ago(3))
    complete()
    return people


def test_a_span_of_days_is_read_off_the_sheets(house):
    assert Sheet.objects.exclude(key="").exists()
    assert same() == [2, 1, 3, 1, 1]

    Sheet.objects.exclude(key="").update(contacts=b"")
    [only] = {len(found_by(read(TWICE), at=timezone.now()).members)}
    assert only == 0, "the rule did not look at the sheets"


@pytest.mark.parametrize(
    "change",
    [
        lambda people: make.behaviour(people[3], kind="opened", at=ago(10)),
        lambda people: Behaviour.objects.filter(at__lt=ago(5)).delete(),
        lambda people: Behaviour.objects.filter(contact=people[0]).update(
            contact=people[3]
        ),
        lambda people: Behaviour.objects.update(at=ago(7)),
        lambda people: Behaviour.objects.update(kind="left"),
        lambda people: Note.objects.update(written_at=ago(20)),
        lambda people: Note.objects.update(contact=people[0]),
        lambda people: people[2].delete(),
    ],
    ids=["late", "gone", "moved", "other day", "other kind", "note", "whose", "erased"],
)
def test_whatever_changes_what_is_read_is_what_the_rows_say(change, house):
    change(house)

    assert Spoilt.objects.exists(), "the change was not written down"
    spoilt = same()
    complete()
    assert not Spoilt.objects.exists()
    assert same() == spoilt


def test_what_comes_today_spoils_nothing(house):
    make.behaviour(house[3], kind="opened", at=ago(0))
    assert not Spoilt.objects.exists()
    assert same() == [2, 0, 3, 1, 2]


def test_a_day_is_made_anew_once_it_was_spoilt(house):
    before = set(Sheet.objects.filter(key="opened").values_list("begins", "contacts"))
    make.behaviour(house[3], kind="opened", at=ago(10))
    complete()
    after = set(Sheet.objects.filter(key="opened").values_list("begins", "contacts"))
    assert len(after) == len(before)
    assert after != before


def test_sheets_of_long_ago_are_thrown_away(house):
    Sheet.objects.create(topic="note", begins=ago(500), ends=ago(499))
    complete()
    assert not Sheet.objects.filter(begins__lt=ago(450)).exists()


@pytest.mark.django_db(transaction=True)
def test_who_writes_while_a_day_is_made_is_not_lost():
    """A row that is not committed yet, of a day that gets its sheet meanwhile."""
    person = make.contact("客户")
    make.behaviour(person, kind="opened", at=ago(10))
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(
                "INSERT INTO behaviour_behaviour (system, number, contact_id, kind, "
                "title, facts, at, recorded_at) "
                "VALUES ('shop', 'late', %s, 'opened', '', '{}', %s, now())",
                [person.pk, ago(10)],
            )
            complete()
            assert same()[0] == 0
            cursor.execute("COMMIT")
        assert same()[0] == 1
        complete()
        assert same()[0] == 1
    finally:
        other.close()
        connections.close_all()
