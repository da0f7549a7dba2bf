"""Lists are counted no further than anybody reads."""

import pytest
from django.db import connection

from apps.common.paging import BoundedPaginator
from apps.contacts.models import Contact
from tests.conftest import day


class Pages(BoundedPaginator):
    counted = 20
    most_pages = 3


@pytest.fixture
def contacts(db):
    Contact.objects.bulk_create(
        [Contact(name=f"客户{n}", added_at=day(1), kind=n % 2) for n in range(60)]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE contacts_contact")
    return Contact.objects.order_by("pk")


def test_a_whole_table_is_estimated_with_one_look(contacts, django_assert_num_queries):
    pages = Pages(contacts, 10)

    with django_assert_num_queries(1):
        assert (pages.count, pages.is_exact) == (60, False)


def test_a_filtered_list_is_counted_to_the_bound(contacts):
    pages = Pages(contacts.filter(kind=1), 10)

    assert (pages.count, pages.at_least, pages.is_exact) == (21, 20, False)


def test_a_short_list_is_counted_exactly(contacts):
    pages = Pages(contacts.filter(name="客户7"), 10)

    assert (pages.count, pages.is_exact) == (1, True)


def test_no_page_lies_beyond_the_last_that_is_offered(contacts):
    pages = Pages(contacts, 10)

    assert pages.num_pages == 3
    assert len(pages.page(3)) == 10


def test_a_table_that_was_never_analysed_is_counted(db):
    assert BoundedPaginator(Contact.objects.all(), 10).count == 0
