"""A page of follows leaves behind what its rows leave behind one by one."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from apps.contacts.follow import start_follows
from apps.contacts.models import Contact, Follow, Identity
from apps.contacts.rows import Details, FollowRow, Profile
from apps.events.models import EventRecord
from apps.staff.models import Employee

FIRST_PULL = EventRecord.Source.FIRST_PULL
READ_AT = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = ["张三", "曾小贤", "Ann Lee", ""]
REMARKS = ["", "老王", "老客户"]


@pytest.fixture
def employees(db) -> list[Employee]:
    return [Employee.objects.create(wecom_id=f"e{number}") for number in range(3)]


def a_page(
    chance: random.Random, employees: list[Employee], *, people: int
) -> list[FollowRow]:
    """Some are told of by one employee, some by two or three; oldest first."""
    rows = []
    for number in range(people):
        name = chance.choice(NAMES)
        many = min(chance.choice([1, 1, 1, 2, 3]), len(employees))
        for employee in chance.sample(employees, many):
            phones = chance.choice([(), (), ("13800005678",), (f"1390000{number:04}",)])
            began = READ_AT - timedelta(minutes=chance.randrange(10_000))
            rows.append(
                FollowRow(
                    external_id=f"wm-{number}",
                    employee_id=employee.pk,
                    began_at=began,
                    state=chance.choice(["", "door"]),
                    profile=Profile(name=name, kind=1, union_id=f"union-{number}"),
                    details=Details(remark=chance.choice(REMARKS), phones=phones),
                    read_at=READ_AT,
                )
            )
    return sorted(rows, key=lambda row: row.began_at)


def left_behind(*calls: list[FollowRow]) -> dict[str, list]:
    """What the database holds after these calls, which are then taken back."""
    with transaction.atomic():
        for rows in calls:
            outcome = start_follows(rows, source=FIRST_PULL)
            for (external_id, employee_id), latest in outcome.follows.items():
                follow = Follow.objects.get(pk=latest.follow_id)
                assert follow.employee_id == employee_id
                assert follow.identity.value == external_id
                assert follow.identity.contact_id == latest.contact_id
        known = Identity.objects.external().values_list("contact_id", "value")
        who = dict(known)
        found = {
            "contacts": told(
                who,
                Contact.objects.all(),
                *("pk", "name", "kind", "owner", "standing", "added_at"),
                *("read_at", "spelling", "grams"),
            ),
            "identities": told(
                who,
                Identity.objects.all(),
                *("contact", "kind", "value", "digest", "verified"),
            ),
            "follows": told(
                who,
                Follow.objects.all(),
                *("identity__contact", "employee", "started_at", "confirmed_at"),
                *("ended_at", "state", "remark", "phones_digest", "read_at"),
            ),
            "events": told(
                who,
                EventRecord.objects.all(),
                *("contact", "kind", "at", "facts__employee_id", "facts__state"),
            ),
        }
        transaction.set_rollback(True)
    return found


def told(who: dict[int, str], rows, *columns: str) -> list[str]:
    """Rows as text, with contacts by WeCom's id in place of ours."""
    return sorted(
        repr((who[contact], *map(plain, rest)))
        for contact, *rest in rows.values_list(*columns)
    )


def plain(value):
    """Digests as bytes, and spellings in one order: no remark comes first."""
    if isinstance(value, str) and value.startswith(" "):
        return sorted(value.split())
    return bytes(value) if isinstance(value, memoryview) else value


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("known", [0, 0.4], ids=["strangers", "some known"])
def test_a_page_tells_what_its_rows_tell_one_by_one(employees, seed, known):
    chance = random.Random(seed)
    page = a_page(chance, employees, people=8)
    before = [[row] for row in page if chance.random() < known]

    at_once = left_behind(*before, page)
    one_by_one = left_behind(*before, *([row] for row in page))

    assert at_once == one_by_one


def test_a_page_of_strangers_asks_as_little_as_a_single_one(
    employees, django_assert_max_num_queries
):
    one, *page = a_page(random.Random(1), employees[:1], people=30)
    start_follows([one], source=FIRST_PULL)

    with django_assert_max_num_queries(9):
        start_follows(page, source=FIRST_PULL)
