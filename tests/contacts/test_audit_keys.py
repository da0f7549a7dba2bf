"""When a person's keys are destroyed, nobody reads what the audit knew of them."""

import pytest

from apps.audit.history import rows_about
from apps.audit.models import AuditRow, ContactKey
from apps.audit.telling import tell
from apps.contacts.audit_keys import destroy_keys
from apps.contacts.merge import merge
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db


def wrote_down(contact, *, phone: str) -> AuditRow:
    facts = {"before": {}, "after": {"phone": phone}, "personal": ["phone"]}
    about = {"about": contact, "contact_id": contact.pk}
    return make.audited("changed", **about, **facts, reason="他来电更正")


def test_the_values_of_whoever_was_merged_away_go_with_the_winners():
    winner, loser, other = make.contact("王"), make.contact("小王"), make.contact("李")
    for contact, phone in [(winner, "13800000001"), (loser, "13800000002")]:
        wrote_down(contact, phone=phone)
    kept = wrote_down(other, phone="13800000003")
    merge(winner=winner, loser=loser, take=[], by=make.root(), at=day(2), reasons=[])

    assert destroy_keys(winner) == 2

    rows = AuditRow.objects.filter(deed="changed").order_by("pk")
    assert [told.is_erased for told in tell(rows)] == [True, True, False]
    [told] = tell(rows_about(other))
    assert told.row == kept and told.changes[-1].after == "138 **** 0003"
    assert list(ContactKey.objects.values_list("pk", flat=True)) == [other.pk]


def test_what_is_written_afterwards_can_be_read():
    contact = make.contact()
    wrote_down(contact, phone="13800000001")
    destroy_keys(contact)
    wrote_down(contact, phone="13800000009")

    rows = AuditRow.objects.filter(deed="changed").order_by("pk")
    assert [told.is_erased for told in tell(rows)] == [True, False]
