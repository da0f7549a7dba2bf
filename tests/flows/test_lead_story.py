"""Somebody scans a code: greeted, tagged, in the right hands, and not forgotten."""

import time

import pytest
from django.utils import timezone

from apps.assignment.models import Assignment
from apps.channels.keep import keep, publish
from apps.contacts.models import Contact
from apps.followups.models import Task
from apps.followups.today import my_work
from apps.staff.models import Employee, User
from apps.staff.roles import give_role, grant_roles
from apps.sync.reconcile import check, mend
from apps.tags.models import Tag
from tests import make
from tests.assignment.rules import a_rule
from tests.channels.doors import a_plan, hear
from tests.welcomes.hellos import SEND, a_welcome

pytestmark = pytest.mark.django_db(transaction=True)
LONGEST = 5.0  # seconds from the scan until all of it is done


@pytest.fixture
def company(corp, sandbox):
    """Colleagues and a tag, in WeCom and here; nothing differs."""
    corp.populate(seed=5, employees=4, contacts=0, groups=0)
    corp.do("tag_group_create", id="et-from", name="来源", tags=["旗舰店"])
    mend()
    grant_roles()
    return corp


def test_from_the_scan_to_the_task_of_whoever_looks_after_them(
    company, sandbox, wecom, work_off
):
    corp, at = company, timezone.now()
    door, other, third = Employee.objects.filter(serves=True).order_by("pk")[:3]
    tag = Tag.objects.get(name="旗舰店")
    code = publish(
        channel=keep(draft=a_plan(door, tags=[tag.pk]), name="旗舰店", by=None, at=at),
        by=None,
        at=at,
    )
    a_welcome("{nickname|朋友}您好，我是{employee}", is_default=True)
    a_rule(other, third, rule={"field": "channels", "op": "any", "value": [code.pk]})
    work_off()

    began = time.monotonic()
    done = corp.do("scan", state=code.state, name="张三丰")
    hear(wecom, done)
    hear(wecom, done)  # WeCom tells it once more
    work_off()
    took = time.monotonic() - began

    her = Contact.objects.get(name="张三丰")
    [said] = [c for c in sandbox.journal.read(kind="calls") if c["api"] == SEND]
    assert said["body"]["text"]["content"] == f"朋友您好，我是{door.name}"
    assert said["errcode"] == 0
    assert [tagging.tag for tagging in her.taggings.all()] == [tag]
    assert corp.value("SELECT count(*) FROM tagging WHERE tag = ?", tag.wecom_id) == 1
    assert her.owner == other  # the first in turn, though she stands at no code
    assert Assignment.objects.open().get(contact=her).how == Assignment.How.RULE
    first = Task.objects.open().get(contact=her)
    assert (first.kind, first.employee) == (Task.Kind.CONTACT, other)
    me = User.objects.get(employee=other)
    give_role(me, role="employee", by=make.root())
    assert first in my_work(other, user=me, at=timezone.now()).waiting.rows
    assert took < LONGEST
    assert check().differences == {}
