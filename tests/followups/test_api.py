"""Other systems read leads, move them, add tasks and notes, and give contacts."""

import pytest

from apps.assignment.models import Assignment, Pool
from apps.audit.models import AuditRow
from apps.clients.models import Scope
from apps.events.models import EventRecord
from apps.followups.models import Note, Stage, Task
from apps.followups.move import open_lead
from apps.followups.stages import first_stage, stages
from tests import make
from tests.conftest import day
from tests.orders.telling import Shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop(make.key(Scope.LEADS_READ, Scope.LEADS_WRITE, Scope.OWNERS_WRITE))


@pytest.fixture
def lin():
    return make.employee("林静", wecom_id="linjing")


@pytest.fixture
def contact(lin):
    return make.contact(owner=lin)


@pytest.fixture
def lead(contact):
    return open_lead(contact=contact, at=day(1))


def read(shop, path, **asked):
    return shop.ask(f"/api/v1/{path}", **asked).json()


def post(shop, path, body, **more):
    return shop.tell(body, address=f"/api/v1/{path}", **more)


def test_leads_are_listed_with_their_stage_and_owner(shop, lead):
    [found] = read(shop, "leads", status="open", owner="linjing")["data"]

    assert (found["stage"], found["owner"], found["status"]) == (
        first_stage().name,
        "linjing",
        "open",
    )
    assert read(shop, f"leads/{lead.pk}") == found
    assert read(shop, "leads", status="won")["data"] == []
    assert len(read(shop, "stages")["data"]) == len(stages())


def test_a_lead_moves_as_it_would_in_the_admin(shop, lead):
    second = stages()[1]

    moved = post(shop, f"leads/{lead.pk}/stage", {"stage": second.name, "amount": 500})

    assert moved.json()["stage_id"] == str(second.pk)
    lead.refresh_from_db()
    assert (lead.stage, lead.amount) == (second, 500)
    told = EventRecord.objects.get(kind="StageChanged")
    assert (told.source, told.actor_id) == ("client", None)
    deeds = set(AuditRow.objects.values_list("deed", flat=True))
    assert {"changed", "follow_up_told"} <= deeds


def test_a_rule_that_says_no_is_a_problem(shop, lead):
    lost = Stage.objects.get(ends="lost")

    answer = post(shop, f"leads/{lead.pk}/stage", {"stage": str(lost.pk)})
    where = post(shop, f"leads/{lead.pk}/stage", {"stage": "没有的"})

    assert (answer.status_code, answer.json()["code"]) == (409, "refused")
    assert where.json()["errors"][0]["pointer"] == "#/stage"


def test_whoever_saw_it_elsewhere_is_refused(shop, lead):
    second, third = stages()[1:3]
    post(shop, f"leads/{lead.pk}/stage", {"stage": second.name})

    body = {"stage": third.name, "seen_in": str(first_stage().pk)}
    answer = post(shop, f"leads/{lead.pk}/stage", body)

    assert answer.status_code == 409
    assert second.name in answer.json()["detail"]


def test_a_task_is_added_once_and_done(shop, contact, lin):
    body = {"text": "寄样品", "due_at": "2028-06-30T10:00:00+08:00"}
    for _again in range(2):
        made = post(shop, f"contacts/{contact.pk}/tasks", body, key="one")

    task = Task.objects.get()
    assert (made.status_code, task.employee, task.made_by) == (201, lin, None)
    done = post(shop, f"tasks/{task.pk}", {"done": True})
    again = post(shop, f"tasks/{task.pk}", {"done": True})
    assert done.json()["done_at"] is not None
    assert again.status_code == 409
    assert read(shop, f"contacts/{contact.pk}/tasks", status="open")["data"] == []


def test_a_note_is_a_follow_up(shop, contact, lead):
    made = post(shop, f"contacts/{contact.pk}/notes", {"text": "试用了新品"})

    assert made.status_code == 201
    assert Note.objects.get().author is None
    assert not Task.objects.open().exists(), "the first contact is made"
    [told] = read(shop, f"contacts/{contact.pk}/notes")["data"]
    assert (told["text"], told["author"]) == ("试用了新品", None)


def test_a_contact_is_given_with_a_reason_or_put_into_a_pool(shop, contact, lin):
    zhou = make.employee("周颖", wecom_id="zhouying")
    Pool.objects.create(name="沉睡")
    address = f"contacts/{contact.pk}/owner"

    given = post(shop, address, {"employee": "ZhouYing", "why": "门店指定"}).json()
    now = Assignment.objects.open().get(contact=contact)
    assert (given["employee"], given["how"], given["why"]) == (
        "zhouying",
        "client",
        "门店指定",
    )
    assert now.employee == zhou
    assert AuditRow.objects.filter(deed="assigned", contact_id=contact.pk).exists()

    waits = post(shop, address, {"pool": "沉睡"}).json()
    assert (waits["employee"], waits["pool"]) == (None, "沉睡")
    assert read(shop, address) == waits
    both = post(shop, address, {"pool": "沉睡", "employee": "zhouying"})
    assert both.status_code == 400


def test_each_right_opens_its_own(contact, lead):
    reads = Shop(make.key(Scope.LEADS_READ))

    for path, body in (
        (f"leads/{lead.pk}/stage", {"stage": "x"}),
        (f"contacts/{contact.pk}/owner", {"employee": "x"}),
        (f"contacts/{contact.pk}/notes", {"text": "x"}),
    ):
        assert post(reads, path, body).status_code == 403
