"""A mistake is told so that it can be mended, and no value is told with it."""

import json

import pytest
from django.db import DataError, IntegrityError, ProgrammingError, connection

from apps.common.mistakes import described, told, traced
from apps.contacts.models import Contact
from apps.staff.models import Department, User
from tests import make

NAME, PHONE, MAIL = "欧阳清风", "13987654321", "qingfeng.ouyang@example.com"
VALUES = [NAME, PHONE, MAIL, "Qingfeng", "wmAbCdEf0123456789"]


def mistake(make_it) -> Exception:
    try:
        make_it()
    except Exception as bug:  # noqa: BLE001 - any of them
        return bug
    raise AssertionError("nothing went wrong")


def raised(bug: Exception):
    def make_it():
        raise bug

    return make_it


class TestTold:
    @pytest.mark.parametrize(
        ("make_it", "words"),
        [
            (lambda: int(NAME), "ValueError: invalid literal for int() with base 10"),
            (lambda: {}[PHONE], "KeyError: '…'"),
            (lambda: json.loads(MAIL), "JSONDecodeError"),
            (lambda: NAME.encode("ascii"), "UnicodeEncodeError"),
            (raised(RuntimeError(f"no such customer: {NAME}")), "no such customer: …"),
            (raised(RuntimeError(f"{MAIL} is odd")), "RuntimeError: … is odd"),
            (raised(RuntimeError(f"call {PHONE}")), "RuntimeError: call …"),
            (raised(RuntimeError("call +86 139 8765 4321")), "call …"),
            (raised(KeyError("Qingfeng 'the' Ouyang")), "KeyError: "),
            (raised(LookupError("wmAbCdEf0123456789 is gone")), "… is gone"),
        ],
    )
    def test_has_the_kind_and_the_words_but_not_the_value(self, make_it, words):
        bug = mistake(make_it)

        assert words in told(bug)
        for text in (told(bug), described(bug), traced(bug)):
            assert [value for value in [*VALUES, "8765"] if value in text] == []

    @pytest.mark.parametrize(
        ("make_it", "words"),
        [
            # what the code itself names
            (lambda: {}["UserID"], "KeyError: 'UserID'"),
            (
                lambda: None.pk,
                "AttributeError: 'NoneType' object has no attribute 'pk'",
            ),
            (lambda: 1 + "a", "'int' and 'str'"),
        ],
    )
    def test_keeps_what_stands_in_the_code(self, make_it, words):
        assert words in told(mistake(make_it))

    def test_of_something_that_cannot_even_be_printed_is_its_kind(self):
        class Odd(Exception):
            def __str__(self):
                raise ValueError(NAME)

        assert told(Odd()) == "Odd"


class TestDescribed:
    def test_says_where(self):
        assert "(<lambda>, line " in described(mistake(lambda: int(NAME)))

    def test_is_one_line_without_nul_and_not_long(self):
        text = described(RuntimeError("a\n\x00b" * 1000))

        assert len(text.splitlines()) == 1
        assert "\x00" not in text
        assert len(text) < 400


@pytest.mark.django_db(transaction=True)
class TestOfTheDatabase:
    def tells(self, bug, *words):
        for text in (told(bug), described(bug), traced(bug)):
            assert [value for value in VALUES if value in text] == []
        for word in words:
            assert word in told(bug)

    def test_a_value_that_is_there_already(self):
        make.user(NAME)

        bug = mistake(lambda: User.objects.create(username=NAME))

        assert isinstance(bug, IntegrityError)
        assert NAME in str(bug)
        self.tells(bug, "23505", "staff_user_username_key")

    def test_a_row_that_breaks_a_rule(self):
        def write():
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO contacts_contact (name) VALUES (%s)",
                    [f"{NAME}\n{PHONE}"],
                )

        bug = mistake(write)

        assert NAME in str(bug)
        self.tells(bug, "23502", "contacts_contact")

    def test_a_value_of_the_wrong_kind(self):
        def ask():
            with connection.cursor() as cursor:
                cursor.execute("SELECT %s::integer", [NAME])

        bug = mistake(ask)

        assert isinstance(bug, DataError)
        self.tells(bug, "22P02", "invalid input syntax for type integer")

    def test_a_statement_that_makes_no_sense(self):
        def ask():
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT nothing_of_the_sort('{NAME}')")

        bug = mistake(ask)

        assert isinstance(bug, ProgrammingError)
        self.tells(bug, "42883")

    def test_a_value_that_is_too_long(self):
        bug = mistake(lambda: Contact.objects.create(name=NAME * 200, kind=1))

        self.tells(bug, "22001")

    def test_a_number_out_of_range(self):
        bug = mistake(
            lambda: Department.objects.create(wecom_id=int(PHONE) * 10**15, name=NAME)
        )

        self.tells(bug)


@pytest.mark.django_db(transaction=True)
class TestTraced:
    def test_shows_what_led_to_it_and_no_value_of_either(self):
        def carelessly():
            try:
                int(NAME)
            except ValueError as bug:
                raise RuntimeError(f"phone {PHONE}") from bug

        text = traced(mistake(carelessly))

        assert text.index("ValueError") < text.index("RuntimeError: phone …")
        assert "test_mistakes.py" in text
        assert [value for value in VALUES if value in text] == []

    def test_ends_where_exceptions_point_at_each_other(self):
        one, other = ValueError("one"), ValueError("other")
        one.__context__, other.__context__ = other, one

        assert traced(one).count("Traceback") == 2
