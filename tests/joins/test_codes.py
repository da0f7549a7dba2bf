"""Codes of groups, over real HTTP: made, switched when full, followed, counted."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.channels.models import Quota
from apps.groups.models import GroupChat
from apps.joins.choose import Why, decide
from apps.joins.codes import behind, look_at
from apps.joins.follow import follow_all, read_all
from apps.joins.keep import (
    NoGroup,
    SomebodyJoined,
    discard,
    keep,
    make_anew,
    stop,
)
from apps.joins.models import Behind, GroupCode
from apps.joins.report import report_of
from apps.sync.reconcile import check, mend
from apps.wecom.calls import call
from apps.wecom.models import Command
from tests.channels.doors import hear

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def groups(corp, wecom, work_off, sandbox):
    """Three groups of two employees, in the corp and here."""
    with corp.changing():
        corp.run("INSERT INTO department (id, name, parentid) VALUES (1, '公司', 0)")
        for userid in ("ann", "ben"):
            corp.run(
                "INSERT INTO employee (userid, name) VALUES (?, ?)", userid, userid
            )
            corp.run(
                "INSERT INTO membership (userid, department) VALUES (?, 1)", userid
            )
    for number in range(3):
        of = {"chat_id": f"wr{number}", "name": f"{number} 群", "members": []}
        hear(wecom, corp.do("group_create", owner="ann", **of))
    work_off()
    return [GroupChat.objects.get(wecom_id=f"wr{number}") for number in range(3)]


def made(groups, **about):
    told = {"name": "门店群", "full_at": 3, "opens_new": False} | about
    numbers = [group.pk for group in groups]
    return keep(**told, groups=numbers, by=None, at=timezone.now())


def join(corp, wecom, work_off, code, many=1):
    came = []
    for _number in range(many):
        done = corp.do("scan_group_code", state=code.state)
        hear(wecom, done)
        work_off()
        came.append(done["chat_id"])
    return came


def in_wecom(corp):
    return {way["state"]: way["chats"] for way in corp.dump(["join_ways"])["join_ways"]}


def whys(code):
    code.refresh_from_db()
    held = code.held.get("chat_id_list", ())
    rows = decide(behind(code), full_at=code.full_at, held=held).standings
    return [standing.why for standing in rows]


def test_a_kept_code_is_made_in_wecom_with_its_picture(corp, groups, work_off):
    Quota.objects.create(used=7, counted_at=timezone.now())
    code = made(groups)

    work_off()

    code.refresh_from_db()
    assert in_wecom(corp) == {code.state: ["wr0", "wr1", "wr2"]}
    assert code.qr_text.startswith("https://work.weixin.qq.com/")
    assert code.is_told
    assert Quota.objects.get().used == 8


def test_a_group_that_is_full_makes_way_for_the_next(corp, wecom, groups, work_off):
    code = made(groups)
    work_off()

    came = join(corp, wecom, work_off, code, many=3)  # the owner is one of three

    assert came == ["wr0", "wr0", "wr1"]
    assert in_wecom(corp) == {code.state: ["wr1", "wr2"]}
    assert whys(code) == [Why.FULL, Why.NEXT, Why.READY]


def test_one_comes_back_when_several_places_are_free(corp, wecom, groups, work_off):
    code = made(groups, full_at=60)
    GroupChat.objects.filter(pk=groups[0].pk).update(member_count=60)
    look_at(code_id=code.pk)
    work_off()
    assert in_wecom(corp) == {code.state: ["wr1", "wr2"]}

    GroupChat.objects.filter(pk=groups[0].pk).update(member_count=57)
    follow_all(at=timezone.now())
    assert whys(code)[0] == Why.FULL

    GroupChat.objects.filter(pk=groups[0].pk).update(member_count=50)
    follow_all(at=timezone.now())
    work_off()
    assert in_wecom(corp) == {code.state: ["wr0", "wr1", "wr2"]}


def test_of_more_than_five_the_others_wait(corp, wecom, groups, work_off):
    for number in range(3, 7):
        of = {"chat_id": f"wr{number}", "name": f"{number} 群", "members": []}
        hear(wecom, corp.do("group_create", owner="ben", **of))
    work_off()
    code = made(GroupChat.objects.order_by("wecom_id"))
    work_off()

    assert in_wecom(corp) == {code.state: ["wr0", "wr1", "wr2", "wr3", "wr4"]}
    assert whys(code)[-2:] == [Why.WAITS, Why.WAITS]


def test_a_dismissed_group_makes_way(corp, wecom, groups, work_off):
    code = made(groups)
    work_off()
    hear(wecom, corp.do("group_dismiss", chat_id="wr0"))
    work_off()

    follow_all(at=timezone.now())
    work_off()

    assert in_wecom(corp) == {code.state: ["wr1", "wr2"]}


def test_when_all_are_full_the_last_stays_and_a_person_is_told(
    corp, wecom, groups, work_off
):
    code = made(groups[:1], full_at=2)
    work_off()
    join(corp, wecom, work_off, code)

    code.refresh_from_db()
    assert in_wecom(corp) == {code.state: ["wr0"]}
    assert code.trouble == GroupCode.Trouble.FULL


def test_a_group_that_wecom_opens_stands_behind_the_code_too(
    corp, wecom, groups, work_off
):
    corp.knobs.turn(group_code_limit=2)
    code = made(groups[:1], full_at=2, opens_new=True, base_name="福利群")
    work_off()

    came = join(corp, wecom, work_off, code, many=2)

    code.refresh_from_db()
    opened = Behind.objects.get(code=code, by_wecom=True).group
    assert came == ["wr0", opened.wecom_id]
    assert opened.name == "福利群1"
    assert code.base_number == 2  # the next is not called like this one
    (way,) = corp.dump(["join_ways"])["join_ways"]
    assert way["room_base_id"] == 2
    assert code.trouble == ""


def test_who_joined_is_counted_once_by_the_state_of_their_stay(
    corp, wecom, groups, work_off
):
    code = made(groups, full_at=200)
    work_off()
    for _number in range(3):
        done = corp.do("scan_group_code", state=code.state)
        hear(wecom, done)
        hear(wecom, done)
        work_off(newest_first=True)
    who = done["external_userid"]
    hear(wecom, corp.do("group_leave", chat_id=done["chat_id"], members=[who]))
    work_off()

    report = report_of(code, at=timezone.now())

    assert (report.joined, report.still_in, report.days[0].joined) == (3, 2, 3)
    assert report.by_group == {groups[0].pk: 3}
    with pytest.raises(SomebodyJoined):
        discard(code=code, by=None, at=timezone.now())


def test_a_code_that_another_program_deleted_is_found_and_made_anew(
    corp, groups, work_off
):
    code = made(groups)
    work_off()
    corp.do("lose_group_code", state=code.state)

    assert read_all() == 1
    work_off()
    code.refresh_from_db()
    assert code.trouble == GroupCode.Trouble.LOST
    make_anew(code=code, by=None, at=timezone.now())
    work_off()

    assert list(in_wecom(corp)) == [code.state]


def test_other_groups_that_another_program_put_there_are_put_right(
    corp, groups, work_off
):
    code = made(groups[:2])
    work_off()
    with corp.changing():
        corp.run("UPDATE join_way SET chats = '[\"wr2\"]'")

    read_all()
    work_off()

    assert in_wecom(corp) == {code.state: ["wr0", "wr1"]}


def test_drift_is_part_of_the_check_and_is_mended_like_that_of_codes(
    corp, groups, work_off
):
    code = made(groups[:2])
    work_off()
    assert "joinway different" not in check().differences
    with corp.changing():
        corp.run("UPDATE join_way SET chats = '[\"wr2\"]'")
    assert check().differences["joinway different"] == 1

    mend()
    work_off()
    assert in_wecom(corp) == {code.state: ["wr0", "wr1"]}
    assert "joinway different" not in check().differences

    corp.do("lose_group_code", state=code.state)
    assert check().differences["joinway missing_there"] == 1
    mend()
    code.refresh_from_db()
    assert code.trouble == GroupCode.Trouble.LOST
    assert "joinway missing_there" not in check().differences


def test_a_stopped_code_is_gone_and_can_be_made_anew(corp, groups, work_off):
    code = made(groups)
    work_off()
    stop(code=code, by=None, at=timezone.now())
    work_off()
    assert in_wecom(corp) == {}

    make_anew(code=code, by=None, at=timezone.now())
    work_off()
    assert list(in_wecom(corp)) == [code.state]


def test_where_nobody_knows_whether_it_was_made_there_is_one_that_we_know(
    corp, groups, work_off
):
    code = made(groups)
    command = Command.objects.get(call="externalcontact.groupchat_add_join_way")
    call(command.call, **command.arguments)
    at = timezone.now() - timedelta(minutes=5)
    Command.objects.filter(pk=command.pk).update(
        status="unknown", called_at=at, created_at=at
    )

    follow_all(at=timezone.now())
    work_off()

    code.refresh_from_db()
    ids = [way["config_id"] for way in corp.dump(["join_ways"])["join_ways"]]
    assert code.config_id in ids and code.qr_text


def test_a_code_without_a_group_that_exists_is_refused(groups):
    GroupChat.objects.update(dismissed_at=timezone.now())

    with pytest.raises(NoGroup):
        made(groups)
