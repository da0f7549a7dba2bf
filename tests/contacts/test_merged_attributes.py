"""Two contacts who are one: the fields of both, and each as before when taken apart."""

import pytest

from apps.contacts.attribute_words import known_of
from apps.contacts.attributes import Told, set_values
from apps.contacts.merge import merge
from apps.contacts.models import Contact
from apps.contacts.reading_values import Value
from apps.contacts.unmerge import undo
from apps.events.models import EventRecord
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db


def kept_of(contact: Contact) -> dict[str, str]:
    faces = known_of(contact.pk, at=day(9))
    return {k.attribute.name: k.words for known in faces.values() for k in known}


def test_what_both_have_is_the_winners_and_comes_back_when_taken_apart():
    winner, loser = make.contact("张三"), make.contact("张三丰")
    job, city = make.attribute("职业"), make.attribute("城市")
    for contact, words in (
        (winner, {job: "教师"}),
        (loser, {job: "医生", city: "杭州"}),
    ):
        told = [Told(contact.pk, a.pk, Value(text=word)) for a, word in words.items()]
        set_values(told, source=EventRecord.Source.PERSON, at=day(2))

    journal = merge(winner=winner, loser=loser, at=day(3))

    assert kept_of(winner) == {"职业": "教师", "城市": "杭州"}

    undo(merge=journal, at=day(4))

    assert kept_of(winner) == {"职业": "教师", "城市": ""}
    assert kept_of(loser) == {"职业": "医生", "城市": "杭州"}
