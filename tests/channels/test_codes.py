"""Codes in WeCom, over real HTTP: made once, changed in time, never empty, mended."""

import base64
import io
import json
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from PIL import Image

from apps.channels import codes, draw
from apps.channels.by_the_clock import look_at_those_due
from apps.channels.keep import keep, make_anew, pause, publish, stop
from apps.channels.models import Channel, Entry, Quota
from apps.channels.settle_unknown import settle_unknown
from apps.events.bus import record
from apps.events.models import EventRecord
from apps.sandbox.acts.tags import make_group, make_tag
from apps.staff.events import EmployeeLeft
from apps.sync.models import Pull
from apps.sync.reconcile import check, mend
from apps.wecom.calls import call
from apps.wecom.models import Command
from tests import make
from tests.channels.doors import a_plan, hear
from tests.conftest import day

pytestmark = pytest.mark.django_db(transaction=True)


def published(*people, at=None, **more):
    at = at or timezone.now()
    draft = a_plan(*people, **more)
    name = f"门店 {next(make.number)}"
    return publish(channel=keep(draft=draft, name=name, by=None, at=at), by=None, at=at)


def ways(corp):
    return {
        way["state"]: way["users"]
        for way in corp.dump(["contact_ways"])["contact_ways"]
    }


def test_a_published_code_is_made_in_wecom_with_its_state(corp, people, work_off):
    channel = published(*people, rotation="random")

    work_off()

    channel.refresh_from_db()
    assert channel.config_id and channel.qr_code.startswith("http")
    assert ways(corp) == {channel.state: ["ann", "ben", "cat"]}
    assert channel.is_told


def test_the_picture_is_drawn_at_any_size_and_says_the_same(corp, people, work_off):
    channel = published(*people)
    with pytest.raises(draw.NotDrawnYet):
        draw.svg(channel)
    work_off()
    channel.refresh_from_db()

    drawn = draw.png(channel, centimetres=8)

    image = Image.open(io.BytesIO(drawn))
    assert 900 < image.size[0] < 990  # eight centimetres at 300 dots to the inch
    said = draw.text_in(base64.b64encode(drawn).decode())
    assert said == channel.qr_text
    assert said.startswith("https://work.weixin.qq.com/ca/")
    assert draw.svg(channel).count("M") > 200
    channel.name = "<script>"
    assert "<script>" not in draw.poster(channel, line="", hint="")


def test_publishing_again_changes_it_and_makes_no_second(corp, people, work_off):
    ann, ben, _cat = people
    channel = published(ann)
    work_off()
    keep(
        draft=a_plan(ben),
        name=channel.name,
        by=None,
        at=timezone.now(),
        channel=channel,
    )
    publish(channel=channel, by=None, at=timezone.now())
    work_off()

    assert ways(corp) == {channel.state: ["ben"]}


def test_a_scan_is_an_entry_and_the_next_stands_on_the_code(
    corp, wecom, people, work_off
):
    ann, ben, cat = people
    channel = published(ann, ben, cat)
    work_off()
    given = []
    for number in range(6):
        done = corp.do("scan", state=channel.state, name=f"客户{number}")
        given.append(done["userid"])
        hear(wecom, done)
        work_off()

    assert given == ["ann", "ben", "cat", "ann", "ben", "cat"]
    assert Entry.objects.filter(channel=channel).count() == 6
    assert not Entry.objects.filter(over=True).exists()


def test_told_twice_and_the_wrong_way_round_it_is_one_entry(
    corp, wecom, people, work_off
):
    channel = published(*people, tags=[])
    work_off()
    done = corp.do("scan", state=channel.state, name="张三丰")
    hear(wecom, done)
    hear(wecom, done)
    work_off(newest_first=True)

    assert Entry.objects.count() == 1
    assert mend().differences == {}


def test_at_a_boundary_the_code_is_handed_over(corp, people, work_off):
    ann, ben, _cat = people
    every_day = [1, 2, 3, 4, 5, 6, 7]
    slots = [
        {"days": every_day, "from": "00:00", "until": "12:00", "people": [ann.pk]},
        {"days": every_day, "from": "12:00", "until": "00:00", "people": [ben.pk]},
    ]
    channel = published(ann, ben, slots=slots, always=False, at=day(2, hour=11.5))
    work_off()
    assert ways(corp) == {channel.state: ["ann"]}

    assert look_at_those_due(at=day(2, hour=11.9)) == 0
    assert look_at_those_due(at=day(2, hour=12)) == 1
    work_off()

    assert ways(corp) == {channel.state: ["ben"]}


def test_one_without_the_permission_in_wecom_is_found_and_the_others_are_taken(
    corp, people, work_off
):
    """Here everybody may; WeCom refuses the whole call, and does not say whom."""
    with corp.changing():
        corp.run("UPDATE employee SET serves = 0 WHERE userid = 'ben'")

    channel = published(*people, rotation="random")
    work_off()

    channel.refresh_from_db()
    assert ways(corp) == {channel.state: ["ann", "cat"]}
    assert list(channel.barred) == [str(people[1].pk)]
    assert channel.trouble == ""


def test_who_leaves_the_company_is_replaced_and_the_code_goes_on(
    corp, people, work_off
):
    ann, ben, _cat = people
    channel = published(ann, ben)
    work_off()
    ann.left_at = timezone.now()
    ann.save()
    record(
        EmployeeLeft(
            at=ann.left_at, source=EventRecord.Source.CALLBACK, employee_id=ann.pk
        )
    )
    work_off()

    assert ways(corp) == {channel.state: ["ben"]}


class TestWhenNobodyKnowsWhetherItWasMade:
    def unknown(self, *, made):
        """The worker died in the call; before it reached WeCom, or after."""
        command = Command.objects.get(call="externalcontact.add_contact_way")
        at = timezone.now() - timedelta(minutes=5)
        if made:
            call(command.call, **command.arguments)
        Command.objects.filter(pk=command.pk).update(
            status="unknown", called_at=at, created_at=at
        )
        return command

    @pytest.mark.parametrize("made", [True, False])
    def test_it_is_made_exactly_once(self, corp, people, work_off, made):
        channel = published(*people, rotation="random")
        self.unknown(made=made)

        assert settle_unknown(at=timezone.now()) == 1
        work_off()

        channel.refresh_from_db()
        (way,) = corp.dump(["contact_ways"])["contact_ways"]
        assert way["config_id"] == channel.config_id
        assert channel.is_told
        assert not Command.objects.filter(status="unknown").exists()

    def test_codes_of_other_programs_are_looked_at_and_left(
        self, corp, people, work_off
    ):
        for number in range(3):
            call(
                "externalcontact.add_contact_way",
                **{"type": 2, "scene": 2, "state": f"x{number}", "user": ["ann"]},
            )
        channel = published(*people)
        self.unknown(made=True)

        settle_unknown(at=timezone.now())
        work_off()

        channel.refresh_from_db()
        states = [w["state"] for w in corp.dump(["contact_ways"])["contact_ways"]]
        assert sorted(states) == sorted(["x0", "x1", "x2", channel.state])
        assert channel.config_id


def test_a_second_one_is_removed(corp, people, work_off):
    """Answered twice, as after a restore: WeCom keeps the one that we know."""
    channel = published(*people)
    work_off()
    known = Channel.objects.get(pk=channel.pk).config_id
    told = Command.objects.get(call="externalcontact.add_contact_way")
    answer = call(told.call, **told.arguments)
    made_again = {"result": answer, "about": told.about, "called_at": timezone.now()}
    with transaction.atomic():
        codes.made(**made_again)
    work_off()

    (way,) = corp.dump(["contact_ways"])["contact_ways"]
    assert way["config_id"] == known


class TestDrift:
    @pytest.fixture
    def channel(self, corp, people, work_off):
        ann, ben, _cat = people
        made = published(ann, ben, rotation="random")
        work_off()
        pull = Pull.objects.create(
            lane="bulk", source="first_pull", status="done", scope="whole"
        )
        assert pull.pk
        return made

    def test_a_code_as_it_shall_be_is_no_difference_and_is_counted(self, channel):
        mend()

        assert "way different" not in check().differences
        assert Quota.objects.get().used == 1

    def test_other_people_on_it_are_found_and_put_right(self, corp, channel, work_off):
        corp.do("meddle_with_code", state=channel.state, users=["cat"])

        assert check().differences["way different"] == 1
        mend()
        work_off()

        assert ways(corp) == {channel.state: ["ann", "ben"]}
        assert "way different" not in check().differences

    def test_a_code_that_was_deleted_is_told_once_and_made_anew_by_a_person(
        self, corp, channel, work_off
    ):
        corp.do("lose_code", state=channel.state)

        assert mend().differences["way missing_there"] == 1
        channel.refresh_from_db()
        assert channel.trouble == Channel.Trouble.LOST
        assert "way missing_there" not in check().differences
        codes.look_at(channel_id=channel.pk, at=timezone.now())
        work_off()
        assert ways(corp) == {}

        make_anew(channel=channel, by=None, at=timezone.now())
        work_off()

        assert ways(corp) == {channel.state: ["ann", "ben"]}


def test_a_stopped_code_is_gone_in_wecom_and_can_be_published_again(
    corp, people, work_off
):
    channel = published(*people, rotation="random")
    work_off()
    stop(channel=channel, by=None, at=timezone.now())
    work_off()
    assert ways(corp) == {}

    channel.refresh_from_db()
    publish(channel=channel, by=None, at=timezone.now())
    work_off()

    assert list(ways(corp)) == [channel.state]


def test_a_code_stopped_while_it_is_being_made_is_not_left_behind(
    corp, people, work_off
):
    channel = published(*people)
    stop(channel=channel, by=None, at=timezone.now())
    work_off()

    assert ways(corp) == {}


def test_who_is_paused_by_hand_is_off_at_once(corp, people, work_off):
    ann, ben, _cat = people
    channel = published(ann, ben)
    work_off()
    pause(channel=channel, employee_id=ann.pk, is_off=True, by=None, at=timezone.now())
    work_off()

    assert ways(corp) == {channel.state: ["ben"]}


def test_tags_and_a_remark_with_the_customers_own_name_are_put_on(
    corp, wecom, people, work_off
):
    ann, *_others = people
    with corp.changing():
        by = {"at": corp.now(), "order": 0, "made_by": "app"}
        group = make_group(corp, name="来源", **by)
        made = make_tag(corp, group_id=group, name="门店", **by)
    tag = make.tag("门店", wecom_id=made)
    own = make.tag("扫码", group=make.tag_group("自有", kind="own"), wecom_id="")
    channel = published(ann, tags=[tag.pk, own.pk], remark="{nickname}-{channel}")
    work_off()
    done = corp.do("scan", state=channel.state, name="张三丰")
    hear(wecom, done)
    work_off()

    follow = Entry.objects.get().follow
    follow.refresh_from_db()
    assert follow.remark == f"张三丰-{channel.name}"[:20]
    put_on = {tagging.tag for tagging in Entry.objects.get().contact.taggings.all()}
    assert put_on == {tag, own}
    customer = json.dumps(corp.dump(["customers"]), ensure_ascii=False)
    assert f"张三丰-{channel.name}" in customer
