"""Somebody signs in from the mini-program, and gives their phone.

Who it is says WeChat alone, by the code: an id that a visitor sends is none. Somebody
whom nobody knows becomes a contact; by a union id or a phone that somebody else has
they may turn out to be that person (contacts/identities.py).
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.note import note
from apps.audit.telling import DEEDS
from apps.contacts.identities import Id, Known, keep_ids
from apps.contacts.models import Contact, Identity
from apps.contacts.recognise import Person, recognise
from apps.events.models import EventRecord
from apps.miniprogram.tokens import Pair, open_session
from apps.miniprogram.wechat import phone_of, who_came

DEEDS.update({"phone_bound": _("bound their phone in the mini-program")})
SOURCE = EventRecord.Source.CLIENT
Kind = Identity.Kind


def sign_in(*, code: str, at: datetime) -> Pair:
    """WeChat is asked first, and no transaction waits for it."""
    came = who_came(code)
    ids = [Id(Kind.UNION, came.unionid)] if came.unionid else []
    ids.append(Id(Kind.OPEN, came.openid, settings.MINIPROGRAM_APP_ID))
    with transaction.atomic():
        [number] = recognise([Person(ids=tuple(ids))], source=SOURCE, at=at)
        return open_session(Contact.objects.get(pk=number), at=at)


def bind_phone(contact: Contact, *, code: str, at: datetime) -> str:
    """Their phone, proven by WeChat. Whose it was before may be the same person."""
    phone = phone_of(code)
    with transaction.atomic():
        told = Known(contact.pk, Id(Kind.PHONE, phone), verified=True)
        keep_ids([told], source=SOURCE, at=at)
        note(
            deed="phone_bound",
            by=None,
            at=at,
            about=contact,
            contact_id=contact.pk,
            after={"phone": phone},
            personal=["phone"],
        )
    return phone
