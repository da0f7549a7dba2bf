"""Triggers ask what changed as cheaply after one row as after thousands."""

import time

import pytest
from django.db import connection

from apps.rules.models import Touched

pytestmark = pytest.mark.django_db

MANY = 12_000
MOST = 4.0  # seconds; each with each took a quarter of a minute
FILL = """
INSERT INTO contacts_contact (name, kind, gender, avatar, position, corp_name, standing,
    added_at, created_at, spelling, grams)
SELECT 'n' || n, 1, 0, '', '', '', 'friend', now(), now(), '', '{}'
FROM generate_series(1, %s) AS n RETURNING id
"""


@pytest.fixture
def contacts():
    with connection.cursor() as cursor:
        cursor.execute(FILL, [MANY])
        found = [pk for (pk,) in cursor.fetchall()]
        cursor.execute("ANALYZE contacts_contact")
    Touched.objects.all().delete()
    return found


def renamed(contacts: list[int], to: str) -> float:
    """Seconds it takes."""
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE contacts_contact SET name = %s WHERE id = ANY(%s)", [to, contacts]
        )
    return time.perf_counter() - began


def test_thousands_after_one_are_not_compared_each_with_each(contacts):
    for pk in contacts[:3]:
        renamed([pk], "one")
    assert renamed(contacts, "many") < MOST


def test_only_rows_that_differ_are_touched_once_as_they_were_and_are(contacts):
    renamed(contacts[:2], "one")
    renamed(contacts[:3], "one")
    named = Touched.objects.filter(topic="contact").order_by("pk")
    assert [sorted(row.contacts) for row in named] == [contacts[:2], contacts[2:3]]
