"""Group chats: pulled, compared, and heard of."""

import itertools

import pytest
from django.db.models import F
from django.utils import timezone

from apps.contacts.models import Contact
from apps.events.models import EventRecord
from apps.groups.models import GroupChat, Stay
from apps.staff.models import Employee
from apps.sync import groups, staff
from apps.sync.heard_groups import items, settled
from apps.wecom.models import Callback, Command
from tests.conftest import day
from tests.sync import rounds

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company(corp, sandbox):
    corp.populate(seed=5, employees=6, contacts=60, groups=12)
    for name in ("Ann", "bob"):
        corp.do("employee_create", userid=name, name=name, departments=[1])
    corp.do(
        "group_create",
        chat_id="wr-ann",
        owner="Ann",
        name="福利群",
        members=["bob", "wm-1", "wm-2"],
    )
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


def keep() -> int:
    rounds.keep(staff)
    return rounds.keep(groups)


def true_groups(corp) -> list[dict]:
    chats = corp.dump(["groups"])["groups"]
    return [c for c in chats if not c["internal"] and c["dismissed_at"] is None]


def inside(chat_id: str = "wr-ann") -> set[str]:
    stays = Stay.objects.filter(group__wecom_id=chat_id, left_at=None)
    return set(stays.values_list("member_id", flat=True))


class TestPull:
    def test_reads_every_group_with_everybody_in_it(self, company):
        calls = keep()

        for chat in true_groups(company):
            members = {
                m["member"].lower() if m["type"] == 1 else m["member"]
                for m in chat["members"]
            }
            assert inside(chat["chat_id"]) == members
        assert calls == len(true_groups(company)) == GroupChat.objects.count()

    def test_leaves_no_difference(self, company):
        keep()

        assert rounds.compare(groups) == ([], {})

    def test_tells_the_log_of_contacts_and_sets_nothing_off(self, company):
        keep()

        joined = EventRecord.objects.filter(kind="GroupJoined")
        contacts = Stay.objects.filter(identity__isnull=False)
        assert joined.count() == contacts.count()
        assert not Command.objects.exists()

    def test_finds_the_groups_of_owners_who_left_before_we_came(self, company):
        company.do("add", userid="Ann", external_userid="wm-1")
        company.do("employee_resign", userid="Ann")

        keep()

        chat = GroupChat.objects.get(wecom_id="wr-ann")
        assert chat.status == GroupChat.Status.OWNER_LEFT
        assert chat.owner.wecom_id == "ann"

    def test_an_owner_whom_wecom_does_not_know_is_no_reason_to_miss_the_others(
        self, company
    ):
        Employee.objects.create(wecom_id="nobody")

        keep()

        assert GroupChat.objects.count() == len(true_groups(company))


class TestCompare:
    @pytest.fixture(autouse=True)
    def pulled(self, company):
        keep()

    def test_reports_each_field_that_differs(self, company):
        company.do("group_rename", chat_id="wr-ann", name="新名")
        company.do("group_notice", chat_id="wr-ann", notice="新公告")
        company.do("group_owner", chat_id="wr-ann", owner="bob")

        found, missing = rounds.compare(groups)

        assert rounds.told(found) == {
            ("groupchat", "different", "name", "新名"),
            ("groupchat", "different", "notice", "新公告"),
            ("groupchat", "different", "owner", "bob"),
        }
        assert missing == {}

    def test_reports_who_came_and_who_went(self, company):
        joined_at = int(timezone.now().timestamp()) - 600
        Stay.objects.update(joined_at=F("joined_at") - timezone.timedelta(hours=1))
        company.do(
            "group_join", chat_id="wr-ann", members=["wm-3"], at=joined_at, scene=3
        )
        company.do("group_leave", chat_id="wr-ann", members=["wm-2"])

        found, _missing = rounds.compare(groups)

        about = {(f.kind, f.subject.split(" · ")[-1]) for f in found if not f.field}
        assert about == {("missing_here", "wm-3"), ("missing_there", "wm-2")}

    def test_reports_a_dismissed_group_and_a_new_one(self, company):
        company.do("group_dismiss", chat_id="wr-ann")
        company.do("group_create", chat_id="wr-new", owner="bob")

        found, missing = rounds.compare(groups)

        assert {(f.thing, f.kind, f.subject) for f in found if f.thing != "stay"} == {
            ("groupchat", "missing_there", "wr-ann"),
            ("groupchat", "missing_here", "wr-new"),
        }
        assert missing == {}

    def test_a_group_that_the_app_may_not_see_any_more_is_not_missing(self, company):
        company.knobs.turn(out_of_range=["Ann"])

        found, missing = rounds.compare(groups)

        assert (found, missing) == ([], {})

    def test_is_mended_by_the_next_pull(self, company):
        company.do("group_dismiss", chat_id="wr-ann")
        chat_id = true_groups(company)[0]["chat_id"]
        company.do("group_rename", chat_id=chat_id, name="新名")

        rounds.keep(groups, source=EventRecord.Source.RECONCILE)

        assert rounds.compare(groups) == ([], {})
        assert GroupChat.objects.get(wecom_id="wr-ann").dismissed_at
        assert inside() == set()


class TestHeard:
    @pytest.fixture(autouse=True)
    def pulled(self, company):
        keep()

    def test_a_new_group_appears_with_everybody_in_it(self, tell, work_off):
        tell("group_create", chat_id="wr-new", owner="bob", members=["wm-9", "Ann"])
        work_off()

        assert inside("wr-new") == {"bob", "ann", "wm-9"}
        assert GroupChat.objects.get(wecom_id="wr-new").member_count == 3

    def test_who_joins_is_in_it_as_wecom_tells_it(self, tell, work_off):
        tell("group_join", chat_id="wr-ann", members=["wm-3"], scene=3, state="jw_9")
        work_off()

        stay = Stay.objects.get(member_id="wm-3")
        assert (stay.scene, stay.state, stay.left_at) == (3, "jw_9", None)
        assert Contact.objects.get(identities__value="wm-3").name

    def test_who_leaves_and_who_is_removed_are_told_apart(self, tell, work_off):
        tell("group_leave", chat_id="wr-ann", members=["wm-1"])
        tell("group_leave", chat_id="wr-ann", members=["wm-2"], removed=True)
        work_off()

        ended = Stay.objects.filter(member_id__in=["wm-1", "wm-2"])
        assert dict(ended.values_list("member_id", "left_by")) == {
            "wm-1": "self",
            "wm-2": "removed",
        }
        assert inside() == {"ann", "bob"}

    def test_name_notice_and_owner_are_read(self, tell, work_off):
        tell("group_rename", chat_id="wr-ann", name="新名")
        tell("group_notice", chat_id="wr-ann", notice="新公告")
        tell("group_owner", chat_id="wr-ann", owner="bob")
        work_off()

        chat = GroupChat.objects.get(wecom_id="wr-ann")
        assert (chat.name, chat.notice, chat.owner.wecom_id) == (
            "新名",
            "新公告",
            "bob",
        )

    def test_a_dismissed_group_is_empty(self, tell, work_off):
        tell("group_dismiss", chat_id="wr-ann")
        work_off()

        assert GroupChat.objects.get(wecom_id="wr-ann").dismissed_at
        assert inside() == set()

    def test_an_owner_leaves_and_the_group_is_inherited(self, tell, work_off):
        chat = GroupChat.objects.get(wecom_id="wr-ann")

        tell("employee_resign", userid="Ann")
        work_off()
        chat.refresh_from_db()
        assert chat.status == GroupChat.Status.OWNER_LEFT

        tell("group_owner", chat_id="wr-ann", owner="bob")
        work_off()
        chat.refresh_from_db()
        assert (chat.status, chat.owner.wecom_id) == (3, "bob")

    @pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
    def test_joining_and_leaving_is_the_same_in_any_order(
        self, company, wecom, work_off, order
    ):
        """In truth wm-3 has joined and left again before we hear of anything."""
        company.do("group_join", chat_id="wr-ann", members=["wm-3"])
        company.do("group_leave", chat_id="wr-ann", members=["wm-3"])
        details = ["add_member", "change_name", "del_member"]
        news = [
            {"UpdateDetail": detail, "at": day(number)}
            for number, detail in enumerate(details, start=1)
        ]
        news[0]["MemChangeList"] = news[2]["MemChangeList"] = ["wm-3"]
        news[2]["QuitScene"] = 1

        for number in order:
            for _time in range(2):
                wecom.says(
                    "change_external_chat", "update", ChatId="wr-ann", **news[number]
                )
            work_off()

        assert Callback.objects.count() == 3
        stay = Stay.objects.get(member_id="wm-3")
        assert (stay.left_at, stay.left_by) == (day(3), "removed")
        assert rounds.compare(groups) == ([], {})

    def test_a_group_that_wecom_says_is_dismissed_when_it_is_read(
        self, company, wecom, work_off
    ):
        company.do("group_dismiss", chat_id="wr-ann")
        wecom.says(
            "change_external_chat",
            "update",
            at=day(1),
            ChatId="wr-ann",
            UpdateDetail="change_name",
        )
        work_off()

        assert GroupChat.objects.get(wecom_id="wr-ann").dismissed_at

    def test_a_group_that_wecom_does_not_know_is_kept_by_its_id(self, wecom, work_off):
        wecom.says("change_external_chat", "create", at=day(1), ChatId="wr-none")
        work_off()

        assert GroupChat.objects.get(wecom_id="wr-none").read_at is None
        assert Command.objects.get().status == "done"


class TestReadAgain:
    def test_news_of_the_same_few_seconds_is_read_once_after_the_last_of_them(self):
        first = settled("chat:1", told_at=day(1), now=day(1))
        second = settled(
            "chat:1", told_at=day(1) + timezone.timedelta(seconds=4), now=day(1)
        )

        assert first == second
        assert first[0] == day(1) + timezone.timedelta(seconds=8)

    def test_what_came_late_is_read_at_once(self):
        assert settled("chat:1", told_at=day(1), now=day(2)) == (day(2), "chat:1")

    @pytest.mark.parametrize(
        ("told", "expected"),
        [
            ({"Item": ["wm-1", "wm-2"]}, ["wm-1", "wm-2"]),
            ({"Item": "wm-1"}, ["wm-1"]),
            (["wm-1"], ["wm-1"]),
            (None, []),
            ("", []),
            ({"Item": [{"odd": "thing"}, ""]}, []),
        ],
    )
    def test_members_are_named_in_several_ways(self, told, expected):
        assert items(told) == expected
