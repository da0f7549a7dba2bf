"""The database is destroyed and restored: nothing is sent twice, nothing stays lost."""

import json
from collections import Counter

import pytest

from apps.sandbox.server import Server
from scrm.embedded.part import wait_for
from tests.flows.restoring import House, Traffic
from tests.scrm.conftest import open_folder

pytestmark = pytest.mark.django_db

WELCOME = "externalcontact/send_welcome_msg"
NEW_TAG = "externalcontact/add_corp_tag"
STATUSES = "SELECT status, count(*) FROM wecom_command WHERE call ~ '{}' GROUP BY 1"


@pytest.fixture
def house(corp, settings):
    corp.populate(employees=2, contacts=5, groups=1)
    corp.do("employee_create", userid="lin", name="林静")
    with open_folder() as place, Server(corp) as sandbox:
        settings.WECOM_API_URL = sandbox.url
        house = House(place, sandbox)
        try:
            house.open()
            yield house
        finally:
            house.close()


def standing(house, call):
    return dict(house.ask(STATUSES.format(call)))


def test_after_a_restore_nothing_is_sent_twice_and_nothing_stays_lost(house):
    traffic = Traffic(house)
    traffic.do("pull")
    house.back_up()
    # all of this is done before the moment to which we shall restore
    traffic.add_contacts(3)
    traffic.make_tags("展会", "门店")
    traffic.do("drain")
    # this is only wished for, and this only heard, at that moment
    traffic.make_tags("直播", "官网")
    traffic.add_contacts(2)
    [(moment,)] = house.ask("SELECT clock_timestamp()::text")
    # and this is what will be forgotten
    traffic.do("drain")
    traffic.add_contacts(2)
    traffic.make_tags("地推")
    traffic.do("drain")
    dropped, edited = traffic.added[:2]
    house.sandbox.corp.do("employee_drops", userid="lin", external_userid=dropped)
    house.sandbox.corp.do(
        "edit_remark", userid="lin", external_userid=edited, remark="老客户"
    )
    assert len(house.calls(WELCOME)) == 7
    assert len(house.calls(NEW_TAG)) == 5
    assert house.all_is_archived()
    house.destroy()

    house.restore(moment)
    for command in (["worker"], ["timetable"]):
        house.start("manage.py", *command)
    assert wait_for(lambda: is_at_rest(house), seconds=120)

    for api in (WELCOME, NEW_TAG):
        assert set(Counter(house.calls(api)).values()) == {1}
    # all that was committed before the moment is here, and waits for a person
    assert standing(house, "add_corp_tag") == {"done": 2, "unknown": 2}
    assert standing(house, "send_welcome") == {"done": 3, "unknown": 2}
    assert house.ask("SELECT why FROM common_absence WHERE why = 'restored'")

    found = json.loads(house.run("reconcile", "--json"))
    assert found["left"] == {}


def is_at_rest(house):
    unfinished = "SELECT 1 FROM {} WHERE status IN ('waiting', 'calling')"
    tables = ("wecom_callback", "wecom_command", "events_delivery")
    return not any(house.ask(unfinished.format(table)) for table in tables)
