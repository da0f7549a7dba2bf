"""What is no rule is refused with its place; no value is ever part of a statement."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.rules import bitmaps
from apps.rules.compile import found_by
from apps.rules.tree import NotUnderstood, read
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

LEAF = {"field": "name", "op": "contains", "value": "张"}
ONCE = {"field": "order_count", "op": "eq", "value": 1}
SQL = "x') OR 1=1; DROP TABLE contacts_contact; --"


@pytest.mark.parametrize(
    ("told", "place"),
    [
        # not a tree at all
        (None, ""),
        ([], ""),
        ("contacts", ""),
        ({}, ""),
        ({"all": []}, "/all"),
        ({"all": LEAF}, "/all"),
        ({"all": [LEAF], "any": [LEAF]}, ""),
        ({"xor": [LEAF]}, ""),
        # words of the ORM and of SQL are no fields
        ({"all": [LEAF, {"field": "_connector", "op": "is"}]}, "/all/1/field"),
        ({"field": "owner__user__password", "op": "is", "value": "x"}, "/field"),
        ({"field": "password__startswith", "op": "is", "value": "x"}, "/field"),
        ({"field": "name", "op": "regex", "value": "x"}, "/op"),
        ({"field": "name", "op": "__class__", "value": "x"}, "/op"),
        ({"field": "name", "op": ["is"], "value": "x"}, "/op"),
        ({"field": ["name"], "op": "is", "value": "x"}, "/field"),
        ({"field": "attribute.1 OR 1=1", "op": "is", "value": "x"}, "/field"),
        ({"field": "attribute.999999999999", "op": "known"}, "/field"),
        ({"field": "attribute.١", "op": "known"}, "/field"),
        # options that the field does not have
        ({**LEAF, "connector": "OR"}, "/connector"),
        ({**LEAF, "within": {"days": 1}}, "/within"),
        # values of another shape
        ({"field": "tags", "op": "any", "value": [SQL]}, "/value"),
        ({"field": "tags", "op": "any", "value": SQL}, "/value"),
        ({"field": "tags", "op": "any", "value": [True]}, "/value"),
        ({"field": "tags", "op": "any", "value": list(range(1, 400))}, "/value"),
        ({"field": "standing", "op": "any", "value": [SQL]}, "/value"),
        ({"field": "standing", "op": "any", "value": [{"a": 1}]}, "/value"),
        ({"field": "order_count", "op": "at_least", "value": SQL}, "/value"),
        ({"field": "order_count", "op": "at_least", "value": "NaN"}, "/value"),
        ({"field": "order_count", "op": "at_least", "value": "1e999"}, "/value"),
        ({"field": "order_count", "op": "at_least", "value": float("inf")}, "/value"),
        ({"field": "order_count", "op": "between", "value": [2, 1]}, "/value"),
        ({"field": "added_at", "op": "since", "value": "2026-02-31"}, "/value"),
        ({"field": "added_at", "op": "last_days", "value": 10**9}, "/value"),
        ({"field": "name", "op": "is", "value": "a\x00b"}, "/value"),
        ({"field": "name", "op": "is", "value": "长" * 101}, "/value"),
        ({**ONCE, "within": {"days": 0}}, "/within"),
        ({**ONCE, "within": {"sql": SQL}}, "/within"),
        ({"not": {"any": [LEAF, {"field": "name"}]}}, "/not/any/1/op"),
    ],
)
def test_nonsense_is_refused_with_its_place(told, place):
    with pytest.raises(NotUnderstood) as refused:
        read(told)

    assert place in [wrong.place for wrong in refused.value.wrongs]


def test_neither_depth_nor_length_has_no_end():
    deep = LEAF
    for _level in range(10):
        deep = {"not": deep}
    for told in (deep, {"all": [LEAF] * 101}, {"any": [{"all": [LEAF] * 60}] * 2}):
        with pytest.raises(NotUnderstood):
            read(told)


def test_a_place_is_told_in_words_of_people():
    with pytest.raises(NotUnderstood) as refused:
        read({"all": [LEAF, {"any": [LEAF, {"field": "nothing", "op": "is"}]}]})

    assert str(refused.value) == "第 2 项 › 第 2 项：没有这个字段。"


def test_nobody_uses_a_word_whose_rows_they_may_not_see():
    rule = {"field": "order_count", "op": "at_least", "value": 1}
    nobody = make.user()

    assert read(rule, user=make.user(role="employee"))
    with pytest.raises(NotUnderstood):
        read(rule, user=nobody)


def test_what_people_write_reaches_the_database_as_a_parameter_alone():
    make.contact("张三丰")
    mark = "'; SELECT pg_sleep(9); --%(x)s"
    rule = {
        "any": [
            {"field": "name", "op": "contains", "value": mark},
            {"field": "company", "op": "is", "value": mark},
            {"field": "order_count", "op": "at_least", "value": 1, "product_tag": mark},
            {"field": "event_count", "op": "at_least", "value": 1, "event": mark},
        ]
    }
    seen: list[str] = []

    def look(execute, sql, params, many, context):
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        for fresh in (True, False, False):
            assert not found_by(read(rule), at=day(2), fresh=fresh).members

    assert seen
    assert not any("pg_sleep" in sql for sql in seen)


def test_a_rule_is_read_out_of_one_statement():
    make.contact()
    tree = read({"all": [LEAF, {"field": "tags", "op": "unknown"}]})
    bitmaps.fold(at=day(2))
    found_by(tree, at=day(2))  # keeps what can be kept

    with CaptureQueriesContext(connection) as asked:
        assert found_by(tree, at=day(2)).many == 1

    assert len(asked) == 1
