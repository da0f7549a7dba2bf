"""Who carries which label."""

import pytest

from apps.contacts.follow import start_follows
from apps.contacts.models import Follow
from apps.contacts.rows import FollowRow
from apps.events.models import EventRecord
from apps.staff.models import Employee
from apps.tags.catalogue import delete_tags
from apps.tags.models import Tag, Tagging, TagGroup
from apps.tags.tag import set_taggings, tags_by_wecom_id
from apps.wecom.models import Command
from tests.conftest import day

Source = EventRecord.Source
pytestmark = pytest.mark.django_db


@pytest.fixture
def follow() -> Follow:
    ann = Employee.objects.create(wecom_id="ann")
    row = FollowRow(external_id="wm-1", employee_id=ann.pk, began_at=day(1))
    start_follows([row], source=Source.CALLBACK)
    EventRecord.objects.all().delete()
    return Follow.objects.get()


def tag(name: str, *, kind=TagGroup.Kind.CORP) -> Tag:
    group, _made = TagGroup.objects.get_or_create(wecom_id=f"group-{kind}", kind=kind)
    return Tag.objects.create(wecom_id=name, name=name, group=group)


def put(follow: Follow, *tags: Tag, at=None, source=Source.CALLBACK) -> int:
    return set_taggings(
        {follow.pk: {tag.pk for tag in tags}},
        contact_of={follow.pk: follow.identity.contact_id},
        source=source,
        at=at or day(5),
    )


def on(follow: Follow) -> set[str]:
    return set(follow.taggings.values_list("tag__name", flat=True))


def news() -> list[str]:
    rows = EventRecord.objects.filter(kind__in=["Tagged", "Untagged"]).order_by("pk")
    tags = dict(Tag.objects.values_list("pk", "name"))
    return [f"{row.kind} {tags[row.facts['tag_id']]}" for row in rows]


class TestSetTaggings:
    def test_puts_on_what_is_missing_and_takes_off_what_is_too_much(self, follow):
        vip, old, new = tag("vip"), tag("old"), tag("new")
        put(follow, vip, old, at=day(4))

        changed = put(follow, vip, new)

        assert on(follow) == {"vip", "new"}
        assert changed == 2
        assert news()[-2:] == ["Tagged new", "Untagged old"]

    def test_writes_and_tells_nothing_when_nothing_differs(self, follow):
        vip = tag("vip")
        put(follow, vip)
        before = Tagging.objects.get()

        assert put(follow, vip, at=day(6)) == 0

        assert Tagging.objects.get() == before
        assert news() == ["Tagged vip"]

    def test_tells_of_the_contact(self, follow):
        put(follow, tag("vip"))

        event = EventRecord.objects.get()
        assert event.contact_id == follow.identity.contact_id
        assert event.facts["follow_id"] == follow.pk

    def test_what_the_first_pull_finds_is_no_news(self, follow):
        put(follow, tag("vip"), source=Source.FIRST_PULL)

        assert on(follow) == {"vip"}
        assert Tagging.objects.get().at is None
        assert news() == []

    def test_leaves_the_labels_of_our_own_alone(self, follow):
        mine = tag("mine", kind=TagGroup.Kind.OWN)
        contact = follow.identity.contact
        Tagging.objects.create(contact=contact, tag=mine, source=Source.PERSON)

        put(follow, tag("vip"))
        put(follow, at=day(6))

        assert list(Tagging.objects.values_list("tag__name", flat=True)) == ["mine"]

    def test_what_was_read_before_the_last_difference_changes_nothing(self, follow):
        vip, old = tag("vip"), tag("old")
        put(follow, vip, at=day(5))

        put(follow, old, at=day(4))

        assert on(follow) == {"vip"}

    @pytest.mark.parametrize("deleted_first", [True, False])
    def test_a_deleted_tag_is_on_nobody_whichever_is_heard_first(
        self, follow, deleted_first
    ):
        vip = tag("vip")
        if deleted_first:
            delete_tags(["vip"], at=day(5), source=Source.CALLBACK)
        put(follow, vip, at=day(4))
        if not deleted_first:
            delete_tags(["vip"], at=day(5), source=Source.CALLBACK)

        assert on(follow) == set()


class TestTagsByWecomId:
    def test_keeps_one_that_it_does_not_know_and_asks_for_it_once(self):
        known = tag("et-1")

        found = tags_by_wecom_id({"et-1", "et-2"})
        again = tags_by_wecom_id({"et-1", "et-2"})

        assert found == again
        assert found["et-1"] == known.pk
        assert Tag.objects.get(pk=found["et-2"]).wecom_id == "et-2"
        assert Command.objects.get().arguments == {"tag_id": ["et-2"]}

    def test_does_not_mistake_upper_for_lower_case(self):
        found = tags_by_wecom_id({"etA", "eta"})

        assert found["etA"] != found["eta"]
