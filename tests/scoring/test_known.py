"""What was known at a moment is the same whether or not the future has happened."""

from datetime import timedelta

import numpy as np
import pytest

from apps.behaviour.models import Behaviour
from apps.contacts.models import AttributeValue, Follow
from apps.followups.models import Lead, Note, Task
from apps.groups.models import Stay
from apps.orders.models import Order
from apps.scoring.known import known_at, words_in_use
from apps.tags.models import Tagging
from tests import make
from tests.conftest import day
from tests.scoring.dated import NOW, company, order_of

pytestmark = pytest.mark.django_db

CUT = day(100)


def same(one, other):
    assert one.keys() == other.keys()
    for name, column in one.items():
        if column.dtype.kind == "f":
            assert np.array_equal(column, other[name], equal_nan=True), name
        else:
            assert column.tolist() == other[name].tolist(), name


def test_rows_of_later_say_nothing_of_before():
    """A leak is planted: whoever will buy does everything there is, afterwards."""
    contacts = company(120)
    who = [each.pk for each in contacts if each.added_at < CUT]
    some = [each for each in contacts if each.pk in who][:5]
    tag, field = make.tag(), make.attribute(type="number")
    for contact in some:
        follow = make.follow(contact, started_at=day(50))
        make.tagging(tag, follow)
        make.note(contact, written_at=day(60))
        AttributeValue.objects.create(
            contact=contact, attribute=field, number=7, source="person", at=day(60)
        )
    Tagging.objects.update(at=day(70))
    words = words_in_use()
    assert all(words.values())
    before = known_at(who, CUT, words)

    won, sold = make.tag("已成交"), make.attribute("成交金额", type="number")
    words_then = {
        "kinds": [*words["kinds"], "paid.thanks"],
        "tags": [*words["tags"], str(won.pk)],
        "attributes": [*words["attributes"], str(sold.pk)],
    }
    plain = known_at(who, CUT, words_then)
    later = CUT + timedelta(days=1)
    group = make.group_chat()
    for contact in some:
        follow = make.follow(contact, started_at=later)
        make.tagging(won, follow)
        make.behaviour(contact, "paid.thanks", at=later)
        make.note(contact, written_at=later)
        make.stay(group, follow, joined_at=later)
        make.lead(contact, opened_at=later)
        make.task(contact, made_at=later, due_at=later)
        AttributeValue.objects.create(
            contact=contact, attribute=sold, number=1, source="person", at=later
        )
        order_of(contact.pk, later, 99).save()
    Tagging.objects.filter(tag=won).update(at=later)
    Follow.objects.filter(started_at=day(50)).update(ended_at=later, ended_by="contact")

    same(known_at(who, CUT, words_then), plain)
    for name, column in before.items():
        assert column.tolist() == pytest.approx(plain[name].tolist(), nan_ok=True), name
    now = known_at(who, later + timedelta(days=1), words_then)
    assert np.nansum(now[f"tags:{won.pk}"]) == len(some)


def test_deleting_the_future_changes_nothing():
    contacts = company(200)
    who = [each.pk for each in contacts if each.added_at < CUT]
    words = words_in_use()
    before = known_at(who, CUT, words)
    for model, name in (
        *((Behaviour, "at"), (Order, "placed_at"), (Note, "written_at")),
        *((Lead, "opened_at"), (Task, "made_at"), (Stay, "joined_at")),
    ):
        model.objects.filter(**{f"{name}__gte": CUT}).delete()
    Order.objects.filter(paid_at__gte=CUT).update(paid_at=None, status="placed")

    same(known_at(who, CUT, words), before)


def test_numbers_are_those_of_the_day():
    someone = make.contact(added_at=day(10))
    make.behaviour(someone, "viewed", at=day(93.5))
    make.behaviour(someone, "viewed", at=day(80))
    make.behaviour(someone, "viewed", at=day(101))
    order_of(someone.pk, day(90), 1).save()
    nobody = make.contact(added_at=day(99))

    told = known_at([nobody.pk, someone.pk], CUT, words_in_use())

    assert told["known_for"].tolist() == [1.0, 90.0]
    assert told["acts_7"][1] == 1
    assert told["acts_30"][1] == told["kinds:viewed"][1] == 2
    assert told["orders"][1] == 1
    assert told["last_order"][1] == 10
    assert np.isnan(told["acts"][0])
    assert told["gender"].tolist() == ["0", "0"]


def test_a_stage_is_the_one_of_that_day():
    lead = make.lead(opened_at=day(90))
    for number, at in ((11, day(95)), (12, day(101))):
        make.event(
            "StageChanged",
            at=at,
            contact=lead.contact,
            lead_id=lead.pk,
            stage_id=number,
        )
    told = known_at([lead.contact_id], CUT, words_in_use())
    assert told["stage"].tolist() == ["11"]
    assert told["lead_age"].tolist() == [10.0]
    assert NOW > CUT
