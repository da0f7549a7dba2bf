"""From WeCom's mouth to a tag in WeCom: told twice, out of order, refused, killed."""

import pytest
from django.db.models import F
from django.utils import timezone

from apps.autotags.keep import take_back
from apps.autotags.models import Hit
from apps.contacts.events import FollowStarted
from apps.events.bus import record
from apps.events.models import Delivery, EventRecord
from apps.sync.pull import advance, start_pull
from apps.tags.models import Tag, Tagging, TagGroup
from apps.wecom.models import Command
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db(transaction=True)
CARRIED = "SELECT count(*) FROM tagging WHERE tag = ?"


@pytest.fixture
def vip(corp, sandbox):
    corp.populate(seed=3, employees=2, contacts=3, groups=0)
    advance(pull=start_pull(by=None, at=timezone.now()))
    return Tag.objects.exclude(group__kind="own").order_by("pk").first()


def scan(corp, wecom, *, times: int, state: str = "store_a"):
    account = corp.dump(["users"])["users"][0]["userid"]
    done = corp.do("add", userid=account, state=state, at=int(day(2).timestamp()))
    for _time in range(times):
        for news in done["news"]:
            wecom.put(news["message"], receiver=news["receiver"])


@pytest.mark.parametrize("newest_first", [False, True])
def test_who_scans_a_code_carries_the_tag_in_wecom_once(
    corp, wecom, work_off, vip, newest_first
):
    rule = make.tag_rule(vip, narrowed={"states": "store_a"})
    before = corp.value(CARRIED, vip.wecom_id)

    scan(corp, wecom, times=3)
    scan(corp, wecom, times=1, state="store_b")
    work_off(newest_first=newest_first)

    [hit] = Hit.objects.all()
    assert hit.state == Hit.State.PUT
    assert corp.value(CARRIED, vip.wecom_id) == before + 1
    assert Tagging.objects.get(contact=hit.contact, tag=vip).follow_id == hit.follow_id

    [batch] = take_back(rule=rule, by=make.root(), at=timezone.now())
    batch.work_off()
    for command in Command.objects.filter(status="waiting"):
        Command.objects.filter(pk=command.pk).update(attempts=1)
        Command.objects.get(pk=command.pk).work_off()
    assert corp.value(CARRIED, vip.wecom_id) == before
    assert not Tagging.objects.filter(contact=hit.contact, tag=vip).exists()


def test_that_wecom_refuses_the_hit_says_why(corp, wecom, work_off, vip):
    Tag.objects.filter(pk=vip.pk).update(wecom_id="et-nobody-knows")
    make.tag_rule(vip)

    scan(corp, wecom, times=1)
    work_off()

    [hit] = Hit.objects.all()
    assert hit.state == Hit.State.FAILED and "（" in hit.why


def test_a_worker_that_dies_in_the_middle_has_done_nothing_and_the_next_does_it(
    settings, tmp_path
):
    own = make.tag("新客", group=make.tag_group(kind=TagGroup.Kind.OWN), wecom_id="")
    make.tag_rule(own)
    follow = make.follow()
    told = FollowStarted(
        at=day(2),
        source=EventRecord.Source.CALLBACK,
        contact_id=follow.identity.contact_id,
        follow_id=follow.pk,
        employee_id=follow.employee_id,
    )
    record(told)
    settings.FAULTS_FILE = str(tmp_path / "faults")
    (tmp_path / "faults").write_text("w.after_apply_before_commit raise 1\n")

    def work() -> str:
        mine = Delivery.objects.filter(subscriber__contains="autotags")
        mine.update(attempts=F("attempts") + 1)
        mine.get().work_off()
        return mine.get().status

    assert work() == "waiting"
    assert not Hit.objects.exists() and not Tagging.objects.exists()
    (tmp_path / "faults").write_text("")
    assert work() == "done"
    assert Hit.objects.count() == Tagging.objects.count() == 1
