"""The pages of assignment rules: made, checked, tried on yesterday, switched on."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.assignment.give import give
from apps.assignment.models import Assignment, AssignmentRule
from apps.audit.models import AuditRow
from apps.contacts.models import Contact
from apps.lists.models import Batch
from tests import make
from tests.assignment.rules import a_rule, leads, person
from tests.backoffice.attacked import signed_in

pytestmark = pytest.mark.django_db
BUILD = "admin:assignment_assignmentrule_build"
CHECK = "admin:assignment_assignmentrule_check"
SIMULATE = "admin:assignment_assignmentrule_simulate"


@pytest.fixture
def client():
    return signed_in(make.user(role="admin"))


def told(*people, **more):
    plan = {
        "always": True,
        "people": [person(p) for p in people],
        **more.pop("plan", {}),
    }
    return {"plan": plan, "strategy": "in_turn", "keeps": False, **more}


def ask(client, name, told, **query):
    address = reverse(name, query=query)
    return client.post(address, json.dumps(told), content_type="application/json")


def wrongs(client, told, **query):
    return ask(client, CHECK, told, **query).json()["problems"]


def test_a_rule_is_made_and_switched_on_and_the_audit_knows(client):
    ann = make.employee("林静")

    answer = client.post(
        reverse(BUILD), {"name": "新客", "told": json.dumps(told(ann)), "do": "on"}
    )

    rule = AssignmentRule.objects.get()
    assert answer.status_code == 302
    assert rule.is_on and rule.plan["people"] == [person(ann)]
    assert [row.deed for row in AuditRow.objects.order_by("pk")] == ["added", "changed"]
    page = client.get(reverse("admin:assignment_assignmentrule_change", args=[rule.pk]))
    assert "下一位客户归他：等待最久" in page.content.decode()
    shown = client.get(reverse("admin:assignment_assignmentrule_changelist"))
    assert "新客" in shown.content.decode()
    again = client.get(
        reverse("admin:assignment_assignmentrule_rebuild", args=[rule.pk])
    )
    assert again.status_code == 200


def test_a_rule_that_gives_contacts_to_nobody_is_not_switched_on(client):
    answer = client.post(
        reverse(BUILD), {"name": "空", "told": json.dumps(told()), "do": "on"}
    )

    told_at = answer.context["channel"]["problems"]
    assert "没有可以分配的员工" in told_at["people"]
    assert not AssignmentRule.objects.get().is_on
    assert "没有可以分配的员工" in wrongs(client, told())["people"]


def test_conditions_that_describe_nobody_are_told_at_the_field(client):
    rule = {"field": "gender", "op": "any", "value": [2]}

    assert (
        "没有任何客户符合" in wrongs(client, told(make.employee(), rule=rule))["rule"]
    )


def test_caps_below_what_was_given_today_are_told_at_the_field(client):
    ann = make.employee("林静")
    rule = a_rule(ann)
    for contact in leads(3):
        give(contact=contact, employee=ann, how="rule", at=timezone.now(), rule=rule)

    low = told(plan={"people": [person(ann, daily_cap=2, total_cap=1)], "daily_cap": 2})
    found = wrongs(client, low, rule=rule.pk)

    assert "林静：今天已分配 3 人" in found["people"]
    assert "林静：在手已有 3 人" in found["people"]
    assert "今天已分配 3 人" in found["daily_cap"]


def test_overlapping_shifts_are_told_at_the_field(client):
    ann = make.employee("林静")
    slot = {"days": [1], "until": "18:00", "people": [ann.pk]}
    slots = [{**slot, "from": "09:00"}, {**slot, "from": "17:00"}]

    found = wrongs(client, told(ann, plan={"always": False, "slots": slots}))

    assert "林静" in found["slots"] and "重叠" in found["slots"]


def test_yesterdays_leads_are_dealt_out_once_more_side_by_side(client):
    ann, ben = make.employee("林静"), make.employee("周明")
    yesterday = timezone.now() - timedelta(days=1)
    for contact in leads(4, at=yesterday):
        give(contact=contact, employee=ann, how="rule", at=yesterday)
    before = Assignment.objects.count()

    answer = ask(client, SIMULATE, told(ann, ben, keeps=True))

    page = answer.content.decode()
    assert "4 位新客户" in page and "2 位" in page
    assert "林静 → 周明" in page
    assert Assignment.objects.count() == before
    assert set(Contact.objects.values_list("owner", flat=True)) == {ann.pk}


def test_rules_change_places(client):
    first, second = a_rule(name="甲"), a_rule(name="乙")

    client.post(
        reverse("admin:assignment_assignmentrule_move", args=[second.pk]), {"up": "yes"}
    )

    assert list(AssignmentRule.objects.values_list("pk", flat=True)) == [
        second.pk,
        first.pk,
    ]


def test_somebody_who_sees_only_some_contacts_makes_no_rules():
    user = make.sees(make.user(role="manager", employee=make.employee()), "self")
    client = signed_in(user)

    assert client.get(reverse(BUILD)).status_code == 403
    assert ask(client, SIMULATE, told()).status_code == 403


def test_the_owner_is_changed_on_the_page_and_it_can_be_taken_back(client):
    ann, ben = make.employee("林静"), make.employee("周明")
    contact = make.contact(owner=ann)
    page = reverse("admin:contacts_contact_change", args=[contact.pk])
    told = {"list": "contacts.contact", "action": "give", "n": contact.pk, "back": page}

    client.post(reverse("admin:lists_batch_begin"), {**told, "picked": ben.pk})

    contact.refresh_from_db()
    assert contact.owner == ben
    shown = client.get(page).content.decode()
    assert "手动分配" in shown and "历任归属" in shown

    client.post(reverse("admin:lists_batch_undo", args=[Batch.objects.get().pk]))
    contact.refresh_from_db()
    assert contact.owner == ann
