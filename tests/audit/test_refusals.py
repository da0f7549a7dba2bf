"""Whoever is turned away stands in the audit, and a flood of them in a few rows."""

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.urls import reverse

from apps.audit.models import AuditRow
from apps.contacts.identities import Id, Known, keep_ids
from apps.events.models import EventRecord
from apps.staff.models import Reach
from tests import make
from tests.backoffice.attacked import signed_in
from tests.backoffice.reading import faults
from tests.conftest import day

pytestmark = pytest.mark.django_db


@pytest.fixture
def other():
    return make.contact("外人客户", owner=make.employee("王同事"))


@pytest.fixture
def lin():
    user = make.user("lin", role="employee", employee=make.employee("林静"))
    return make.sees(user, "self")


def phone_of(contact) -> tuple[int, int]:
    known = [Known(contact.pk, Id("phone", "13812345678"))]
    with transaction.atomic():
        keep_ids(known, source=EventRecord.Source.PERSON, at=day(1))
    return contact.pk, contact.identities.get(kind="phone").pk


def turned_away() -> list[tuple[str, str, int | None, str]]:
    rows = AuditRow.objects.filter(deed="turned_away").order_by("pk")
    return [
        (r.door, r.after["turned_away_for"], r.about_id, r.after["times"]) for r in rows
    ]


class TestBeingTurnedAway:
    @pytest.mark.parametrize("page", ["change", "history", "delete"])
    def test_from_a_contact_out_of_sight_is_written_down(self, lin, other, page):
        name = f"admin:contacts_contact_{page}"

        signed_in(lin).get(reverse(name, args=[other.pk]))

        [row] = AuditRow.objects.filter(deed="turned_away")
        assert (row.actor, row.about_kind, row.about_id) == (
            *(lin, "contacts.contact", other.pk),
        )
        assert (row.door, row.address) == (name, "127.0.0.1")

    def test_from_a_list_without_the_right_is_written_down(self, lin):
        assert signed_in(lin).get("/admin/audit/auditrow/").status_code == 403

        door = "admin:audit_auditrow_changelist"
        assert turned_away() == [(door, "no_right", None, 1)]

    def test_from_a_question_that_a_list_does_not_offer_is_written_down(self, lin):
        asked = "/admin/contacts/contact/?identities__digest__startswith=1"

        signed_in(lin).get(asked)

        door = "admin:contacts_contact_changelist"
        assert turned_away() == [(door, "not_offered", None, 1)]

    def test_from_a_file_of_somebody_else_is_written_down(self, lin):
        address = "/admin/exports/export/file/?key=guessed"

        assert signed_in(lin).get(address).status_code == 404

        assert turned_away() == [("admin:exports_export_file", "out_of_sight", None, 1)]

    def test_by_a_rule_of_rights_is_written_down_where_a_page_answers(self, lin):
        """The form says no in red, and is no 403."""
        phone = phone_of(make.contact("自己客户", owner=lin.employee))
        address = reverse("admin:contacts_contact_unmask", args=[*phone])
        Reach.objects.filter(role="employee").update(unmasks_per_day=0)

        answer = signed_in(lin).post(
            address, {"reason": "回访老客户", "password": make.PASSWORD}
        )

        assert answer.status_code == 200
        door = "admin:contacts_contact_unmask"
        assert turned_away() == [(door, "may_not_unmask", phone[0], 1)]

    def test_of_a_key_names_the_client(self, client):
        shown = make.key("behaviour:write", of=make.client(system="youzan"))

        answer = client.get(
            "/api/v1/orders", headers={"Authorization": f"Bearer {shown}"}
        )

        assert answer.status_code == 403
        [row] = AuditRow.objects.filter(deed="turned_away")
        assert (row.actor_id, row.after["system"]) == (None, "youzan")

    def test_is_told_on_the_page_of_the_audit(self, client, lin, other):
        signed_in(lin).get(reverse("admin:contacts_contact_change", args=[other.pk]))
        client.force_login(make.user(role="admin"))

        page = client.get("/admin/audit/auditrow/", {"deed": "turned_away"})

        text = page.content.decode()
        assert "被拒绝访问" in text
        assert "不存在，或不在其可见范围内" in text
        assert faults(text, names="lin") == []


class TestAFlood:
    def test_leaves_few_rows(self, lin, other):
        client, address = signed_in(lin), f"/admin/contacts/contact/{other.pk}/change/"
        with time_machine.travel(day(3), tick=False) as clock:
            for _ask in range(120):
                client.get(address)
            first = [many for *_which, many in turned_away()]
            clock.shift(timedelta(minutes=1, seconds=1))
            client.get(address)

        assert first == [1, 10, 100]
        assert [many for *_which, many in turned_away()] == [1, 10, 100, 1]

    def test_at_one_door_hides_nothing_at_another(self, lin, other):
        client = signed_in(lin)
        for page in ("change", "history", "change", "history"):
            client.get(reverse(f"admin:contacts_contact_{page}", args=[other.pk]))

        assert [many for *_which, many in turned_away()] == [1, 1]


class TestNobody:
    @pytest.mark.parametrize(
        "address", ["/admin/no/such/page/", "/nowhere", "/admin/contacts/contact/"]
    )
    def test_who_has_not_signed_in_leaves_a_row(self, client, address):
        client.get(address)

        assert turned_away() == []

    def test_who_mistypes_an_address_is_turned_away(self, lin):
        assert signed_in(lin).get("/admin/no/such/page/").status_code == 404

        assert turned_away() == []

    def test_who_may_is_turned_away(self, lin):
        assert signed_in(lin).get("/admin/contacts/contact/").status_code == 200

        assert turned_away() == []
