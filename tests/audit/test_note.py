"""Rows of the audit: with the change, never again, and sealed for each person."""

import pytest
from django.db import DatabaseError, connection, transaction

from apps.audit.models import AuditRow, ContactKey
from apps.audit.note import Note, NotInATransaction, note, note_all
from apps.audit.sealed_values import destroy_keys, opened
from apps.audit.telling import tell
from apps.common.tracing import Origin, came_from, request_id
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db
NUMBER = "13812345678"


def changed_phone(contact, *, by=None, reason: str = "") -> AuditRow:
    note(
        deed="changed",
        by=by,
        at=day(2),
        about=contact,
        contact_id=contact.pk,
        before={"phone": None, "stage": "new"},
        after={"phone": NUMBER, "stage": "won"},
        personal=["phone"],
        reason=reason,
    )
    return AuditRow.objects.latest("pk")


class TestNote:
    def test_tells_who_what_when_and_from_where(self):
        user, contact = make.user(), make.contact()
        origin = came_from.set(Origin("192.0.2.7", "admin:contacts_contact_change"))
        request = request_id.set("f00d")

        row = changed_phone(contact, by=user)
        request_id.reset(request)
        came_from.reset(origin)

        assert (row.actor, row.about_kind, row.about_id) == (
            user,
            "contacts.contact",
            contact.pk,
        )
        assert (row.address, row.door, row.request_id, row.at) == (
            "192.0.2.7",
            "admin:contacts_contact_change",
            "f00d",
            day(2),
        )
        assert (row.before, row.after) == ({"stage": "new"}, {"stage": "won"})

    def test_seals_what_is_personal_and_the_reason_for_it(self):
        row = changed_phone(make.contact(), reason="she asked us to call")

        with connection.cursor() as cursor:
            cursor.execute("SELECT t::text FROM audit_auditrow t")
            assert NUMBER not in str(cursor.fetchall())
        assert row.reason == ""
        assert opened([row])[row.pk] == {
            "before": {"phone": None},
            "after": {"phone": NUMBER},
            "reason": "she asked us to call",
        }

    def test_is_told_masked(self):
        [told] = tell([changed_phone(make.contact(), reason="a call")])

        shown = {str(change.field): change.after for change in told.changes}
        assert shown["phone"] == "138 **** 5678"
        assert told.reason == "a call"

    def test_cannot_be_read_once_the_person_is_erased(self):
        erased, other = make.contact(), make.contact()
        rows = [changed_phone(erased), changed_phone(other)]

        assert destroy_keys([erased.pk]) == 1

        assert opened(rows)[rows[0].pk] is None
        assert opened(rows)[rows[1].pk] is not None
        assert tell(rows)[0].is_erased

    def test_a_key_made_after_an_erasure_opens_nothing_of_before(self):
        contact = make.contact()
        before = changed_phone(contact)
        destroy_keys([contact.pk])
        changed_phone(contact)

        assert opened([before])[before.pk] is None

    def test_refuses_personal_values_of_nobody(self):
        with pytest.raises(ValueError, match="whose"):
            note(
                deed="changed",
                by=None,
                at=day(1),
                after={"phone": "1"},
                personal=["phone"],
            )

    def test_of_many_costs_three_queries(self, django_assert_num_queries):
        contacts = [make.contact() for _number in range(50)]
        notes = [
            Note(
                deed="changed",
                about=contact,
                contact_id=contact.pk,
                after={"phone": NUMBER},
                personal=["phone"],
            )
            for contact in contacts
        ]
        note_all(notes, by=None, at=day(1))

        with django_assert_num_queries(2):
            note_all(notes, by=None, at=day(1))

        assert AuditRow.objects.count() == 100
        assert ContactKey.objects.count() == 50


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_auditrow SET deed = 'x'", "DELETE FROM audit_auditrow"],
)
def test_the_database_lets_nobody_change_or_delete_a_row(statement):
    changed_phone(make.contact())

    with (
        pytest.raises(DatabaseError, match="only added"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert AuditRow.objects.count() == 1


@pytest.mark.django_db(transaction=True)
class TestInATransaction:
    def test_is_refused_outside_of_one(self):
        with pytest.raises(NotInATransaction):
            note(deed="changed", by=None, at=day(1))

    def test_is_gone_with_the_change_that_is_rolled_back(self):
        contact = make.contact("before")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            contact.name = "after"
            contact.save()
            changed_phone(contact)
            raise ZeroDivisionError

        assert AuditRow.objects.count() == 0
