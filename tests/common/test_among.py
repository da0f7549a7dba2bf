"""A few rows are named, many are described: the same rows either way."""

import pytest
from django.db.models import Exists, OuterRef
from django.utils import timezone

from apps.common.filters import FEW, among
from apps.contacts.models import Contact, Follow
from tests import make

pytestmark = pytest.mark.django_db


def came_by(way: int):
    came = Follow.objects.filter(add_way=way)
    return among(
        Contact.objects.order_by("pk"),
        came.values_list("identity__contact", flat=True),
        otherwise=Exists(came.filter(identity__contact=OuterRef("pk"))),
    )


def test_a_few_are_named_and_none_of_them_twice():
    ann, bob = make.employee("安琪"), make.employee("伯涛")
    zeng = make.contact("曾小贤")
    make.follow(zeng, employee=ann, add_way=3)
    make.follow(zeng, employee=bob, add_way=3)
    make.follow(make.contact("赵敏"), employee=ann, add_way=4)
    assert list(came_by(3)) == [zeng]
    assert "EXISTS" not in str(came_by(3).query)


def test_where_nobody_is_found_nobody_is_asked_about():
    make.contact("曾小贤")
    assert list(came_by(16)) == []


def test_many_are_described():
    now = timezone.now()
    people = Contact.objects.bulk_create(
        Contact(name=f"客户{n}", added_at=now) for n in range(FEW + 1)
    )
    described = Contact.objects.filter(name="客户7")
    all_of_them = Contact.objects.values_list("pk", flat=True)
    found = among(
        Contact.objects.all(),
        all_of_them,
        otherwise=Exists(described.filter(pk=OuterRef("pk"))),
    )
    assert list(found) == [people[7]]
