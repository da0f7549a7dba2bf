"""What the front page asks: the team, the machinery, my own day."""

from datetime import timedelta

import pytest

from apps.backoffice import dashboard
from apps.groups.models import GroupChat
from apps.wecom.models import Callback, Command
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

NOW = day(10, hour=12)


def test_the_busiest_stand_on_top_with_those_who_left_them():
    lin, lily = make.employee("林静"), make.employee("Lily")
    make.follow(employee=lily, started_at=NOW)
    make.follow(employee=lin, started_at=NOW)
    make.follow(employee=lin, started_at=NOW)
    make.follow(employee=lily, ended_at=NOW, ended_by="contact")
    make.follow(employee=lily, started_at=day(9))

    rows = dashboard.busiest(at=NOW, user=make.root())

    assert [(r["employee__name"], r["added"], r["left"]) for r in rows] == [
        ("林静", 2, 0),
        ("Lily", 1, 1),
    ]


def test_queues_tell_what_waits_in_each_lane_and_what_has_failed(
    django_assert_num_queries,
):
    make.callback(created_at=day(3))
    make.callback(created_at=day(2), lane="welcome")
    make.callback(status="failed")
    make.callback(status="done")
    make.command(status="calling")
    make.command(status="unknown")

    with django_assert_num_queries(1):
        found = {queue.model: queue for queue in dashboard.queues(at=NOW)}

    inbox, outbox = found[Callback], found[Command]
    assert (inbox.waiting, inbox.failed) == ({"callback": 1, "welcome": 1}, 1)
    assert inbox.oldest_at == day(2)
    assert (outbox.waiting, outbox.failed) == ({"outgoing": 2}, 0)


class TestMyDay:
    def test_counts_only_what_is_mine(self):
        me, other = make.employee("林静"), make.employee("Lily")
        make.follow(employee=me, started_at=NOW)
        make.follow(employee=me, started_at=NOW - timedelta(days=6))
        make.follow(employee=me, started_at=NOW - timedelta(days=7))
        make.follow(employee=me, ended_at=day(9), ended_by="contact")
        make.follow(employee=me, ended_at=day(9), ended_by="employee")
        make.follow(employee=other, started_at=NOW)

        assert dashboard.my_numbers(me, at=NOW, user=make.root()) == {
            "added_today": 1,
            "added_week": 2,
            "left_week": 1,
            "total": 3,
        }

    def test_shows_the_newest_first(self):
        me = make.employee()
        for number, name in enumerate(["第一位", "第二位"]):
            at = NOW + timedelta(minutes=number)
            make.follow(make.contact(name), employee=me, started_at=at)

        newest = dashboard.my_newest(me, at=NOW, user=make.root())

        assert [f.identity.contact.name for f in newest] == ["第二位", "第一位"]

    def test_shows_groups_that_still_exist(self):
        me = make.employee()
        GroupChat.objects.create(wecom_id="wr1", name="会员群", owner=me)
        GroupChat.objects.create(
            wecom_id="wr2", name="旧群", owner=me, dismissed_at=day(1)
        )

        assert [group.name for group in dashboard.my_groups(me)] == ["会员群"]
