"""A person is erased from every store there is, and does not come back by a pull."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.audit.models import AuditRow
from apps.common.sealing import unseal
from apps.contacts.erased import of_the_erased
from apps.contacts.forget import NamesThePerson, ask_to_erase
from apps.contacts.identities import Id, Known, keep_ids
from apps.contacts.merge import merge
from apps.contacts.models import Contact, Follow, Identity
from apps.contacts.recognise import Person
from apps.events.models import EventRecord
from apps.exports.models import Export, Writing
from tests import make
from tests.conftest import day

WHO = "wmMARKEDMARKEDMARKEDMARKEDMARKED1"


@pytest.mark.django_db
class TestErasing:
    def test_tells_what_is_over_from_whoever_shares_a_phone(self):
        she = make.contact("甲")
        keep(she, Id("phone", "13987654321"), Id("other", "m-1", "shop"))
        ask(she, by=make.user(role="admin")).work_off()
        he = make.contact("乙")
        keep(he, Id("phone", "13987654321"), Id("other", "m-2", "shop"))
        before, after = day(1), timezone.now() + timedelta(seconds=1)
        phone, hers, his = (
            Id("phone", "139 8765 4321"),
            Id("other", "m-1", "shop"),
            Id("other", "m-2", "shop"),
        )
        told = [
            (Person(ids=(hers,)), before),  # hers alone
            (Person(ids=(hers,)), after),  # she buys anew
            (Person(ids=(phone, his)), before),  # he has her phone
            (Person(ids=(hers,), contact_id=he.pk), before),  # we know who it is
            (Person(ids=(Id("other", "m-3", "shop"),)), before),  # nobody of ours
        ]
        assert of_the_erased(told) == [True, False, False, False, False]

    def test_takes_along_whoever_was_merged_into_them(self):
        winner, loser, root = (
            make.contact(),
            make.contact(),
            make.user(role="admin"),
        )
        merge(winner=winner, loser=loser, at=day(1))
        job = ask(winner, by=root)
        job.work_off()
        assert not Contact.objects.exists()
        job.refresh_from_db()
        assert job.numbers == sorted([winner.pk, loser.pk])

    def test_refuses_a_reference_that_names_the_person(self):
        contact = make.contact("张三丰")
        with pytest.raises(NamesThePerson):
            ask(contact, by=make.user(role="admin"), reference="张三丰来电")

    def test_is_for_those_who_may(self, client):
        contact = make.contact()
        client.force_login(make.user(role="manager"))
        address = f"/admin/contacts/contact/{contact.pk}/rights/"
        assert client.get(address).status_code in (403, 404)
        assert client.post(f"{address}erase/").status_code in (403, 404)
        assert client.post(f"{address}copy/").status_code in (403, 404)

    def test_leaves_others_who_share_a_household(self):
        she, he = make.contact("甲"), make.contact("乙")
        make.follow(he, remark="乙的备注")
        make.follow(she)
        ask(she, by=make.user(role="admin")).work_off()
        assert list(Contact.objects.all()) == [he]
        assert Follow.objects.get().remark == "乙的备注"

    def test_waits_for_what_is_being_asked_about_them(self):
        she = make.contact()
        Identity.objects.filter(pk=make.follow(she).identity_id).update(value=WHO)
        asked = {"external_userid": WHO}
        command = make.command(status="calling", arguments=asked)
        job = ask(she, by=make.user(role="admin"))
        job.work_off()
        assert Contact.objects.filter(pk=she.pk).exists()
        command.status = "done"
        command.save()
        job.refresh_from_db()
        job.work_off()
        assert not Contact.objects.filter(pk=she.pk).exists()


@pytest.mark.django_db
class TestAFileThatWasTakenOut:
    def test_is_written_anew_without_the_person(self):
        root = make.user(role="admin")
        she, he = make.contact("甲某某"), make.contact("乙某某")
        bought = make.order(she)
        people = make.exported(root)
        Export.objects.update(reason="为甲某某对账")
        orders = make.exported(root)
        Export.objects.filter(pk=orders.pk).update(kind="orders", columns=["number"])
        people.parts.update(about=[she.pk, he.pk])
        orders.parts.update(about=[bought.pk])

        ask(she, by=root).work_off()

        people.refresh_from_db()
        assert people.reason == "为对账"
        [part] = people.parts.all()
        assert (part.about, unseal(part.rows_sealed)) == ([0, he.pk], '[["乙某某"]]')
        [part] = orders.parts.all()
        assert (part.about, unseal(part.rows_sealed)) == ([0], "[]")

    def test_is_waited_for_while_it_is_being_written(self):
        root, she = make.user(role="admin"), make.contact()
        export = make.exported(root)
        export.parts.update(about=[she.pk])
        Writing.objects.update(status="waiting")

        ask(she, by=root).work_off()

        assert Contact.objects.filter(pk=she.pk).exists()


@pytest.mark.django_db
class TestACopy:
    def test_holds_everything_whole_and_is_in_the_audit(self, client):
        root = make.user(role="admin")
        contact = make.contact("张三丰")
        make.follow(contact, remark="备注甲")
        client.force_login(root)
        session = client.session
        session["shown_to_be_them_at"] = timezone.now().timestamp()
        session.save()
        address = f"/admin/contacts/contact/{contact.pk}/rights/copy/"
        answer = client.post(address, {"reason": "本人要求查阅", "kind": "json"})
        told = json.loads(answer.content)
        text = json.dumps(told, ensure_ascii=False)
        assert "张三丰" in text and "备注甲" in text
        assert "attachment" in answer["Content-Disposition"]
        assert AuditRow.objects.get(deed="copied_out").contact_id == contact.pk
        page = client.post(address, {"reason": "本人要求查阅", "kind": "html"})
        assert "备注甲" in page.content.decode()

    def test_is_not_taken_without_a_reason(self, client):
        contact = make.contact()
        client.force_login(make.user(role="admin"))
        address = f"/admin/contacts/contact/{contact.pk}/rights/copy/"
        assert "Content-Disposition" not in client.post(address, {"reason": ""})
        assert not AuditRow.objects.filter(deed="copied_out").exists()


def keep(contact, *ids):
    told = [Known(contact.pk, each) for each in ids]
    keep_ids(told, source=EventRecord.Source.PERSON, at=day(1))


def ask(contact, *, by, reference=""):
    return ask_to_erase(
        contact=contact, ground="asked", reference=reference, by=by, at=day(9)
    )
