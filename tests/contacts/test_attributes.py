"""Fields of contacts are set and cleared, one or many, in any order of time."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditRow
from apps.audit.sealed_values import opened
from apps.contacts.attribute_words import in_words, known_of, names_of_choices
from apps.contacts.attributes import (
    Archived,
    HoldsValues,
    OfAnotherType,
    Told,
    archive,
    refuse_another_type,
    set_values,
)
from apps.contacts.models import AttributeValue
from apps.contacts.reading_values import Value, fields_of, read_value
from apps.events.models import EventRecord
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

PERSON = EventRecord.Source.PERSON


def put(contact, attribute, written, *, at=None, **how):
    [field] = fields_of([attribute])
    told = Told(contact.pk, attribute.pk, read_value(field, written))
    return set_values([told], source=PERSON, at=at or day(2), **how)


def kept_of(contact) -> dict[str, str]:
    faces = known_of(contact.pk, at=day(9))
    return {k.attribute.name: k.words for known in faces.values() for k in known}


@pytest.mark.parametrize(
    ("type", "written", "shown"),
    [
        ("text", "教师", "教师"),
        ("number", "1200.50", "1,200.5"),
        ("date", "2026年3月8日", "2026-03-08"),
        ("choice", "会员", "会员"),
        ("choices", "会员、潜客", "会员、潜客"),
        ("yes_no", "否", "否"),
        ("money", "-0.05", "-¥0.05"),
        ("money", "0", "¥0.00"),
        ("number", "0", "0"),
    ],
)
def test_each_type_comes_back_as_it_was_meant_and_may_be_written_again(
    type, written, shown
):
    contact, field = make.contact(), make.attribute(type=type, options=["会员", "潜客"])

    put(contact, field, written)

    assert kept_of(contact) == {"职业": shown}
    assert put(contact, field, shown.replace("-¥", "-"), at=day(3)) == []


class TestOrder:
    def test_what_was_said_earlier_changes_nothing(self):
        contact, field = make.contact(), make.attribute()
        put(contact, field, "教师", at=day(5))

        assert put(contact, field, "医生", at=day(4)) == []
        assert put(contact, field, "", at=day(4)) == []

        assert kept_of(contact) == {"职业": "教师"}

    def test_the_same_said_again_makes_fresh_and_is_no_news(self):
        contact, field = make.contact(), make.attribute(fresh_days=3)
        put(contact, field, "教师", at=day(2))
        assert AttributeValue.objects.get().is_stale(at=day(6))

        assert put(contact, field, "教师", at=day(5)) == []

        assert not AttributeValue.objects.get().is_stale(at=day(6))
        assert EventRecord.objects.count() == 1

    def test_of_two_in_one_call_the_last_counts(self):
        contact, field = make.contact(), make.attribute()
        told = [Told(contact.pk, field.pk, Value(text=word)) for word in ("甲", "乙")]

        set_values(told, source=PERSON, at=day(2))

        assert kept_of(contact) == {"职业": "乙"}

    def test_nothing_clears_what_was_there(self):
        contact, field = make.contact(), make.attribute()
        put(contact, field, "教师")

        assert put(contact, field, "", at=day(3)) == [(contact.pk, field.pk)]

        assert kept_of(contact) == {"职业": ""}


class TestNews:
    def test_says_which_fields_and_who_but_never_what(self):
        contact, user = make.contact(), make.user()
        job, city = make.attribute("职业"), make.attribute("城市")
        told = [
            Told(contact.pk, job.pk, Value(text="教师")),
            Told(contact.pk, city.pk, Value(text="杭州")),
        ]

        set_values(told, source=PERSON, at=day(2), by=user)

        [news] = EventRecord.objects.all()
        assert (news.kind, news.contact_id, news.actor_id) == (
            "AttributesChanged",
            contact.pk,
            user.pk,
        )
        assert news.facts == {"attribute_ids": [job.pk, city.pk]}
        assert "教师" not in str(news.facts)


class TestTheAudit:
    def test_has_what_a_person_changed_sealed_and_nothing_else(self):
        contact, user = make.contact(), make.user()
        job, city = make.attribute("职业"), make.attribute("城市")
        put(contact, job, "教师", at=day(1), by=user)
        told = [
            Told(contact.pk, job.pk, Value(text="医生")),
            Told(contact.pk, city.pk, Value(text="杭州")),
        ]

        set_values(told, source=PERSON, at=day(2), by=user)
        set_values(told, source=PERSON, at=day(3), by=user)  # nothing new

        first, second = AuditRow.objects.order_by("pk")
        assert (second.actor_id, second.contact_id) == (user.pk, contact.pk)
        assert opened([second])[second.pk] == {
            "before": {"职业": "教师"},
            "after": {"职业": "医生", "城市": "杭州"},
            "reason": "",
        }
        assert "医生" not in str(second.after)

    def test_says_nothing_of_what_no_person_changed(self):
        put(make.contact(), make.attribute(), "教师")

        assert not AuditRow.objects.exists()


class TestRefusing:
    def test_an_archived_field_takes_nothing_and_keeps_what_it_has(self):
        contact, field = make.contact(), make.attribute()
        put(contact, field, "教师")
        archive(attribute=field, at=day(3))

        with pytest.raises(Archived):
            put(contact, field, "医生", at=day(4))

        assert kept_of(contact) == {"职业": "教师"}

    def test_a_value_of_another_type_is_refused_as_a_whole(self):
        contact, job = make.contact(), make.attribute("职业")
        income = make.attribute("年收入", "money")
        told = [
            Told(contact.pk, job.pk, Value(text="教师")),
            Told(contact.pk, income.pk, Value(number=Decimal(3))),
        ]

        with pytest.raises(OfAnotherType):
            set_values(told, source=PERSON, at=day(2))

        assert not AttributeValue.objects.exists()

    def test_a_field_that_holds_values_keeps_its_type(self):
        contact, field = make.contact(), make.attribute()
        refuse_another_type(field)
        put(contact, field, "教师")

        with pytest.raises(HoldsValues):
            refuse_another_type(field)

    def test_the_database_itself_keeps_one_type_in_a_value(self):
        from django.db import IntegrityError

        contact, field = make.contact(), make.attribute()
        with pytest.raises(IntegrityError, match="a_value_is_of_one_type"):
            AttributeValue.objects.create(
                contact=contact, attribute=field, text="a", fen=1, source="", at=day(1)
            )


class TestMany:
    def test_cost_the_same_few_statements(self):
        fields = [make.attribute(f"字段{number}") for number in range(4)]
        contacts = [make.contact() for _number in range(30)]

        def statements(people) -> int:
            told = [
                Told(who.pk, field.pk, Value(text=f"{who.pk}"))
                for who in people
                for field in fields
            ]
            with CaptureQueriesContext(connection) as asked:
                changed = set_values(told, source=PERSON, at=day(2))
            assert len(changed) == len(told)
            return len(asked)

        assert statements(contacts[:1]) == statements(contacts[1:])


def test_names_of_what_was_chosen_are_not_asked_for_when_nothing_was(
    django_assert_num_queries,
):
    with django_assert_num_queries(0):
        assert names_of_choices([]) == {}


def test_a_choice_that_is_archived_is_still_read():
    contact = make.contact()
    field = make.attribute(type="choice", options=["老客户"])
    put(contact, field, "老客户")
    field.options.update(archived=True)

    value = AttributeValue.objects.get()

    assert in_words(value, names_of_choices([value])) == "老客户"
    assert value.at + timedelta(days=1) == day(3)
