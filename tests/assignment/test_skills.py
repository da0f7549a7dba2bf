"""Who has which skill is kept on its page, and the audit knows."""

import json

import pytest
from django.urls import reverse

from apps.assignment.models import Skill
from apps.audit.models import AuditRow
from tests import make
from tests.backoffice.attacked import signed_in

pytestmark = pytest.mark.django_db
PAGE = "admin:assignment_assignmentrule_skills"


def press(client, tag, *people):
    told = {"tag": tag.pk, "people": json.dumps([each.pk for each in people])}
    return client.post(reverse(PAGE), told, follow=True)


def skilled(tag):
    return {row.employee.name for row in Skill.objects.filter(tag=tag)}


def test_these_and_nobody_else_have_a_skill_from_now_on():
    client = signed_in(make.user(role="admin"))
    tag = make.tag("母婴")
    ann, ben, gone = (
        make.employee("林静"),
        make.employee("王芳"),
        make.employee("孙走", left_at="2026-03-01T00:00:00Z"),
    )
    press(client, tag, ann, gone)
    assert skilled(tag) == {"林静"}

    answer = press(client, tag, ann, ben)

    assert skilled(tag) == {"林静", "王芳"}
    [(shown, people)] = answer.context["skills"]
    assert (shown, len(people)) == (tag, 2)
    last = AuditRow.objects.latest("pk")
    assert last.before == {"skilled": "林静"}
    assert last.after == {"skilled": "林静、王芳"}
    press(client, tag)
    assert not Skill.objects.exists()


def test_whoever_sees_only_some_looks_and_changes_nothing():
    manager = make.user(role="manager", employee=make.employee("主管"))
    client = signed_in(make.sees(manager, "self"))
    tag = make.tag("母婴")

    assert client.get(reverse(PAGE)).status_code == 200
    assert press(client, tag, make.employee("林静")).status_code == 403
    assert not Skill.objects.exists()
