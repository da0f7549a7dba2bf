"""Which labels there are: made, renamed, reordered, deleted."""

import itertools
from datetime import timedelta

import pytest

from apps.events.models import EventRecord
from apps.tags.catalogue import (
    TagGroupRow,
    TagRow,
    delete_groups,
    delete_tags,
    keep_tags,
)
from apps.tags.models import Tag, TagGroup
from tests.conftest import day

Source = EventRecord.Source
pytestmark = pytest.mark.django_db


def group(*tags: TagRow, name="等级", read_at=None, **told) -> TagGroupRow:
    told = {"wecom_id": "et-g", "order": 1, "kind": TagGroup.Kind.CORP, **told}
    return TagGroupRow(name=name, tags=tags, read_at=read_at or day(5), **told)


def row(wecom_id: str, name: str = "VIP", **told) -> TagRow:
    return TagRow(wecom_id=wecom_id, name=name, **{"order": 1, **told})


def keep(*groups: TagGroupRow):
    return keep_tags(groups, source=Source.RECONCILE)


def standing() -> dict[str, str]:
    return dict(Tag.objects.filter(deleted_at=None).values_list("wecom_id", "name"))


def test_a_group_is_kept_with_its_tags():
    kept = keep(group(row("et-1"), row("et-2", "重点", order=7)))

    assert standing() == {"et-1": "VIP", "et-2": "重点"}
    assert Tag.objects.first().group == TagGroup.objects.get()
    assert [tag.wecom_id for tag in Tag.objects.all()] == ["et-2", "et-1"]
    assert (kept.new, kept.different) == (3, 0)


def test_what_differs_is_written_and_counted():
    keep(group(row("et-1"), row("et-2", "重点")))

    kept = keep(group(row("et-1", "贵宾"), row("et-2", "重点"), read_at=day(6)))

    assert standing()["et-1"] == "贵宾"
    assert (kept.new, kept.different) == (0, 1)


def test_one_that_was_known_by_its_id_alone_is_filled_in():
    Tag.objects.create(wecom_id="et-1")

    keep(group(row("et-1")))

    assert Tag.objects.get().group.name == "等级"


def test_what_was_read_before_the_last_difference_changes_nothing():
    keep(group(row("et-1", "new"), name="new", read_at=day(5)))
    keep(group(row("et-1", "old"), name="old", read_at=day(4)))

    assert standing() == {"et-1": "new"}
    assert TagGroup.objects.get().name == "new"


def test_a_reading_of_one_tag_says_nothing_of_the_others():
    keep(group(row("et-1"), row("et-2")))
    keep(group(row("et-2"), read_at=day(6)))

    assert set(standing()) == {"et-1", "et-2"}


class TestDeletion:
    @pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
    def test_is_final_in_whatever_order_it_is_heard(self, order):
        life = [
            lambda: keep(group(row("et-1"), read_at=day(2))),
            lambda: delete_tags(["et-1"], at=day(3), source=Source.CALLBACK),
            lambda: keep(group(row("et-1"), read_at=day(3) + timedelta(seconds=2))),
        ]

        for number in order:
            life[number]()

        assert standing() == {}
        assert Tag.objects.get().deleted_at == day(3)
        assert EventRecord.objects.get().kind == "TagDeleted"

    @pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
    def test_of_a_group_takes_its_tags_along(self, order):
        life = [
            lambda: keep(group(row("et-1"), read_at=day(2))),
            lambda: delete_groups(["et-g"], at=day(3), source=Source.CALLBACK),
            lambda: keep(group(row("et-2"), read_at=day(2))),
        ]

        for number in order:
            life[number]()

        assert standing() == {}
        assert set(Tag.objects.values_list("deleted_at", flat=True)) == {day(3)}

    def test_is_believed_when_wecom_shows_it_by_id(self):
        keep(group(row("et-1"), row("et-2")))

        kept = keep(group(row("et-1", deleted=True), read_at=day(6)))

        assert set(standing()) == {"et-2"}
        assert kept.gone == 1

    def test_that_was_only_concluded_is_taken_back_when_wecom_lists_it(self):
        keep(group(row("et-1")))
        delete_tags(["et-1"], at=day(6), source=Source.RECONCILE)

        keep(group(row("et-1"), read_at=day(8)))

        assert set(standing()) == {"et-1"}

    def test_heard_again_is_no_news(self):
        keep(group(row("et-1")))

        first = delete_tags(["et-1"], at=day(6), source=Source.CALLBACK)
        again = delete_tags(["et-1"], at=day(6), source=Source.CALLBACK)

        assert (first, again) == (1, 0)
        assert EventRecord.objects.count() == 1
