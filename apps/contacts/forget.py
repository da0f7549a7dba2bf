"""A person is erased: from every store that the data map knows.

What is theirs is deleted, and so is whatever else names one of their ids: what WeCom
told of them, what we asked, tables in which they were brought. What the audit wrote of
them can be read by nobody, since their keys are destroyed. Orders stay as amounts that
are nobody's. Whoever was merged into them goes along.

It is one transaction: they are erased everywhere, or nowhere yet. What is still being
worked off about them is waited for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string

from apps.audit.note import note
from apps.common.errors import Refused, TryLater
from apps.common.jobs import Job
from apps.common.lanes import Lane
from apps.contacts.data_map import Store, stores
from apps.contacts.erased import keep_erased
from apps.contacts.follow_models import Follow
from apps.contacts.identities import Id
from apps.contacts.masked import whole_of
from apps.contacts.merge import hold
from apps.contacts.models import Contact, Identity, Merge
from apps.contacts.phones import phones_of
from apps.contacts.rights_models import Erasure
from apps.staff.models import User

SHORTEST = 6  # characters of an id that is sought for in texts
WAIT = timedelta(seconds=10)
Kind = Identity.Kind

STRIP = """
UPDATE events_eventrecord SET facts = facts - '{state,welcome_code}'::text[]
WHERE contact_id = ANY(%s) AND facts ?| '{state,welcome_code}'::text[]
"""


class ErasedAlready(Refused):
    """This person is being erased already."""

    code = "erased_already"


class NamesThePerson(Refused):
    """The reference names the person: it would outlive what is erased."""

    code = "names_the_person"


class StillAtWork(TryLater):
    """Something about this person is still being worked off."""


@dataclass(frozen=True, kw_only=True)
class Traces:
    """By what a person can be found: numbers here, ids, whole phones and e-mails; and
    names, which others may have as well."""

    contacts: tuple[int, ...]
    ids: frozenset[str]
    told: frozenset[Id] = frozenset()
    names: frozenset[str] = frozenset()

    @property
    def sought(self) -> list[str]:
        """Those that are too long to be a part of something else."""
        return sorted(value for value in self.ids if len(value) >= SHORTEST)


@transaction.atomic
def ask_to_erase(
    *, contact: Contact, ground: str, reference: str, by: User, at: datetime
) -> Erasure:
    """It is done by a job. Whoever asked and why is in the audit from now on."""
    Contact.objects.select_for_update().get(pk=contact.pk)
    if Erasure.objects.filter(contact_number=contact.pk).unfinished().exists():
        raise ErasedAlready
    reference = " ".join(reference.split())[:64]
    if names_the_person(reference, traces_of(contact)):
        raise NamesThePerson
    job = Erasure.objects.create(
        lane=Lane.BULK,
        contact_number=contact.pk,
        ground=ground,
        reference=reference,
        by=by,
        asked_at=at,
    )
    note(
        deed="erasure_asked",
        kind=Contact._meta.label_lower,
        number=contact.pk,
        contact_id=contact.pk,
        after={"why": str(job.get_ground_display()), "reference": reference},
        by=by,
        at=at,
    )
    job.ring()
    return job


def names_the_person(words: str, traces: Traces) -> bool:
    digits = re.sub(r"\D", "", words)
    return any(name in words for name in traces.names) or any(
        value in words or value == digits for value in traces.sought
    )


def forget(erasure: Erasure, *, at: datetime | None = None) -> None:
    """Within the transaction of the job that marks it done."""
    at = at or timezone.now()
    contact = Contact.objects.filter(pk=erasure.contact_number).first()
    if contact is None:  # taken back with the table that brought them
        return
    if contact.merged_into_id:
        contact = Contact.objects.get(pk=contact.merged_into_id)
    first = traces_of(contact)
    hold(*first.contacts)
    traces = traces_of(contact)
    counts: dict[str, int] = {}
    for store in reversed(stores()):
        if reached := clear(store, traces):
            counts[store.label] = reached
    keep_erased(traces.told, at=at)
    let_go(traces)
    erasure.numbers, erasure.counts = list(traces.contacts), counts
    Erasure.objects.filter(pk=erasure.pk).update(numbers=erasure.numbers, counts=counts)
    note(
        deed="erased",
        kind=Contact._meta.label_lower,
        number=contact.pk,
        contact_id=contact.pk,
        after={"why": str(erasure.get_ground_display()), "many": sum(counts.values())},
        by=erasure.by,
        at=at,
    )


# --- by what they are found -----------------------------------------------------------


def traces_of(contact: Contact) -> Traces:
    """All of them, also of whoever was merged into this contact."""
    family = Contact.objects.filter(Q(pk=contact.pk) | Q(merged_into=contact))
    numbers = tuple(sorted(family.values_list("pk", flat=True)))
    told = {
        Id(identity.kind, whole_of(identity), identity.system)
        for identity in Identity.objects.filter(contact__in=numbers)
    }
    follows = Follow.objects.filter(identity__contact__in=numbers)
    for follow in follows.exclude(phones_sealed=b""):
        told |= {Id(Kind.PHONE, phone) for phone in phones_of(follow)}
    ids = {value for each in told for value in (each.value, each.plain.value)}
    return Traces(
        contacts=numbers,
        ids=frozenset(ids - {""}),
        told=frozenset(told),
        names=frozenset(name for name in names_of(numbers) if len(name) > 1),
    )


def names_of(numbers: Sequence[int]) -> set[str]:
    """Those that they have, and that a merge let them have no more."""
    names = set(Contact.objects.filter(pk__in=numbers).values_list("name", flat=True))
    for journal in Merge.objects.filter(winner__in=numbers):
        for changed in journal.fields.values():
            names.update(changed.get("name", ()))
    return names


# --- store by store -------------------------------------------------------------------


def clear(store: Store, traces: Traces) -> int:
    """How many rows of it were reached."""
    reached = 0
    if store.by:
        reached += import_string(store.by)(traces)
    elif store.erased == "goes" and store.person not in ("", "pk"):
        way = f"{store.person}__in"
        rows = store.model._base_manager.filter(**{way: traces.contacts})
        reached += rows.delete()[0]
    if store.sought and traces.sought:
        reached += seek(store, traces.sought)
    for column in store.others if traces.sought else ():
        reached += cut_out(store, column, traces.sought)
    for column in store.named if traces.names else ():
        reached += cut_out(store, column, [*traces.sought, *sorted(traces.names)])
    return reached


def seek(store: Store, ids: list[str]) -> int:
    """Delete the rows that name one of the ids, wherever they do."""
    table = connection.ops.quote_name(store.model._meta.db_table)
    columns = map(connection.ops.quote_name, store.sought)
    named = " OR ".join(f"{column}::text LIKE ANY(%(like)s)" for column in columns)
    like = {"like": [f"%{escaped(value)}%" for value in ids]}
    key = connection.ops.quote_name(str(store.model._meta.pk.column))
    idle = ""
    if issubclass(store.model, Job):
        idle = "AND status <> 'calling'"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {key} FROM {table} WHERE {named}", like)
        if not (found := [key for (key,) in cursor.fetchall()]):
            return 0
        cursor.execute(
            f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table}"
            f" WHERE {key} = ANY(%s) {idle} FOR UPDATE SKIP LOCKED)",
            [found],
        )
        if cursor.rowcount < len(found):  # whoever works at it may wait for us
            raise StillAtWork(after=WAIT)
    return len(found)


def cut_out(store: Store, column: str, words: list[str]) -> int:
    """Take these words out of what is about others as well."""
    field: Any = store.model._meta.get_field(column)
    table = connection.ops.quote_name(store.model._meta.db_table)
    name = connection.ops.quote_name(column)
    kept = f"{name}::text"
    for _word in words:
        kept = f"replace({kept}, %s, '')"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {name} = ({kept})::{field.db_type(connection)}"
            f" WHERE {name}::text LIKE ANY(%s)",
            [*words, [f"%{escaped(word)}%" for word in words]],
        )
        return cursor.rowcount


def strip_events(traces: Traces) -> int:
    """By which door somebody came may be theirs alone, and leads back to them."""
    with connection.cursor() as cursor:
        cursor.execute(STRIP, [list(traces.contacts)])
        return cursor.rowcount


def escaped(value: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", value)


def let_go(traces: Traces) -> None:
    """The contacts themselves; what hangs on them goes, or is nobody's, as each model
    says of itself. Whoever was merged into another goes first."""
    family = Contact.objects.filter(pk__in=traces.contacts)
    family.filter(merged_into__isnull=False).delete()
    family.delete()
