"""Events are told as sentences, with the names of today."""

import pytest

from apps.events.models import EventRecord
from apps.events.telling import tell
from apps.tags.models import Tag
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db


def told(kind: str, **facts) -> str:
    record = make.event(kind, at=day(1), contact=make.contact(), **facts)
    return tell([record])[record.pk]


def test_names_whom_it_is_about():
    assert told("FollowStarted", employee_id=make.employee("林静").pk) == (
        "与林静成为好友"
    )


@pytest.mark.parametrize(
    ("ended_by", "expected"),
    [
        ("contact", "删除了员工林静"),
        ("employee", "被员工林静删除"),
        ("resigned", "因林静离职，好友关系结束"),
    ],
)
def test_says_who_ended_it(ended_by, expected):
    lin = make.employee("林静")

    assert told("FollowEnded", employee_id=lin.pk, ended_by=ended_by) == expected


def test_sets_a_latin_name_apart():
    tag = Tag.objects.create(wecom_id="et1", name="VIP")

    assert told("Tagged", tag_id=tag.pk) == "打上标签「VIP」"
    assert told("FollowStarted", employee_id=make.employee("Lily").pk) == (
        "与 Lily 成为好友"
    )


def test_whoever_is_gone_is_told_without_a_name():
    assert told("FollowStarted", employee_id=987654) == "与（已删除）成为好友"


def test_a_kind_that_is_not_known_any_more_is_told_by_its_name():
    assert told("SomethingOld", employee_id="not a number") == "SomethingOld"


def test_a_page_of_events_costs_one_query_for_each_kind_of_name(
    django_assert_num_queries,
):
    lin = make.employee()
    for _ in range(5):
        make.event("FollowStarted", at=day(1), employee_id=lin.pk)
    records = list(EventRecord.objects.all())

    with django_assert_num_queries(1):
        tell(records)
