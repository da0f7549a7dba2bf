"""The keys of data at rest change while everybody works; nothing stays behind."""

import os

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models, transaction

from apps.audit.history import rows_about
from apps.audit.models import ContactKey
from apps.audit.telling import tell
from apps.common.resealing import SealedField, reseal_all, sealed_fields
from apps.common.sealing import CannotUnseal, digests, newest_name, seal
from apps.contacts.identities import Id, Known, holders_of, keep_ids
from apps.contacts.models import Contact, Follow, Identity
from apps.contacts.phones import keep_phones, sealed_phones
from apps.events.models import EventRecord
from apps.imports.models import ImportPart
from apps.wecom.models import AccessToken
from tests import make
from tests.backoffice.attacked import picture_of
from tests.backoffice.running import dumped
from tests.conftest import day

OLD, NEW = (os.urandom(32) for _ in range(2))
PERSON = EventRecord.Source.PERSON
PHONES = [f"1387654{n:04}" for n in range(30)]
MAIL = "geheim@example.com"
# Found by what is asked, or drawn from what is secret already; never sealed.
NO_SECRETS = {
    *("audit.AuditRow.sealed", "common.KeptAnswer.body_digest"),
    *("contacts.Identity.digest", "contacts.Identity.tail_digest"),
    *("contacts.Follow.phones_digest", "orders.Order.lines_digest"),
    *(
        "clients.Key.digest",
        "miniprogram.Token.digest",
        "referrals.Trace.digest",  # of another campaign by then
        "wecom.Seen.digest",
        "wecom.AccessToken.credential",
        "imports.Import.digest",
        "contacts.Erased.digest",
        *("rules.KeptSet.members", "rules.Sheet.contacts"),  # numbers
        "wecom.Media.content",  # what we send to everybody
        "wecom.Media.digest",
        *("posters.Background.jpeg", "posters.Background.digest"),
        *("posters.Avatar.jpeg", "posters.DrawnPoster.jpeg"),
        "posters.DrawnPoster.fingerprint",
    ),
}


@pytest.fixture
def under_old(settings):
    """Rows of every kind that is sealed."""
    settings.SCRM_DATA_KEYS = [OLD]
    for number, phone in enumerate(PHONES):
        contact = make.contact(f"客户{number}")
        sealed, digest = sealed_phones([phone])
        make.follow(contact, phones_sealed=sealed, phones_digest=digest)
        keep(contact, Id("phone", phone), Id("email", f"{number}{MAIL}"))
    facts = {"after": {"phone": PHONES[0]}, "personal": ["phone"]}
    first = Contact.objects.earliest("pk")
    make.audited("changed", about=first, contact_id=first.pk, **facts)
    make.imported(make.user())
    make.exported(make.user())
    picture_of(make.note(first))
    make.won()
    make.campaign(kind="points_draw")

    AccessToken.objects.update_or_create(
        app="app", defaults={"sealed": seal("token"), "credential": b""}
    )


def keep(contact: Contact, *ids: Id) -> None:
    with transaction.atomic():
        keep_ids([Known(contact.pk, each) for each in ids], source=PERSON, at=day(1))


def rotate(*, told=lambda *_how_far: None) -> None:
    assert reseal_all(told=told) == 0


def test_every_field_of_bytes_is_known():
    """A new one is sealed, and changes its key with the others, or holds no secret."""
    unknown = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model.__module__.startswith("apps.")
        for field in model._meta.local_fields
        if isinstance(field, models.BinaryField) and not isinstance(field, SealedField)
    }

    assert unknown <= NO_SECRETS, unknown - NO_SECRETS


@pytest.mark.django_db(transaction=True)
class TestRotation:
    def test_leaves_nothing_under_the_old_key_nor_in_plain(self, under_old, settings):
        for model, names in sealed_fields().items():
            assert model._base_manager.exclude(**{names[0]: b""}).exists(), model
        old_name = newest_name().hex()
        old_digests = [digests("phone", phone)[0].hex() for phone in PHONES]
        before = dumped()
        assert old_name in before and old_digests[0] in before

        settings.SCRM_DATA_KEYS = [NEW, OLD]
        call_command("rotate_keys")
        settings.SCRM_DATA_KEYS = [NEW]

        dump = dumped()
        assert f"\\\\x{old_name}" not in dump
        assert [digest for digest in old_digests if digest in dump] == []
        assert [phone for phone in PHONES if phone in dump] == []
        assert MAIL not in dump
        for number, phone in enumerate(PHONES):
            assert Contact.objects.called(phone).get().name == f"客户{number}"
            assert Contact.objects.called(phone[-4:]).get().name == f"客户{number}"
        [told] = tell(rows_about(Contact.objects.earliest("pk")))
        assert told.changes[-1].after == "138 **** 0000"
        assert ImportPart.objects.get().rows[0][1] == ["客户0", "13800000000"]
        follow = Follow.objects.earliest("pk")
        assert follow.phones_digest == sealed_phones([PHONES[0]])[1]


@pytest.mark.django_db
class TestMeanwhile:
    def test_what_is_under_either_key_is_found(self, under_old, settings):
        settings.SCRM_DATA_KEYS = [NEW, OLD]

        assert Contact.objects.called(PHONES[3]).get().name == "客户3"
        assert Contact.objects.called(PHONES[3][-4:]).get().name == "客户3"
        asked = [Id("phone", PHONES[4]), Id("email", f"5{MAIL}")]
        found = Contact.objects.in_bulk(holders_of(asked).values())
        assert {contact.name for contact in found.values()} == {"客户4", "客户5"}

    def test_what_is_told_again_is_not_kept_twice(self, under_old, settings):
        settings.SCRM_DATA_KEYS = [NEW, OLD]
        contact = Contact.objects.called(PHONES[6]).get()
        many = Identity.objects.count()

        keep(contact, Id("phone", PHONES[6]), Id("email", f"6{MAIL}"))
        keep_phones([contact.pk], source=PERSON, at=day(2))

        assert Identity.objects.count() == many

    def test_whoever_breaks_off_goes_on_from_there(self, under_old, settings):
        settings.SCRM_DATA_KEYS = [NEW, OLD]

        class Killed(Exception):
            pass

        def dies(model, done, total):
            if model is Identity:
                raise Killed

        with pytest.raises(Killed):
            rotate(told=dies)
        later = make.contact("später")
        keep(later, Id("phone", "13999990000"))
        rotate()
        settings.SCRM_DATA_KEYS = [NEW]

        assert Contact.objects.called("13999990000").get() == later
        assert Contact.objects.called(PHONES[29]).get().name == "客户29"

    def test_without_a_rotation_the_old_key_is_needed(self, under_old, settings):
        settings.SCRM_DATA_KEYS = [NEW]

        with pytest.raises(CannotUnseal):
            reseal_all(told=lambda *_how_far: None)
        assert ContactKey.objects.exists()
