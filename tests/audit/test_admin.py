"""The audit to read: a list for administrators, a history for who sees the object."""

import pytest
from django.urls import reverse

from tests import make
from tests.backoffice.reading import faults
from tests.conftest import day

pytestmark = pytest.mark.django_db

LIST = "/admin/audit/auditrow/"


@pytest.fixture
def phone_changed():
    contact = make.contact("赵敏", owner=make.employee("林静"))
    row = make.audited(
        "changed",
        about=contact,
        contact_id=contact.pk,
        before={"phone": "13812345678"},
        after={"phone": "13987654321"},
        personal=["phone"],
        reason="本人来电更正",
    )
    return contact, row


class TestList:
    def test_tells_what_was_changed_by_whom_masked(self, client, phone_changed):
        _contact, row = phone_changed
        client.force_login(make.user(role="admin"))

        page = client.get(LIST).content.decode()

        assert "138 **** 5678" in page
        assert "139 **** 4321" in page
        assert "13812345678" not in page
        assert "本人来电更正" in page
        assert row.actor.username in page
        assert faults(page, names=f"{row.actor.username} phone") == []

    @pytest.mark.parametrize(
        ("question", "many"),
        [
            ({"deed": "changed"}, 1),
            ({"deed": "unmasked"}, 0),
            ({"on_from": "2026-03-01", "on_to": "2026-03-01"}, 1),
            ({"on_from": "2026-03-02"}, 0),
            ({"about": "contacts.contact:{pk}"}, 1),
            ({"about": "contacts.contact:0"}, 0),
            ({"q": "nobody"}, 0),
        ],
    )
    def test_is_filtered(self, client, phone_changed, question, many):
        contact, _row = phone_changed
        client.force_login(make.user(role="admin"))
        asked = {n: text.format(pk=contact.pk) for n, text in question.items()}

        assert len(client.get(LIST, asked).context["cl"].rows) == many

    @pytest.mark.parametrize("role", ["manager", "employee"])
    def test_is_for_administrators(self, visit, role):
        assert visit(LIST, role=role).status_code == 403

    def test_of_a_row_tells_the_door(self, client, phone_changed):
        _contact, row = phone_changed
        client.force_login(make.user(role="admin"))

        page = client.get(reverse("admin:audit_auditrow_change", args=[row.pk]))

        assert page.status_code == 200
        assert "138 **** 5678" in page.content.decode()


class TestHistory:
    def test_of_a_contact_is_seen_by_whoever_sees_the_contact(
        self, client, phone_changed
    ):
        contact, row = phone_changed
        address = reverse("admin:contacts_contact_history", args=[contact.pk])
        client.force_login(make.user(role="employee", employee=contact.owner))

        page = client.get(address).content.decode()

        assert "139 **** 4321" in page
        assert faults(page, names=f"{row.actor.username} phone") == []
        client.force_login(make.user(role="employee", employee=make.employee()))
        assert client.get(address)["Location"] == "/admin/"

    def test_that_is_empty_says_so(self, visit):
        contact = make.contact()

        page = visit(reverse("admin:contacts_contact_history", args=[contact.pk]))

        assert "还没有人修改过这里" in page.content.decode()


def test_day_of_the_row_is_the_day_of_the_deed(phone_changed):
    _contact, row = phone_changed

    assert row.at == day(1)
