"""Our own groups and tags, and what may not be changed here."""

import pytest
from django.db import connection

from apps.audit.models import AuditRow
from apps.common.errors import Refused
from apps.contacts.models import Contact
from apps.events.models import EventRecord
from apps.tags import keep_order, standing
from apps.tags.come_off import come_off, go_on
from apps.tags.contact_panels import taggings_of, with_tag
from apps.tags.keep_order import (
    BadName,
    GroupTaken,
    IsGoing,
    MadeElsewhere,
    NoTags,
    OfARuleGroup,
    TagTaken,
    TooMany,
    add_tags,
    delete,
    make_group,
    move,
    names_in,
    rename,
)
from apps.tags.models import Tag, TagChange, Tagging, TagGroup
from apps.tags.other_group import put_under
from apps.tags.own import put_on
from apps.wecom.models import Command
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return make.user("boss", role="manager")


@pytest.fixture
def told(boss):
    return {"by": boss, "at": day(3)}


@pytest.fixture
def intent(told) -> TagGroup:
    group = make_group(name="意向", tags=["高", "中", "低"], own=True, **told)
    assert group is not None
    return group


def names(group: TagGroup) -> list[str]:
    return [tag.name for tag in keep_order.standing_tags(group)]


class TestOurOwn:
    def test_are_made_in_the_order_they_are_told(self, intent):
        assert names(intent) == ["高", "中", "低"]
        assert intent.is_own
        assert not Command.objects.exists()  # WeCom never sees them

    def test_more_are_added_at_the_end(self, intent, told):
        add_tags(group=intent, names=["无", " 未知 ", "无"], **told)

        assert names(intent) == ["高", "中", "低", "无", "未知"]

    def test_are_renamed_and_moved(self, intent, told):
        high, middle, low = keep_order.standing_tags(intent)

        rename(thing=low, name="很低", **told)
        move(thing=low, before=high.pk, **told)
        assert names(intent) == ["很低", "高", "中"]

        move(thing=high, before=None, **told)
        assert names(intent) == ["很低", "中", "高"]

    def test_one_goes_to_another_of_our_groups_with_all_who_carry_it(
        self, intent, told
    ):
        high = keep_order.standing_tags(intent)[0]
        other = make_group(name="等级", tags=["甲"], own=True, **told)
        contact = make.contact()
        put_on([(contact.pk, high.pk)], source="person", at=day(3))

        put_under(tag=high, group=other, **told)

        assert (names(intent), names(other)) == (["中", "低"], ["甲", "高"])
        assert Tagging.objects.filter(contact=contact, tag=high).exists()
        row = AuditRow.objects.order_by("-pk")[0]
        assert row.after == {"tag group": "等级"}

    def test_none_goes_where_one_of_its_name_stands(self, intent, told):
        high = keep_order.standing_tags(intent)[0]
        other = make_group(name="等级", tags=["高"], own=True, **told)

        with pytest.raises(TagTaken):
            put_under(tag=high, group=other, **told)

        assert names(intent)[0] == "高"

    def test_none_goes_to_wecom_or_from_there(self, intent, told):
        high = keep_order.standing_tags(intent)[0]
        corp = make.tag("在企微", group=make.tag_group("等级", made_here=True))

        for tag, group in ((high, corp.group), (corp, intent)):
            with pytest.raises(Refused):
                put_under(tag=tag, group=group, **told)
        assert not Command.objects.exists()

    def test_groups_are_moved_among_our_own(self, intent, told):
        make.tag_group("等级", order=500)
        other = make_group(name="来源", tags=[], own=True, **told)

        move(thing=other, before=intent.pk, **told)

        rows = TagGroup.objects.filter(kind="own").order_by("-order", "pk")
        assert [group.name for group in rows] == ["来源", "意向"]

    def test_a_deleted_one_comes_off_everybody(self, intent, told):
        high, middle, _low = keep_order.standing_tags(intent)
        contact = make.contact("赵敏")
        put_on(
            [(contact.pk, high.pk), (contact.pk, middle.pk)],
            source=EventRecord.Source.PERSON,
            at=day(2),
        )

        delete(thing=high, **told)

        assert [t.tag for t in contact.taggings.all()] == [middle]
        assert EventRecord.objects.filter(kind="TagDeleted").count() == 1

        delete(thing=intent, **told)

        assert not contact.taggings.exists()
        assert not Tag.objects.filter(deleted_at=None).exists()

    def test_a_deleted_one_is_put_on_nobody(self, intent, told):
        high = keep_order.standing_tags(intent)[0]
        contact = make.contact("赵敏")
        delete(thing=high, **told)

        person = EventRecord.Source.PERSON
        assert put_on([(contact.pk, high.pk)], source=person, at=day(4)) == []
        assert not contact.taggings.exists()

    def test_the_audit_says_which_were_deleted_and_how_many_had_carried_them(
        self, intent, told
    ):
        contact = make.contact("赵敏")
        both = [(contact.pk, tag.pk) for tag in keep_order.standing_tags(intent)[:2]]
        put_on(both, source=EventRecord.Source.PERSON, at=day(2))

        delete(thing=intent, **told)

        row = AuditRow.objects.get(deed="deleted")
        assert row.before == {"name": "意向", "tags": "高、中、低", "carriers": 1}

    def test_a_deleted_one_is_hidden_while_it_comes_off_many_by_the_clock(self, intent):
        high, middle, _low = keep_order.standing_tags(intent)
        people = [make.contact().pk for _number in range(3)]
        pairs = [(pk, tag.pk) for pk in people for tag in (high, middle)]
        put_on(pairs, source=EventRecord.Source.PERSON, at=day(2))

        high.deleted_at = day(3)
        high.save()

        assert {each.tag for each in taggings_of(people)} == {middle}
        assert not with_tag(Contact.objects.all(), high).exists()
        assert come_off([high.pk], most=1) == 1  # and its worker dies
        assert (go_on(), go_on()) == (2, 0)
        assert Tagging.objects.filter(tag=middle).count() == 3

    def test_a_name_is_free_again_when_its_tag_is_deleted(self, intent, told):
        delete(thing=keep_order.standing_tags(intent)[0], **told)

        add_tags(group=intent, names=["高"], **told)

        assert names(intent) == ["中", "低", "高"]

    def test_each_change_is_in_the_audit(self, intent, boss, told):
        high = keep_order.standing_tags(intent)[0]
        rename(thing=high, name="很高", **told)

        row = AuditRow.objects.order_by("-pk").first()
        assert (row.deed, row.about_kind, row.actor) == ("changed", "tags.tag", boss)
        assert (row.before, row.after) == ({"name": "高"}, {"name": "很高"})

    def test_the_contact_says_who_put_it_on(self, intent, boss):
        high = keep_order.standing_tags(intent)[0]
        contact = make.contact("赵敏")

        put_on(
            [(contact.pk, high.pk)],
            source=EventRecord.Source.PERSON,
            at=day(2),
            by=boss,
        )

        assert contact.taggings.get().by == boss


class TestWhatWeComIsStillToldOf:
    @pytest.fixture
    def level(self) -> TagGroup:
        group = make.tag_group("等级", made_here=True)
        for order, name in ((30, "金"), (20, "银"), (10, "铜")):
            make.tag(name, group=group, order=order, made_here=True)
        return group

    @staticmethod
    def orders() -> dict[str, int]:
        """What WeCom will have been told of each."""
        rows = Command.objects.filter(status="waiting").order_by("pk")
        tags = dict(Tag.objects.values_list("wecom_id", "name"))
        return {
            tags[row.arguments["id"]]: row.arguments["order"]
            for row in rows
            if "order" in row.arguments
        }

    def test_a_row_is_moved_to_where_the_page_shows_it(self, level, told):
        gold, silver, bronze = keep_order.standing_tags(level)
        move(thing=bronze, before=gold.pk, **told)  # 铜 金 银, when WeCom has heard

        move(thing=silver, before=gold.pk, **told)

        asked = {"金": 30, "银": 20, "铜": 10} | self.orders()
        assert sorted(asked, key=lambda name: -asked[name]) == ["铜", "银", "金"]

    def test_what_waits_is_moved_back(self, level, told):
        gold, _silver, bronze = keep_order.standing_tags(level)
        move(thing=bronze, before=gold.pk, **told)

        move(thing=bronze, before=None, **told)

        assert self.orders()["铜"] < 20

    def test_what_is_being_deleted_is_changed_no_more(self, level, told):
        gold, silver, bronze = keep_order.standing_tags(level)
        delete(thing=gold, **told)

        for change in (
            lambda: rename(thing=gold, name="黄金", **told),
            lambda: move(thing=gold, before=None, **told),
        ):
            with pytest.raises(IsGoing):
                change()
        move(thing=bronze, before=silver.pk, **told)

        assert list(self.orders()) == ["铜"]
        assert TagChange.objects.filter(deed="edit").count() == 1

    def test_what_failed_is_replaced_and_never_sent_later(self, level, told):
        gold = keep_order.standing_tags(level)[0]
        for ask in (
            lambda: rename(thing=gold, name="黄金", **told),
            lambda: delete(thing=gold, **told),
            lambda: delete(thing=gold, **told),
        ):
            ask()
            last = Command.objects.order_by("pk").last()
            Command.objects.filter(pk=last.pk).update(status="failed")

        change = TagChange.objects.get()
        assert (change.deed, change.command) == ("delete", last.pk)
        assert Command.objects.filter(status="ignored").count() == 2

    @pytest.mark.parametrize("again", [False, True])
    def test_what_failed_is_seen_or_tried_again(self, level, told, again):
        gold = keep_order.standing_tags(level)[0]
        rename(thing=gold, name="黄金", **told)
        Command.objects.update(status="failed", last_error="密钥不对")
        [shown] = standing.changes_told()
        assert (shown.why, shown.may_again, shown.may_see) == ("密钥不对", True, True)

        deed = standing.try_again if again else standing.seen
        deed(change=shown.change, **told)

        moods = [each.mood for each in standing.changes_told()]
        assert moods == (["waits"] if again else [])
        states = Command.objects.order_by("pk").values_list("status", flat=True)
        assert list(states) == ["ignored", *(["waiting"] if again else [])]


class TestNames:
    def test_are_taken_once(self, intent, told):
        high = keep_order.standing_tags(intent)[0]

        with pytest.raises(GroupTaken):
            make_group(name=" 意向", tags=[], own=True, **told)
        with pytest.raises(TagTaken):
            add_tags(group=intent, names=["新", "高"], **told)
        with pytest.raises(TagTaken):
            rename(thing=high, name="低", **told)
        assert names(intent) == ["高", "中", "低"]

    @pytest.mark.parametrize("name", ["", " ", "很" * 31, "\0"])
    def test_have_1_to_30_letters(self, intent, told, name):
        with pytest.raises(BadName):
            rename(thing=intent, name=name, **told)

    def test_are_no_more_than_fifty_at_once(self, intent, told):
        with pytest.raises(TooMany):
            add_tags(group=intent, names=map(str, range(51)), **told)

    def test_are_told_a_line_each_or_between_commas(self):
        assert names_in("高、中，低\r\n 无 ;未知,,") == ["高", "中", "低", "无", "未知"]


class TestWhatMayNotBeChanged:
    @pytest.mark.parametrize(
        ("kind", "refusal"), [("corp", MadeElsewhere), ("strategy", OfARuleGroup)]
    )
    def test_is_refused_and_wecom_is_not_asked(self, told, kind, refusal):
        group = make.tag_group(kind=kind)
        tag = make.tag(group=group)

        for thing in (group, tag):
            for change in (
                lambda thing=thing: rename(thing=thing, name="新", **told),
                lambda thing=thing: move(thing=thing, before=None, **told),
                lambda thing=thing: delete(thing=thing, **told),
            ):
                with pytest.raises(refusal):
                    change()
        assert not Command.objects.exists()

    def test_a_rule_group_takes_no_tags_from_here(self, told):
        with pytest.raises(OfARuleGroup):
            add_tags(group=make.tag_group(kind="strategy"), names=["新"], **told)

    def test_a_group_in_wecom_needs_a_tag(self, told):
        with pytest.raises(NoTags):
            make_group(name="等级", tags=[], own=False, **told)


def test_what_somebody_put_on_is_found_by_an_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN UPDATE tags_tagging SET by_id = NULL WHERE by_id = 7")
        assert "taggings_by_somebody" in str(cursor.fetchall())
