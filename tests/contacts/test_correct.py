"""What is held of a person is corrected by whoever serves them, and stays so."""

import pytest

from apps.audit.models import AuditRow
from apps.audit.sealed_values import opened
from apps.contacts.identities import Id, Known, keep_ids
from apps.contacts.models import Contact, Identity
from apps.events.models import EventRecord
from tests import make
from tests.backoffice.attacked import signed_in
from tests.conftest import day

pytestmark = pytest.mark.django_db
OLD, NEW = "13800000001", "13800000002"


@pytest.fixture
def she():
    contact = make.contact("张三疯")
    told = [Known(contact.pk, Id("phone", OLD))]
    keep_ids(told, source=EventRecord.Source.PERSON, at=day(1))
    return contact


def corrected(she, *, role="admin", **told):
    address = f"/admin/contacts/contact/{she.pk}/correct/"
    first = {"name": she.name, "corp_name": "", "position": ""}
    return signed_in(make.user(role=role)).post(address, first | told, follow=True)


def test_a_name_and_a_phone_are_corrected_found_and_in_the_audit_sealed(she):
    wrong = she.identities.get()
    page = corrected(she, name="张三丰", wrong=[wrong.pk], phone=NEW)

    assert "已更正" in page.content.decode()
    she.refresh_from_db()
    assert (she.name, she.pinned) == ("张三丰", ["name"])
    assert Contact.objects.called("zsf").get() == she
    assert Contact.objects.called(NEW).get() == she
    assert not Contact.objects.called(OLD).exists()
    row = AuditRow.objects.get(deed="corrected")
    assert OLD not in str(row.before) and NEW not in str(row.after)
    told = opened([row])[row.pk]
    assert OLD in str(told) and NEW in str(told) and "张三疯" in str(told)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, "没有任何改动"),
        ({"name": " "}, "请填写姓名"),
        ({"phone": "12"}, "不是手机号"),
        ({"email": "a@"}, "不是邮箱地址"),
    ],
)
def test_what_is_no_correction_is_refused_in_words(she, told, words):
    page = corrected(she, **told).content.decode()

    assert words in page or "不是有效" in page
    assert not AuditRow.objects.filter(deed="corrected").exists()


def test_an_id_that_wecom_gave_or_another_has_is_not_removed(she):
    follow = make.follow(she)
    page = corrected(she, name="张三丰", wrong=[follow.identity_id])

    assert page.status_code == 200
    assert Identity.objects.filter(pk=follow.identity_id).exists()


def test_whoever_may_not_see_them_corrects_nothing(she):
    assert corrected(she, role="employee", name="李四").status_code == 404
    she.refresh_from_db()
    assert she.name == "张三疯"
