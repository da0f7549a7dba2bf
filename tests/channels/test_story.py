"""What is set on a code reaches whoever comes by it, from the scan to the report."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.channels.contact_panels import source_of
from apps.channels.keep import keep, publish
from apps.channels.models import Entry, Turn
from apps.channels.report import report_of
from apps.channels.stand import choice_at
from apps.contacts.models import Contact
from apps.contacts.portrait import portrait_of
from tests.channels.doors import a_plan, hear

pytestmark = pytest.mark.django_db(transaction=True)


def published(who, work_off, **more):
    figures = {
        name: more.pop(name) for name in ("target", "cost_per_day") if name in more
    }
    at = timezone.now() - timedelta(days=4)
    told = {"name": "旗舰店", "by": None, "at": at} | figures
    made = publish(channel=keep(draft=a_plan(*who, **more), **told), by=None, at=at)
    work_off()
    made.refresh_from_db()
    return made


def come(corp, wecom, work_off, code, **about):
    done = corp.do("scan", state=code.state, **about)
    hear(wecom, done)
    work_off()
    return done


def test_a_colleagues_customer_takes_no_turn_and_costs_are_shared_by_the_others(
    corp, wecom, people, work_off
):
    ann, ben, cat = people
    code = published(
        [ann, ben], work_off, is_exclusive=True, target=10, cost_per_day=900
    )
    hear(wecom, corp.do("add", userid="cat", external_userid="wmOld", name="老客户"))
    work_off()

    first = come(corp, wecom, work_off, code, external_userid="wmOld")
    assert first["userid"] == "ann"
    assert choice_at(code, at=timezone.now()).users == ("ann",)  # it is still her turn
    assert come(corp, wecom, work_off, code, name="新客户")["userid"] == "ann"
    assert come(corp, wecom, work_off, code, name="新客户二")["userid"] == "ben"

    report = report_of(code, at=timezone.now())
    assert (report.given, report.again, report.left) == (2, 1, 0)
    assert (report.cost, report.each) == (5 * 900, 2250)  # the fifth day, two contacts
    hear(wecom, corp.do("customer_leaves", **pair_of(first)))
    work_off()
    report = report_of(code, at=timezone.now())
    assert (report.left, report.staying) == (1, 67)


def pair_of(done):
    return {"userid": done["userid"], "external_userid": done["external_userid"]}


def test_the_first_source_stays_and_the_latest_is_told_beside_it(
    corp, wecom, people, work_off, rf
):
    ann, ben, _cat = people
    one = published([ann], work_off)
    at = timezone.now()
    two = publish(
        channel=keep(draft=a_plan(ben), name="展会", by=None, at=at), by=None, at=at
    )
    work_off()
    come(corp, wecom, work_off, one, external_userid="wmTwice", name="张三丰")
    later = int(timezone.now().timestamp()) + 60
    come(corp, wecom, work_off, two, external_userid="wmTwice", at=later)

    who = Contact.objects.get(entries__channel=one)
    found = source_of(who, rf.get("/"))

    assert (found["first"].channel, found["latest"].channel) == (one, two)


def test_who_comes_without_a_state_is_told_by_the_way_they_were_added(
    corp, wecom, people, work_off, rf
):
    hear(wecom, corp.do("add", userid="ann", add_way=3, name="名片来的"))
    work_off()
    who = Contact.objects.get(name="名片来的")

    assert source_of(who, rf.get("/")) is None
    assert not Entry.objects.exists()
    assert portrait_of(who).came_by == "名片分享"


def test_whose_turn_it_is_is_kept_with_the_entries_and_not_in_a_broker(
    corp, wecom, people, work_off
):
    """Elsewhere it lies in Redis and is lost with it."""
    code = published(people, work_off)
    come(corp, wecom, work_off, code)

    assert Turn.objects.filter(channel=code).exclude(given=0).count() == 1
    assert choice_at(code, at=timezone.now()).users == ("ben",)


def test_who_stands_there_by_a_slot_is_capped_like_everybody(
    corp, wecom, people, work_off
):
    """Elsewhere the cap was not counted for whoever a schedule put there, and was read
    before the add that reached it."""
    ann, ben, _cat = people
    whole_week = {"days": [*range(1, 8)], "from": "00:00", "until": "00:00"}
    rows = [
        {"employee": ann.pk, "daily_cap": 1},
        {"employee": ben.pk, "is_backup": True},
    ]
    slots = [whole_week | {"people": [ann.pk]}]
    code = published([], work_off, people=rows, slots=slots, always=False)

    assert come(corp, wecom, work_off, code)["userid"] == "ann"
    assert come(corp, wecom, work_off, code)["userid"] == "ben"


def test_a_code_that_nobody_made_here_is_no_entry(corp, wecom, people, work_off):
    published(people, work_off)
    hear(wecom, corp.do("add", userid="ann", state="foreign", name="别处来的"))
    work_off()

    assert not Entry.objects.exists()
