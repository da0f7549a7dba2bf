"""No value that somebody gives is ever part of a statement: a log of all that is asked.

Every field with every operator and all its options, with values that are told apart
from whatever we write ourselves.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from apps.rules.compile import describes, found_by, seen_by
from apps.rules.explain import sentence, why
from apps.rules.fields import Field, Option
from apps.rules.shapes import Shape
from apps.rules.tree import read
from apps.staff.models import Scope
from tests import make
from tests.conftest import day
from tests.rules.generated import pairs

pytestmark = pytest.mark.django_db

NOW = day(20)
SLEEP = "x'); SELECT pg_sleep(9); --%(who)s %s {value}"
TOLD: dict[Shape, Any] = {
    Shape.NUMBER: 918_273,
    Shape.NUMBERS: [-918_273, 918_273],
    Shape.TEXT: SLEEP,
    Shape.PICKS: [987_654_321],
    Shape.YES_NO: True,
    Shape.DAYS: 8_191,
    Shape.DATE: "1987-06-05",
    Shape.DATES: ["1987-06-05", "1987-06-07"],
    Shape.WITHIN: {"from": "1987-06-05", "to": "1987-06-07"},
}
MARKS = ("918273", "pg_sleep", "987654321", "8191", "1987")
OURS = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")  # with any number


@pytest.fixture
def log():
    seen: list[str] = []

    def look(execute: Callable, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(OURS):
            seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield seen


def value(shape: Shape, of: Field | Option) -> Any:
    if shape == Shape.CHOICES:  # one of a list that is ours
        return [next(iter(of.choices()))] if of.choices else []
    return TOLD.get(shape)


def test_whatever_a_rule_says_reaches_the_database_as_a_parameter(log):
    for kind in ("text", "number", "date", "choice", "choices", "yes_no", "money"):
        make.attribute(f"字段 {kind}", kind, options="甲乙", fresh_days=30)
    contact = make.contact()
    visitor = make.sees(make.user(role="manager", employee=make.employee()), Scope.SELF)
    for field, operator in pairs():
        if operator.shape == Shape.CHOICES and not (field.choices and field.choices()):
            continue
        told = {
            "field": field.name,
            "op": operator.name,
            "value": value(operator.shape, field),
            **{each.name: value(each.shape, each) for each in field.options},
        }
        tree = read(told)
        found_by(tree, at=NOW, fresh=True)
        found_by(tree, at=NOW)
        seen_by(visitor, tree, at=NOW)
        describes(tree, contact.pk, at=NOW)
        why(tree, contact.pk, at=NOW)
        sentence(tree)

    assert len(log) > 500
    assert not [sql for sql in log if any(mark in sql for mark in MARKS)]
