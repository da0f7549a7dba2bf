"""What happened by the clock, to read, and to try again."""

import pytest
from django.conf import settings
from django.urls import reverse

from apps.common.models import Slot
from apps.common.timetable import fire
from tests.backoffice.reading import faults
from tests.conftest import day

pytestmark = pytest.mark.django_db

LIST = reverse("admin:common_slot_changelist")


@pytest.fixture
def failed() -> Slot:
    """Every entry of the timetable has come; one has failed."""
    fire(at=day(1))
    fire(at=day(1) + (day(2) - day(1)) * 0.999)
    fire(at=day(2))
    slot = Slot.objects.filter(task="wecom.forget_old", status="waiting").latest("pk")
    Slot.objects.filter(pk=slot.pk).update(status="failed", bugs=5, last_error="Bug: x")
    return slot


def page_of(slot: Slot) -> str:
    return reverse("admin:common_slot_change", args=[slot.pk])


def again(slot: Slot) -> str:
    return reverse("admin:common_slot_try_again", args=[slot.pk])


def test_every_entry_of_the_timetable_is_told_in_chinese(visit, failed):
    page = visit(LIST).content.decode()

    assert faults(page, names="admin") == []
    for task, line in settings.TIMETABLE.items():
        assert str(line["title"]) in page, task


def test_one_task_can_be_picked(visit, failed):
    page = visit(LIST, task="wecom.forget_old")

    assert {slot.task for slot in page.context["cl"].result_list} == {
        "wecom.forget_old"
    }


def test_its_page_says_what_was_due_when(visit, failed):
    page = visit(page_of(failed)).content.decode()

    assert str(settings.TIMETABLE["wecom.forget_old"]["title"]) in page
    assert again(failed) in page


@pytest.mark.parametrize(
    ("role", "status"), [("admin", "waiting"), ("manager", "failed")]
)
def test_an_administrator_has_it_tried_again(client, visit, failed, role, status):
    visit(page_of(failed), role=role)

    client.post(again(failed))

    failed.refresh_from_db()
    assert failed.status == status


def test_it_stands_in_the_sidebar_of_those_who_may_read_it(visit):
    def links(role: str) -> set[str]:
        shown = visit("/admin/", role=role).context["sidebar_navigation"]
        return {item["link"] for part in shown for item in part["items"]}

    assert LIST in links("manager")
    assert LIST not in links("employee")
