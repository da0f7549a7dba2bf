"""The copy of the API's document is what the endpoints say."""

from tests.docs import openapi


def test_the_copy_is_up_to_date():
    text = openapi.COPY.read_text()

    assert openapi.as_text() == text, "python -m tests.docs.openapi"


def test_no_address_of_the_admin_is_in_it():
    assert "/admin" not in openapi.as_text()
