"""Tags: pulled, compared, and heard of."""

import pytest

from apps.contacts.models import Follow
from apps.sync import contacts, staff, tags
from apps.tags.models import Tag, TagGroup
from apps.wecom.models import Callback
from tests.conftest import day
from tests.sync import rounds

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company(corp, sandbox):
    corp.populate(seed=5, employees=3, contacts=20, groups=0)
    corp.do("tag_group_create", id="et-level", name="等级", tags=["金", "银"])
    return corp


@pytest.fixture
def tell(wecom, corp):
    """Let WeCom do something, and tell us of it."""

    def do(act: str, **about) -> dict:
        done = corp.do(act, **about)
        for news in done["news"]:
            wecom.put(news["message"], receiver=news["receiver"])
        return done

    return do


def standing() -> set[str]:
    return set(Tag.objects.filter(deleted_at=None).values_list("wecom_id", flat=True))


def true_tags(corp) -> set[str]:
    groups = corp.dump(["tag_groups"])["tag_groups"]
    return {t["id"] for group in groups for t in group["tags"] if not t["deleted"]}


class TestPull:
    def test_reads_the_companys_tags_and_those_of_rule_groups(self, company):
        rounds.keep(tags)

        assert standing() == true_tags(company)
        assert set(TagGroup.objects.values_list("kind", flat=True)) == {
            "corp",
            "strategy",
        }
        level = TagGroup.objects.get(wecom_id="et-level")
        assert {tag.name for tag in level.tags.all()} == {"金", "银"}

    def test_leaves_no_difference(self, company):
        rounds.keep(tags)

        assert rounds.compare(tags) == ([], {})


class TestCompare:
    @pytest.fixture(autouse=True)
    def pulled(self, company):
        rounds.keep(tags)

    def test_reports_each_field_that_differs(self, company):
        gold = Tag.objects.get(name="金")
        company.do("tag_rename", id=gold.wecom_id, name="黄金")
        company.do("tag_rename", id="et-level", name="级别")
        company.do("tag_create", group_id="et-level", id="et-new", name="铜")

        found, missing = rounds.compare(tags)

        assert rounds.told(found) == {
            ("tag", "different", "name", "黄金"),
            ("taggroup", "different", "name", "级别"),
            ("tag", "missing_here", "", ""),
        }
        assert missing == {}

    def test_misses_what_is_no_longer_listed(self, company):
        company.do("tag_group_delete", id="et-level")

        _found, missing = rounds.compare(tags)

        level = TagGroup.objects.get(wecom_id="et-level")
        ids = [tag.wecom_id for tag in level.tags.all()]
        assert missing == {"corp": sorted(["et-level", *ids])}

    def test_what_was_read_only_since_is_not_missing(self, company):
        Tag.objects.create(wecom_id="et-unread")

        assert rounds.compare(tags) == ([], {})


class TestHeard:
    @pytest.fixture(autouse=True)
    def pulled(self, company):
        rounds.keep(staff)
        rounds.keep(tags)
        rounds.keep(contacts)

    def test_groups_and_tags_come_and_change(self, company, tell, work_off):
        made = tell("tag_group_create", name="新组", tags=["甲", "乙"])
        tell("tag_rename", id=made["tags"][0], name="丙")
        tell("tag_create", group_id=made["id"], name="丁")
        tell("tag_shuffle", id=made["id"])
        tell("tag_shuffle", id="")
        work_off()

        assert rounds.compare(tags) == ([], {})
        assert {t.name for t in TagGroup.objects.get(name="新组").tags.all()} == {
            "丙",
            "乙",
            "丁",
        }

    def test_a_tag_of_a_rule_group_is_found_though_nobody_says_so(
        self, company, tell, work_off
    ):
        strategy = Tag.objects.filter(group__kind="strategy").first()

        tell("tag_rename", id=strategy.wecom_id, name="新名")
        work_off()

        strategy.refresh_from_db()
        assert (strategy.name, strategy.group.kind) == ("新名", "strategy")

    def test_a_deleted_group_takes_its_tags_off_everybody(
        self, company, tell, work_off
    ):
        worn = Tag.objects.filter(group__kind="corp", taggings__gt=0).first()

        tell("tag_group_delete", id=worn.group.wecom_id)
        work_off()

        assert standing() == true_tags(company)
        assert not worn.taggings.exists()
        assert rounds.compare(contacts) == ([], {})

    @pytest.mark.parametrize("newest_first", [False, True])
    @pytest.mark.parametrize("times", [1, 3])
    def test_a_tag_that_came_and_went_is_gone_in_any_order(
        self, company, tell, wecom, work_off, newest_first, times
    ):
        company.do("tag_create", group_id="et-level", id="et-brief", name="短")
        company.do("tag_delete", id="et-brief")
        for _time in range(times):
            for number, change in enumerate(["create", "update", "delete"], start=1):
                wecom.says(
                    "change_external_tag",
                    change,
                    at=day(number),
                    Id="et-brief",
                    TagType="tag",
                )
        assert Callback.objects.count() == 3

        work_off(newest_first=newest_first)

        brief = Tag.objects.get(wecom_id="et-brief")
        assert brief.deleted_at == day(3)

    def test_a_deleted_group_that_is_read_by_its_id_does_not_come_back(
        self, company, wecom, work_off
    ):
        """Asked by the id of a group, WeCom does not say that it is deleted."""
        company.do("tag_group_delete", id="et-level")
        for change, at in [("delete", day(2)), ("create", day(1))]:
            wecom.says(
                "change_external_tag", change, at=at, Id="et-level", TagType="tag_group"
            )
            work_off()

        assert TagGroup.objects.get(wecom_id="et-level").deleted_at == day(2)
        assert rounds.compare(tags) == ([], {})

    def test_a_tag_that_nobody_knows_any_more_harms_nothing(self, wecom, work_off):
        wecom.says(
            "change_external_tag", "update", at=day(1), Id="et-none", TagType="tag"
        )
        work_off()

        assert Callback.objects.get().status == "done"

    def test_a_contact_with_a_tag_we_do_not_know_teaches_us_the_tag(
        self, company, tell, work_off
    ):
        company.do("tag_create", group_id="et-level", id="et-new", name="铜")
        follow = Follow.objects.open().filter(confirmed_at__isnull=False).first()

        tell(
            "put_tags",
            userid=follow.employee.wecom_id,
            external_userid=follow.identity.value,
            add=["et-new"],
        )
        work_off()

        tagging = follow.taggings.get(tag__wecom_id="et-new")
        assert (tagging.tag.name, tagging.tag.group.name) == ("铜", "等级")
