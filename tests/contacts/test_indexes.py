"""Whoever is erased, or merged, is found in every table by an index."""

import pytest
from django.apps import apps
from django.db import connection

from apps.contacts.models import Contact, Follow, Identity
from apps.orders.models import Order

pytestmark = pytest.mark.django_db

FIRST_COLUMNS = """
SELECT columns.attname FROM pg_index AS index
JOIN pg_attribute AS columns
    ON columns.attrelid = index.indrelid AND columns.attnum = index.indkey[0]
WHERE index.indrelid = %s::regclass AND index.indisvalid
"""


def first_columns(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(FIRST_COLUMNS, [f'"{table}"'])
        return {column for (column,) in cursor.fetchall()}


@pytest.mark.parametrize("person", [Contact, Identity, Follow, Order])
def test_no_table_is_looked_through_for_what_points_at(person):
    pointing = [
        field
        for model in apps.get_models()
        for field in model._meta.local_fields
        if field.is_relation and field.related_model is person
    ]
    assert pointing

    assert [
        f"{field.model._meta.label}.{field.name}"
        for field in pointing
        if field.column not in first_columns(field.model._meta.db_table)
    ] == []
