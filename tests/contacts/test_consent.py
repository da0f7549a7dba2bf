"""What a person agreed to or refused is kept as it was said, and the stricter holds."""

import pytest
from django.db import DatabaseError, transaction

from apps.audit.models import AuditRow
from apps.clients.models import Scope
from apps.contacts.consent import consents_of, may_be_sent_marketing, say, standing_of
from apps.contacts.merge import merge
from apps.contacts.models import ConsentRecord, ConsentText, Contact
from apps.contacts.unmerge import undo
from apps.events.models import EventRecord
from tests import make
from tests.conftest import day
from tests.orders.telling import Shop

pytestmark = pytest.mark.django_db
PERSON = EventRecord.Source.PERSON


def said(contact, given: bool, *, at, purpose="marketing", **more) -> bool:
    return say(
        contact=contact,
        purpose=purpose,
        given=given,
        channel="chat",
        at=at,
        now=at,
        source=PERSON,
        **more,
    )


def stands(contact) -> bool:
    """Asked of one, and of all who refuse: both say the same."""
    record = consents_of(contact)["marketing"]
    assert record is not None
    assert record.given == bool(may_be_sent_marketing([contact.pk]))
    return record.given


class TestWhatIsSaid:
    def test_last_holds_whatever_the_order_in_which_it_is_told(self):
        one, other = make.contact(), make.contact()
        said(one, True, at=day(1))
        said(one, False, at=day(2))
        said(other, False, at=day(2))
        said(other, True, at=day(1))
        assert not stands(one) and not stands(other)
        assert ConsentRecord.objects.filter(contact=one).count() == 2

    def test_at_the_same_moment_the_stricter_holds(self):
        contact = make.contact()
        said(contact, False, at=day(1))
        said(contact, True, at=day(1))
        assert not stands(contact)

    def test_twice_is_kept_once(self):
        contact = make.contact()
        assert said(contact, True, at=day(1))
        assert not said(contact, True, at=day(1))

    def test_is_in_the_audit_with_who_wrote_it_down(self):
        by = make.user()
        contact = make.contact()
        said(contact, False, at=day(1), by=by)
        row = AuditRow.objects.get(deed="consent_withdrawn")
        assert (row.actor, row.contact_id) == (by, contact.pk)

    def test_is_changed_by_nobody(self):
        said(make.contact(), True, at=day(1))
        with pytest.raises(DatabaseError), transaction.atomic():
            ConsentRecord.objects.update(given=False)

    def test_who_refuses_is_left_out_of_what_is_sent(self):
        silent, yes, no = make.contact(), make.contact(), make.contact()
        said(yes, True, at=day(1))
        said(no, False, at=day(1))
        everybody = [silent.pk, yes.pk, no.pk]
        assert may_be_sent_marketing(everybody) == {silent.pk, yes.pk}


class TestAMerge:
    def test_keeps_the_stricter_and_undo_brings_back_both(self):
        winner, loser = make.contact(), make.contact()
        said(winner, True, at=day(9))
        said(loser, False, at=day(1))

        done = merge(winner=winner, loser=loser, at=day(10))
        assert not stands(winner)

        undo(merge=done, at=day(11))
        assert stands(winner) and not stands(loser)
        assert ConsentRecord.objects.filter(contact=winner).count() == 1

    def test_two_who_said_the_same_at_the_same_moment_are_no_obstacle(self):
        winner, loser = make.contact(), make.contact()
        said(winner, False, at=day(1))
        said(loser, False, at=day(1))
        done = merge(winner=winner, loser=loser, at=day(10))
        assert not stands(winner)
        undo(merge=done, at=day(11))
        assert not stands(winner) and not stands(loser)

    def test_whoever_agrees_afterwards_agrees_for_all_that_they_are(self):
        winner, loser = make.contact(), make.contact()
        said(loser, False, at=day(1))
        done = merge(winner=winner, loser=loser, at=day(10))
        said(winner, True, at=day(12))
        assert stands(winner)
        undo(merge=done, at=day(13))
        assert stands(winner) and not stands(loser)

    def test_what_was_said_before_it_was_said_for_one(self):
        winner, loser = make.contact(), make.contact()
        said(loser, False, at=day(1))
        merge(winner=winner, loser=loser, at=day(10))
        said(winner, True, at=day(9))  # told late
        assert not stands(winner)

    def test_that_is_taken_back_leaves_nothing_of_the_other(self):
        winner, loser = make.contact(), make.contact()
        done = merge(winner=winner, loser=loser, at=day(10))
        said(winner, False, at=day(12))  # for both
        undo(merge=done, at=day(13))
        said(winner, True, at=day(14))  # for the one who is left
        assert stands(winner)

    def test_of_merges_in_a_chain_every_link_counts(self):
        first, second, third = (make.contact() for _ in range(3))
        said(third, False, at=day(1))
        said(first, True, at=day(2))
        merge(winner=second, loser=third, at=day(10))
        above = merge(winner=first, loser=second, at=day(11))
        assert not stands(first)
        undo(merge=above, at=day(12))
        assert stands(first) and not stands(second)

    def test_hears_what_is_told_of_whoever_was_merged_away(self):
        winner, loser = make.contact(), make.contact()
        merge(winner=winner, loser=loser, at=day(10))
        said(loser, False, at=day(11))
        assert not stands(winner)


def test_a_page_of_contacts_costs_one_query(django_assert_num_queries):
    contacts = [make.contact() for _ in range(3)]
    for contact in contacts:
        said(contact, False, at=day(1))
    with django_assert_num_queries(1):
        found = standing_of([contact.pk for contact in contacts])
    assert not any(each["marketing"].given for each in found.values())


class TestThePage:
    def test_one_click_and_nobody_disturbs_them_any_more(self, client):
        contact = make.contact()
        client.force_login(make.user(role="admin"))
        told = {"purpose": "marketing", "given": "no", "channel": "chat"}
        page = client.post(
            f"/admin/contacts/contact/{contact.pk}/consent/", told, follow=True
        )
        assert "不会再向此人发送营销消息" in page.content.decode()
        listed = client.get("/admin/contacts/contact/?marketing=no").content.decode()
        assert f"/{contact.pk}/change/" in listed

    def test_a_version_that_nobody_wrote_is_refused_in_words(self, client):
        contact = make.contact()
        client.force_login(make.user(role="admin"))
        told = {"purpose": "marketing", "given": "yes", "channel": "chat"}
        page = client.post(
            f"/admin/contacts/contact/{contact.pk}/consent/",
            told | {"version": "v9"},
            follow=True,
        )
        assert "没有该版本" in page.content.decode()
        assert not ConsentRecord.objects.exists()

    def test_a_text_that_is_written_stays_as_it_is(self, client):
        text = ConsentText.objects.create(purpose="marketing", version="v1", text="甲")
        client.force_login(make.user(role="admin"))
        address = f"/admin/contacts/consenttext/{text.pk}/change/"
        client.post(address, {"purpose": "marketing", "version": "v1", "text": "乙"})
        text.refresh_from_db()
        assert text.text == "甲"


class TestTheApi:
    ADDRESS = "/api/v1/consents"

    def told(self, **more):
        return {
            "contact": {"phone": "13800138000"},
            "purpose": "marketing",
            "given": False,
            "at": "2026-03-01T09:00:00+08:00",
            **more,
        }

    def test_keeps_what_another_system_tells_once(self):
        shop = Shop(make.key(Scope.CONSENTS_WRITE))
        first = shop.tell(self.told(), address=self.ADDRESS)
        again = shop.tell(self.told(), address=self.ADDRESS)
        assert [first.json(), again.json()] == [
            {"outcome": "kept"},
            {"outcome": "repeated"},
        ]
        assert not stands(Contact.objects.get())

    def test_refuses_a_key_without_the_right_and_a_version_that_is_none(self):
        other = Shop(make.key(Scope.ORDERS_WRITE))
        assert other.tell(self.told(), address=self.ADDRESS).status_code == 403
        shop = Shop(make.key(Scope.CONSENTS_WRITE))
        wrong = shop.tell(self.told(text_version="v9"), address=self.ADDRESS)
        assert wrong.status_code == 400
        assert "text_version" in str(wrong.json()["errors"])
