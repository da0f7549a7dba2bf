"""Tags both ways: made here, changed there, refused, lost, and mended."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from apps.contacts.models import Contact, Follow
from apps.sync import contacts, staff, tags
from apps.sync.reconcile import check, mend
from apps.tags import keep_order, standing
from apps.tags.ask_wecom import read_all_again
from apps.tags.models import Tag, TagGroup
from apps.wecom.models import Callback, Command
from tests import make
from tests.lists.test_batches import press, work
from tests.sync import rounds

pytestmark = pytest.mark.django_db(transaction=True)
API = "externalcontact/"
LONG_AGO = int((timezone.now() - timedelta(days=1)).timestamp())


@pytest.fixture
def company(corp, sandbox):
    """Two employees who both follow 曾小贤; 档位 was made in the console."""
    corp.populate(seed=5, employees=2, contacts=0, groups=0)
    corp.do("tag_group_create", id="et-level", name="档位", tags=["金", "银"])
    lin, wang = (e["userid"] for e in corp.dump(["users"])["users"] if e["serves"])
    corp.do("add", userid=lin, external_userid="wm-zeng", name="曾小贤", at=LONG_AGO)
    corp.do("add", userid=wang, external_userid="wm-zeng", at=LONG_AGO)
    for step in (staff, tags, contacts):
        rounds.keep(step)
    return corp


@pytest.fixture
def boss():
    return make.user("boss", role="manager")


@pytest.fixture
def told(boss):
    return lambda: {"by": boss, "at": timezone.now()}


@pytest.fixture
def tell(wecom, corp):
    """Let WeCom do something, and tell us of it."""

    def do(act: str, **about) -> dict:
        done = corp.do(act, **about)
        for news in done["news"]:
            wecom.put(news["message"], receiver=news["receiver"])
        return done

    return do


@pytest.fixture
def made(company, told, work_off) -> TagGroup:
    """试点 with 热 and 冷, made here and in WeCom."""
    keep_order.make_group(name="试点", tags=["热", "冷"], own=False, **told())
    work_off()
    return TagGroup.objects.get(name="试点")


def in_wecom(corp, name: str) -> list[str]:
    [group] = [
        group
        for group in corp.dump(["tag_groups"])["tag_groups"]
        if group["name"] == name and not group["deleted"]
    ]
    standing = [tag for tag in group["tags"] if not tag["deleted"]]
    return [tag["name"] for tag in sorted(standing, key=lambda t: -t["order"])]


def here(group: TagGroup) -> list[str]:
    return [tag.name for tag in keep_order.standing_tags(group)]


def tag(name: str) -> Tag:
    return Tag.objects.get(name=name, deleted_at=None)


def moods() -> list[str]:
    return [each.mood for each in standing.changes_told()]


class TestMadeHere:
    def test_is_there_in_the_same_order_and_changes_when_wecom_has_agreed(
        self, company, made, told, work_off
    ):
        assert in_wecom(company, "试点") == here(made) == ["热", "冷"]
        assert made.made_here and tag("热").made_here
        assert moods() == []

        keep_order.rename(thing=tag("热"), name="很热", **told())
        keep_order.move(thing=tag("冷"), before=tag("热").pk, **told())
        keep_order.add_tags(group=made, names=["温"], **told())
        assert here(made) == ["热", "冷"]
        assert moods() == ["waits"] * 3

        work_off()

        assert here(made) == in_wecom(company, "试点") == ["冷", "很热", "温"]
        assert moods() == []
        assert rounds.compare(tags) == ([], {})

    def test_what_is_wanted_of_one_tag_is_told_at_once(self, made, told, work_off):
        keep_order.rename(thing=tag("热"), name="很热", **told())
        keep_order.rename(thing=tag("热"), name="最热", **told())
        keep_order.move(thing=tag("热"), before=None, **told())
        work_off()

        edits = Command.objects.filter(call="externalcontact.edit_corp_tag")
        assert [edit.arguments["name"] for edit in edits.filter(status="done")] == [
            "最热"
        ]
        assert here(made) == ["冷", "最热"]

    def test_a_group_goes_with_its_last_tag(self, company, made, told, work_off):
        for name in ("热", "冷"):
            keep_order.delete(thing=tag(name), **told())
        work_off()

        made.refresh_from_db()
        assert made.deleted_at
        assert rounds.compare(tags) == ([], {})

    def test_tags_are_added_to_a_group_of_the_console(self, company, told, work_off):
        level = TagGroup.objects.get(name="档位")
        keep_order.add_tags(group=level, names=["铜"], **told())
        work_off()

        assert "铜" in here(level)
        assert keep_order.why_not(tag("铜")) is None
        assert keep_order.why_not(tag("金")) is keep_order.MadeElsewhere
        level.refresh_from_db()
        assert not level.made_here


class TestWeComWins:
    def test_renamed_there_is_renamed_here(self, made, tell, work_off):
        tell("tag_rename", id=tag("热").wecom_id, name="至尊")
        work_off()

        assert here(made) == ["至尊", "冷"]

    def test_deleted_in_a_group_comes_off_everybody(
        self, company, made, tell, told, work_off
    ):
        contact, follow = someone()
        tell("put_tags", **pair(follow), add=[tag("热").wecom_id])
        work_off()
        assert contact.taggings.count() == 1

        tell("tag_group_delete", id=made.wecom_id)
        work_off()

        assert not contact.taggings.exists()
        assert here(made) == []

    @pytest.mark.parametrize(
        ("act", "about", "here_then"),
        [
            ("tag_rename", {"name": "至尊"}, ["至尊", "冷"]),
            ("tag_delete", {}, ["冷"]),
            ("tag_rename", {"name": "很热"}, ["很热", "冷"]),  # just as we wanted
        ],
    )
    def test_what_was_changed_there_while_ours_waited_is_not_written_over(
        self, company, made, tell, told, work_off, act, about, here_then
    ):
        keep_order.rename(thing=tag("热"), name="很热", **told())
        tell(act, id=tag("热").wecom_id, **about)
        hear_before_telling()
        work_off()

        assert here(made) == in_wecom(company, "试点") == here_then
        found = standing.changes_told()
        if about.get("name") == "很热":
            assert found == []
            return
        [overtaken] = found
        assert (overtaken.mood, overtaken.may_again) == ("bad", False)
        assert (about.get("name") or "删除") in overtaken.why

    def test_what_was_lost_is_reported_and_mended(self, company, made):
        at = company.now() - 3_600
        company.do("tag_rename", id=tag("热").wecom_id, name="至尊", at=at)
        company.do("tag_create", group_id=made.wecom_id, name="温", at=at)
        company.do("tag_delete", id=tag("冷").wecom_id, at=at)

        report = check()
        assert {(f.thing, f.kind, f.theirs) for f in report.found} == {
            ("tag", "different", "至尊"),
            ("tag", "missing_here", ""),
            ("tag", "missing_there", ""),
        }

        mend()
        assert here(made) == ["至尊", "温"]
        assert check().found == []
        assert keep_order.why_not(tag("至尊")) is None  # it is still ours


class TestRefused:
    def test_a_tag_of_another_app_says_so_and_teaches_us(
        self, company, made, told, work_off
    ):
        Tag.objects.filter(name="金").update(made_here=True)  # as we wrongly believe
        keep_order.rename(thing=tag("金"), name="黄金", **told())
        work_off()

        [refused] = standing.changes_told()
        assert "81011" in refused.why and "其他应用" in refused.why
        assert refused.sentence == "把「金」改名为「黄金」"
        assert tag("金").name == "金"
        with pytest.raises(keep_order.MadeElsewhere):
            standing.try_again(change=refused.change, **told())

        standing.seen(change=refused.change, **told())
        assert standing.changes_told() == []

    def test_whether_it_was_made_by_us_is_asked(self, company, told, work_off):
        """As after a new installation: WeCom knows, and we have forgotten."""
        intent = TagGroup.objects.get(name="意向")  # by our app, as the corp was filled
        level = TagGroup.objects.get(name="档位")
        for group in (intent, level):
            assert keep_order.why_not(group) is keep_order.MadeElsewhere
            standing.find_out(group=group, **told())
        work_off()

        intent.refresh_from_db()
        assert intent.made_here
        assert set(intent.tags.values_list("made_here", flat=True)) == {True}
        level.refresh_from_db()
        assert not level.made_here
        assert standing.changes_told() == []

    def test_a_name_that_is_taken_there_is_read_and_can_be_tried_again(
        self, company, made, told, work_off
    ):
        company.do("tag_create", group_id=made.wecom_id, name="温")  # nobody told us
        keep_order.add_tags(group=made, names=["温"], **told())
        work_off()

        [refused] = standing.changes_told()
        assert refused.change.errcode == 40071
        assert here(made) == in_wecom(company, "试点")
        with pytest.raises(keep_order.TagTaken):
            standing.try_again(change=refused.change, **told())

    def test_what_went_wrong_once_is_done_when_tried_again(
        self, company, sandbox, made, told, work_off
    ):
        sandbox.faults.add(api=f"{API}add_corp_tag", do=40126, times=1)
        keep_order.add_tags(group=made, names=["温"], **told())
        work_off()
        [refused] = standing.changes_told()

        standing.try_again(change=refused.change, **told())
        work_off()

        assert in_wecom(company, "试点") == ["热", "冷", "温"]
        assert standing.changes_told() == []

    @pytest.mark.parametrize("had_its_effect", [True, False])
    def test_whether_it_was_made_is_seen_when_the_tags_are_read(
        self, company, sandbox, made, told, work_off, had_its_effect
    ):
        do = "timeout_after_effect" if had_its_effect else "timeout"
        sandbox.faults.add(api=f"{API}add_corp_tag", do=do, times=1, seconds=0.1)
        keep_order.make_group(name="出处", tags=["微博"], own=False, **told())
        work_off()
        assert moods() == ["unknown"]
        Command.objects.filter(status="unknown").update(
            called_at=F("called_at") - timedelta(minutes=2)
        )

        read_all_again()
        work_off()

        assert moods() == []
        assert in_wecom(company, "出处") == ["微博"]
        assert tag("微博").made_here and tag("微博").group.made_here
        made_groups = [
            group["name"] for group in company.dump(["tag_groups"])["tag_groups"]
        ]
        assert made_groups.count("出处") == 1


class TestPutOn:
    def test_two_employees_tag_the_same_contact(self, company, made, tell, work_off):
        contact, _follow = someone()
        for follow in follows():
            tell("put_tags", **pair(follow), add=[tag("热").wecom_id])
        tell("put_tags", **pair(follows()[0]), add=[tag("冷").wecom_id])
        work_off()

        assert sorted(t.tag.name for t in contact.taggings.all()) == ["冷", "热", "热"]
        assert {t.follow for t in contact.taggings.filter(tag__name="热")} == {
            *follows()
        }

        later = company.now() + 5
        first = pair(follows()[0])
        tell("put_tags", **first, remove=[tag("热").wecom_id], at=later)
        work_off()

        # the other employee's is still there
        assert sorted(t.tag.name for t in contact.taggings.all()) == ["冷", "热"]

    def test_too_many_on_one_contact_is_said_and_two_calls_at_once_are_tried_again(
        self, company, sandbox, made, boss, work_off
    ):
        company.knobs.turn(tags_per_follow=0)
        [row] = put_on(boss, work_off).rows.all()
        assert row.state == "failed" and "40144" in row.why

        company.knobs.turn(tags_per_follow=1_000)
        sandbox.faults.add(api=f"{API}mark_tag", do=45035, times=1)
        [row] = put_on(boss, work_off).rows.all()
        assert row.state == "changed"
        assert someone()[0].taggings.get().by == boss

    def test_a_tag_that_wecom_does_not_know_goes(self, company, made, boss, work_off):
        company.do("tag_delete", id=tag("热").wecom_id)  # nobody told us

        batch = put_on(boss, work_off)

        assert "40068" in batch.rows.get().why
        assert here(made) == ["冷"]

    def test_whom_the_employee_has_dropped_is_followed_no_more(
        self, company, made, boss, work_off
    ):
        first, second = follows()
        company.do("employee_drops", **pair(first))  # nobody told us

        batch = put_on(boss, work_off)

        assert "84061" in batch.rows.get().why
        assert follows() == [second]


def hear_before_telling() -> None:
    """WeCom's news is worked off, and what it makes us read; ours waits."""
    for model, rows in ((Callback, {}), (Command, {"call__contains": "tag_list"})):
        for job in model.objects.filter(status="waiting", **rows):
            model.objects.filter(pk=job.pk).update(attempts=F("attempts") + 1)
            model.objects.get(pk=job.pk).work_off()


def someone() -> tuple[Contact, Follow]:
    follow = follows()[0]
    return follow.identity.contact, follow


def follows() -> list[Follow]:
    rows = Follow.objects.open().filter(identity__value="wm-zeng")
    return list(rows.select_related("employee", "identity").order_by("pk"))


def pair(follow: Follow) -> dict[str, str]:
    return {
        "userid": follow.employee.wecom_id,
        "external_userid": follow.identity.value,
    }


def put_on(boss, work_off):
    client = Client()
    client.force_login(boss)
    press(client, tag("热"), n=someone()[0].pk)
    work_off()
    return work()
