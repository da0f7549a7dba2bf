"""A kept set is a cache of its own SQL: whatever changes, by whatever door."""

from collections.abc import Callable

import pytest

from apps.contacts.merge import merge
from apps.contacts.models import Contact, Identity
from apps.contacts.unmerge import undo
from apps.rules import bitmaps
from apps.rules.compile import compiled, day_of, found_by
from apps.rules.models import KeptSet, Touched
from apps.rules.tree import read
from apps.tags.models import Tagging
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

NOW = day(20)


@pytest.fixture
def house():
    """Some of everything, and rules about it that are kept."""
    employee, tag, chat = make.employee(), make.tag(), make.group_chat()
    one, other = make.contact("一"), make.contact("二")
    follow = make.follow(one, employee=employee)
    rules = [
        {"field": "tags", "op": "any", "value": [tag.pk]},
        {"field": "tags", "op": "unknown"},
        {"field": "followed_by", "op": "any", "value": [employee.pk]},
        {"field": "in_groups", "op": "any", "value": [chat.pk]},
        {"field": "order_count", "op": "at_least", "value": 1},
        {"field": "order_sum", "op": "at_most", "value": 50},
        {"field": "event_count", "op": "eq", "value": 0},
        {"field": "standing", "op": "any", "value": ["left"]},
        {"field": "identities", "op": "any", "value": ["union"]},
        {"field": "name", "op": "known"},
    ]
    trees = [read(rule) for rule in rules]
    for tree in trees:
        found_by(tree, at=NOW)
    return {
        "one": one,
        "other": other,
        "follow": follow,
        "tag": tag,
        "chat": chat,
        "trees": trees,
        "employee": employee,
    }


CHANGES: dict[str, Callable[[dict], object]] = {
    "a tag is put on": lambda h: make.tagging(h["tag"], h["follow"]),
    "a tag is taken off": lambda h: (
        make.tagging(h["tag"], h["follow"]),
        Tagging.objects.all().delete(),
    ),
    "a follow begins": lambda h: make.follow(h["other"], employee=h["employee"]),
    "a follow ends": lambda h: type(h["follow"]).objects.update(ended_at=day(9)),
    "somebody joins a group": lambda h: make.stay(h["chat"], h["follow"]),
    "an order is paid": lambda h: make.order(h["one"], paid_at=day(3)),
    "somebody is new": lambda h: make.contact("三"),
    "somebody leaves": lambda h: Contact.objects.update(standing="left"),
    "an id comes to light": lambda h: Identity.objects.create(
        contact=h["other"],
        kind="union",
        value="u",
        source="callback",
        first_seen_at=day(1),
        last_seen_at=day(1),
    ),
    "an id moves": lambda h: Identity.objects.update(contact=h["other"]),
    "two are one": lambda h: merge(
        winner=h["other"], loser=h["one"], reasons=["name"], at=day(3)
    ),
    "somebody is erased": lambda h: make.contact().delete(),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_kept_is_what_its_sql_says(what, house):
    CHANGES[what](house)

    assert Touched.objects.exists(), "the change was not written down"
    for folded in (False, True):
        if folded:
            bitmaps.fold(at=NOW)
            assert not Touched.objects.exists()
        for tree in house["trees"]:
            kept = found_by(tree, at=NOW).members
            assert kept == found_by(tree, at=NOW, fresh=True).members


def test_a_merge_that_is_taken_apart_is_heard_as_well(house):
    make.tagging(house["tag"], house["follow"])
    done = merge(winner=house["other"], loser=house["one"], reasons=["name"], at=day(3))
    bitmaps.fold(at=NOW)
    undo(merge=done, at=day(4), by=make.root())

    for tree in house["trees"]:
        kept = found_by(tree, at=NOW).members
        assert kept == found_by(tree, at=NOW, fresh=True).members


def test_folding_writes_nothing_where_nothing_is_other(house):
    before = dict(KeptSet.objects.values_list("name", "version"))
    Contact.objects.update(position="经理")

    bitmaps.fold(at=NOW)

    assert dict(KeptSet.objects.values_list("name", "version")) == before


def test_a_thousand_taggings_of_one_statement_are_one_row_of_what_was_touched(house):
    follows = [make.follow() for _number in range(3)]
    Touched.objects.all().delete()
    Tagging.objects.bulk_create(
        Tagging(tag=house["tag"], contact=f.identity.contact, follow=f, source="person")
        for f in follows
    )

    [row] = Touched.objects.all()
    assert sorted(row.contacts) == sorted(f.identity.contact_id for f in follows)


def test_what_nobody_asks_for_any_more_is_forgotten(house):
    KeptSet.objects.update(used_at=day(1))

    bitmaps.fold(at=NOW)

    assert not KeptSet.objects.exists()


def test_days_are_days_of_the_house():
    """A window of another day is another set: nothing kept is a day too old."""
    tree = read({"field": "added_at", "op": "last_days", "value": 1})
    at_midnight = day(5, hour=0)
    late = make.contact(added_at=at_midnight)

    assert set(found_by(tree, at=day(5, hour=23)).members) == {late.pk}
    assert not found_by(tree, at=day(6, hour=0)).members
    assert compiled(tree, today=day_of(day(5))) != compiled(tree, today=day_of(day(6)))


def test_who_was_merged_away_is_in_no_rule(house):
    merge(winner=house["other"], loser=house["one"], reasons=["name"], at=day(3))

    for tree in house["trees"]:
        assert house["one"].pk not in found_by(tree, at=NOW).members


def test_the_sets_of_a_process_are_never_taken_for_others(house):
    """A set that was forgotten and is kept anew has another version."""
    [tree] = [t for t in house["trees"] if t.field.name == "tags" and t.op == "any"]
    found_by(tree, at=NOW)
    make.tagging(house["tag"], house["follow"])
    KeptSet.objects.all().delete()
    Touched.objects.all().delete()

    assert set(found_by(tree, at=NOW).members) == {house["one"].pk}
