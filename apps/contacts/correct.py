"""What we hold of a person is corrected: name, company, position, phones and e-mails.

What is corrected stands against WeCom: a later reading of their profile leaves it alone
(`pinned`, as after a merge). Phones that an employee noted in WeCom are corrected
there, and arrive within seconds; so are ids that WeCom gave. What it was before is in
the audit, sealed with the person's own key. Fields of the company's own: attributes.py.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from apps.audit.note import note
from apps.common.errors import Refused
from apps.contacts.emails import plain_email
from apps.contacts.identities import Id, Known, keep_ids
from apps.contacts.masked import whole_of
from apps.contacts.models import Contact, Identity
from apps.contacts.querysets import plain_phone
from apps.contacts.settle import settle
from apps.contacts.statements import PROFILE
from apps.events.models import EventRecord
from apps.staff.models import User

Kind = Identity.Kind
FIELDS = ("name", "corp_name", "position")
DIGITS = range(7, 16)  # of a phone


class NoPhone(Refused):
    """This is not a phone number."""

    code = "no_phone"


class NoEmail(Refused):
    """This is not an e-mail address."""

    code = "no_email"


class NoName(Refused):
    """Somebody without a name cannot be found: write one."""

    code = "no_name"


class NothingToCorrect(Refused):
    """Nothing is other than before."""

    code = "nothing_to_correct"


def correctable(contact: Contact) -> QuerySet[Identity]:
    """Ids that people wrote down, and may have mistaken."""
    ids = contact.identities.filter(kind__in=(Kind.PHONE, Kind.EMAIL))
    return ids.order_by("kind", "pk")


@transaction.atomic
def correct(
    *,
    contact: Contact,
    fields: Mapping[str, str],
    wrong: Collection[int] = (),
    phone: str = "",
    email: str = "",
    by: User,
    at: datetime,
) -> None:
    """`fields` as they shall be, of FIELDS; `wrong` are numbers of ids to be removed;
    a phone or an e-mail is added."""
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    told = added(phone, email)
    before, after = {}, {}
    for name in FIELDS:
        was, shall = getattr(contact, name), " ".join(fields.get(name, "").split())
        if name in fields and was != shall:
            before[name], after[name] = was, shall
    if after.get("name") == "":
        raise NoName
    removed = list(correctable(contact).filter(pk__in=wrong))
    if not (after or removed or told):
        raise NothingToCorrect
    for name, value in after.items():
        setattr(contact, name, value[:255])
    contact.pinned = sorted({*contact.pinned, *(set(after) & set(PROFILE))})
    contact.save(update_fields=[*FIELDS, "pinned"])
    before |= in_words(Id(i.kind, whole_of(i)) for i in removed)
    after |= in_words(told)
    Identity.objects.filter(pk__in=[identity.pk for identity in removed]).delete()
    known = [Known(contact.pk, each) for each in told]
    keep_ids(known, source=EventRecord.Source.PERSON, at=at)
    settle([contact.pk])
    note(
        deed="corrected",
        about=contact,
        contact_id=contact.pk,
        before=before,
        after=after,
        personal={*before, *after},
        by=by,
        at=at,
    )


def added(phone: str, email: str) -> list[Id]:
    found = []
    if phone.strip():
        if len(plain_phone(phone)) not in DIGITS:
            raise NoPhone
        found.append(Id(Kind.PHONE, phone.strip()))
    if email.strip():
        if not plain_email(email):
            raise NoEmail
        found.append(Id(Kind.EMAIL, email.strip()))
    return found


def in_words(ids: Iterable[Id]) -> dict[str, str]:
    """By kind; several after each other."""
    found: dict[str, str] = {}
    for each in ids:
        found[each.kind] = "、".join(filter(None, [found.get(each.kind), each.value]))
    return found
