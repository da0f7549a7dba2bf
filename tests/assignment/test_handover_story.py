"""Somebody leaves, and everything of theirs is moved or accounted for."""

import pytest

from apps.assignment.models import Assignment, Offer
from apps.contacts.models import Contact
from apps.groups.models import GroupChat
from apps.sync.reconcile import check
from tests.assignment.handing import House, states

pytestmark = pytest.mark.django_db(transaction=True)
State = Offer.State


@pytest.fixture
def house(corp, sandbox, wecom, work_off):
    return House(corp, wecom, work_off)


def test_who_leaves_with_250_contacts_and_12_groups_leaves_nothing_behind(house, corp):
    house.people("sun", "ann", "ben", "cat")
    ids = house.contacts("sun", 250)
    house.groups("sun", 12)
    house.pull()
    # one refuses whoever she is given to; of ben's room all but two is taken
    corp.do("person_refuses", external_userid=ids[7])
    corp.do("employee_update", userid="ben", room=80)
    house.does("employee_resign", userid="sun")

    made = house.begin("sun", "ann", "ben", "cat")

    assert states(made) == {State.OFFERED: 250, State.DONE: 12}
    house.a_day_passes()
    # whom ben had no room for, and she who refused, were offered to somebody else
    house.a_day_passes()
    house.a_day_passes()

    offers = Offer.objects.filter(handover=made)
    moved = offers.of_contacts().filter(state__in=Offer.MOVED)
    assert moved.count() == 249
    assert moved.values("identity").distinct().count() == 249
    assert not offers.running().exists()
    assert moved.filter(taker__wecom_id="ben").count() == 80
    refused = offers.filter(identity__value=ids[7])
    assert {offer.state for offer in refused} == {State.REFUSED}
    assert refused.values("taker").distinct().count() == 3
    assert offers.filter(state=State.FULL).count() == 2
    # theirs in WeCom and here, with the reason
    listed = corp.dump(["unassigned"])["unassigned"]
    assert [row["external_userid"] for row in listed] == [ids[7]]
    for offer in moved.select_related("identity__contact"):
        assert offer.identity.contact.owner_id == offer.taker_id
    given = Assignment.objects.open().filter(how=Assignment.How.HANDOVER)
    assert given.count() == 249
    assert all("sun" in row.why for row in given)
    assert not Contact.objects.filter(owner__wecom_id="sun").exists()
    owners = GroupChat.objects.values_list("owner__wecom_id", flat=True)
    assert sorted(owners) == ["ann"] * 4 + ["ben"] * 4 + ["cat"] * 4
    assert check().differences == {}


def test_who_left_before_the_first_pull_is_handed_over_all_the_same(house, corp):
    house.people("sun", "ann")
    ids = house.contacts("sun", 3)
    corp.do("employee_resign", userid="sun")  # nobody was listening
    house.pull()

    made = house.begin("sun", "ann")
    house.a_day_passes()

    assert states(made) == {State.DONE: 3}
    owners = Contact.objects.filter(identities__value__in=ids)
    assert set(owners.values_list("owner__wecom_id", flat=True)) == {"ann"}
    assert corp.dump(["unassigned"])["unassigned"] == []
    assert check().differences == {}
