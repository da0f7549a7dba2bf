"""Whatever happens in WeCom, and in whatever order we hear of it, we end in step."""

import random

import pytest
from django.utils import timezone

from apps.sandbox.records import CannotDo
from apps.sync import groups, staff, tags
from apps.wecom.models import Callback
from tests.sync import rounds

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = [staff, tags, groups]
ACTS = {
    "employee_create": 3,
    "employee_update": 3,
    "employee_rename_id": 2,
    "employee_resign": 1,
    "department_create": 2,
    "department_update": 2,
    "department_delete": 1,
    "tag_group_create": 2,
    "tag_create": 3,
    "tag_rename": 3,
    "tag_delete": 2,
    "tag_group_delete": 1,
    "tag_shuffle": 1,
    "group_create": 4,
    "group_join": 12,
    "group_leave": 8,
    "group_rename": 3,
    "group_notice": 2,
    "group_owner": 3,
    "group_dismiss": 1,
}


@pytest.mark.parametrize("seed", range(3))
def test_what_is_heard_shuffled_and_twice_leaves_no_difference(
    corp, sandbox, wecom, work_off, seed
):
    chance = random.Random(seed)
    corp.populate(seed=seed, employees=10, contacts=80, groups=10)
    corp.knobs.turn(contacts_events="full")
    for step in STEPS:
        rounds.keep(step)

    news = live(corp, chance, acts=120)
    chance.shuffle(news)
    for number, each in enumerate(news):
        wecom.put(each["message"], receiver=each["receiver"])
        if number % 10 == 0:
            work_off(newest_first=chance.random() < 0.5)
    work_off(newest_first=True)

    assert not Callback.objects.exclude(status="done").exists()
    for step in STEPS:
        assert rounds.compare(step) == ([], {}), step.NAME


def live(corp, chance: random.Random, *, acts: int) -> list[dict]:
    """Let so many things happen, ten minutes apart, up to an hour ago; each is told
    twice."""
    at = int(timezone.now().timestamp()) - (acts + 6) * 600
    told = []
    while acts:
        what = chance.choices(list(ACTS), list(ACTS.values()))[0]
        try:
            done = corp.do(what, at=at)
        except CannotDo:
            continue
        told += done["news"] * 2
        at, acts = at + 600, acts - 1
    return told
