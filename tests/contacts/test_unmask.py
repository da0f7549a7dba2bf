"""A phone, an e-mail, a union id whole: by right, for a reason, so often, and noted."""

import re
from datetime import timedelta
from threading import Thread

import pytest
import time_machine
from django.db import connection, transaction

from apps.audit.history import rows_about
from apps.audit.models import AuditRow
from apps.audit.telling import tell
from apps.contacts.identities import Id, Known, keep_ids
from apps.contacts.models import Contact, Identity
from apps.contacts.unmask import (
    MayNotUnmask,
    NoReason,
    QuotaSpent,
    left_today,
    may_see_whole,
    unmask,
)
from apps.events.models import EventRecord
from apps.staff.models import Reach
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

PHONE, MAIL, UNION = "13812345678", "zhangsan@example.com", "oUnion000000000000aB"
ADDRESS = "/admin/contacts/contact/{0.contact_id}/identity/{0.pk}/"
WHY = "客户要求回电"


@pytest.fixture
def lin():
    return make.employee()


@pytest.fixture
def zhang(lin) -> Contact:
    contact = make.contact(owner=lin)
    ids = [Id("phone", PHONE), Id("email", MAIL), Id("union", UNION)]
    known = [Known(contact.pk, each) for each in ids]
    with transaction.atomic():
        keep_ids(known, source=EventRecord.Source.PERSON, at=day(1))
    return contact


@pytest.fixture
def phone(zhang) -> Identity:
    return zhang.identities.get(kind="phone")


@pytest.fixture
def manager():
    return make.user(role="manager")


def quota(role: str, many: int) -> None:
    Reach.objects.filter(role=role).update(unmasks_per_day=many)


class TestUnmask:
    def test_tells_the_whole_and_writes_down_who_saw_what_and_why(self, phone, manager):
        whole = unmask([phone], by=manager, reason=WHY, at=day(2))

        assert whole == {phone.pk: PHONE}
        [row] = AuditRow.objects.filter(deed="unmasked")
        assert (row.actor_id, row.contact_id) == (manager.pk, phone.contact_id)
        assert WHY not in str(row.__dict__)  # sealed with the contact's own key
        [told] = tell(rows_about(phone.contact))
        assert told.reason == WHY
        assert PHONE not in str(told)

    @pytest.mark.parametrize("reason", ["", "  ", "a b", "。"])
    def test_wants_a_reason(self, phone, manager, reason):
        with pytest.raises(NoReason):
            unmask([phone], by=manager, reason=reason, at=day(2))

        assert not AuditRow.objects.filter(deed="unmasked").exists()

    def test_is_refused_to_whom_the_role_does_not_let(self, phone, lin):
        user = make.user(role="employee", employee=lin)  # none a day, at first

        with pytest.raises(MayNotUnmask):
            unmask([phone], by=user, reason=WHY, at=day(2))
        assert not may_see_whole(user)

        quota("employee", 1)

        assert unmask([phone], by=user, reason=WHY, at=day(2)) == {phone.pk: PHONE}

    def test_is_refused_for_a_contact_out_of_reach(self, phone):
        stranger = make.user(role="employee", employee=make.employee())
        quota("employee", 9)

        with pytest.raises(MayNotUnmask):
            unmask([phone], by=stranger, reason=WHY, at=day(2))

    def test_counts_anew_each_day(self, phone, manager):
        quota("manager", 2)
        for _time in range(2):
            unmask([phone], by=manager, reason=WHY, at=day(2, hour=23))
        assert left_today(manager, at=day(2, hour=23)) == 0

        with pytest.raises(QuotaSpent):
            unmask([phone], by=manager, reason=WHY, at=day(2, hour=23.9))

        assert left_today(manager, at=day(3, hour=0.1)) == 2
        unmask([phone], by=manager, reason=WHY, at=day(3, hour=0.1))
        assert AuditRow.objects.filter(deed="unmasked").count() == 3


@pytest.mark.django_db(transaction=True)
def test_sixteen_at_once_see_no_more_than_the_quota(phone, manager):
    quota("manager", 5)
    seen = []

    def look():
        try:
            seen.append(unmask([phone], by=manager, reason=WHY, at=day(2)))
        except QuotaSpent:
            pass
        finally:
            connection.close()

    threads = [Thread(target=look) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(seen) == AuditRow.objects.filter(deed="unmasked").count() == 5


class TestThePage:
    def test_shows_nothing_whole_and_offers_it_to_those_who_may(
        self, client, zhang, manager, lin
    ):
        address = f"/admin/contacts/contact/{zhang.pk}/change/"
        client.force_login(manager)
        page = client.get(address).content.decode()
        assert all(whole not in page for whole in (PHONE, MAIL, UNION))
        assert "138 **** 5678" in page and "zha***@example.com" in page
        assert len(re.findall("identity/[0-9]+/", page)) == 3

        client.force_login(make.user(role="employee", employee=lin))
        assert "/identity/" not in client.get(address).content.decode()

    def test_asks_for_the_password_when_it_was_not_shown_lately(
        self, client, phone, manager
    ):
        client.force_login(manager)  # a session that has shown nothing
        address = ADDRESS.format(phone)
        assert 'name="password"' in client.get(address).content.decode()

        for wrong in ({}, {"password": "wrong"}):
            answer = client.post(address, {"reason": WHY} | wrong)
            assert PHONE not in answer.content.decode()
        assert not AuditRow.objects.exists()

        right = {"reason": WHY, "password": make.PASSWORD}
        answer = client.post(address, right)
        assert PHONE in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]
        assert 'name="password"' not in client.get(address).content.decode()

    def test_believes_a_sign_in_for_ten_minutes(self, client, phone, manager):
        form = {"username": manager.username, "password": make.PASSWORD}
        address = ADDRESS.format(phone)
        with time_machine.travel(day(2), tick=False) as clock:
            client.post("/admin/login/?next=/admin/", form)
            clock.shift(timedelta(minutes=9))
            assert PHONE in client.post(address, {"reason": WHY}).content.decode()
            clock.shift(timedelta(minutes=1))
            page = client.post(address, {"reason": WHY}).content.decode()
        assert PHONE not in page
        assert 'name="password"' in page

    def test_is_not_there_for_what_is_not_masked_or_not_ones_own(
        self, client, phone, manager, lin
    ):
        make.follow(phone.contact)
        open_id = phone.contact.identities.get(kind="external")
        client.force_login(manager)
        assert client.get(ADDRESS.format(open_id)).status_code == 404

        quota("employee", 9)
        stranger = make.user(role="employee", employee=make.employee())
        client.force_login(stranger)
        assert client.get(ADDRESS.format(phone)).status_code == 404
        assert client.post(ADDRESS.format(phone)).status_code == 404

    def test_closes_the_line_again(self, client, phone, manager):
        client.force_login(manager)
        page = client.get(ADDRESS.format(phone) + "?close").content.decode()
        assert "138 **** 5678" in page
        assert "<form" not in page
