"""Whom we have erased is not brought back by what is told of the time before.

WeCom goes on listing a person whom we have erased, as a friend and in groups, and a
shop tells its old orders again. So that nothing fills in again what was erased, a
digest of each of their ids is kept, with the moment. What began before it is passed
over; whoever adds us anew, joins a group anew or buys anew is a new contact.

The ids of WeCom are long and drawn by lot: a plain digest gives nothing away, and
unlike a keyed one it outlives every change of our keys. All others might be guessed:
their digests are keyed, with the name of the key in front, and go with the key.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from apps.common.sealing import named_digests
from apps.contacts.rights_models import Erased

if TYPE_CHECKING:
    from apps.contacts.identities import Id
    from apps.contacts.recognise import Person

DRAWN_BY_LOT = ("external", "union", "open")
SHARED = ("phone", "email")  # by several of a household


def digest_of(external_id: str) -> bytes:
    return hashlib.sha256(b"erased\0" + external_id.encode()).digest()


def digests_of(told: "Id") -> list[bytes]:
    """What an id may be kept as; the first is what it is kept as now."""
    plain = told.plain
    if plain.kind in DRAWN_BY_LOT:
        return [digest_of(plain.value)]
    return named_digests("erased", "\0".join(plain))


def keep_erased(ids: Iterable["Id"], *, at: datetime) -> None:
    Erased.objects.bulk_create(
        [Erased(digest=digest, at=at) for digest in {digests_of(i)[0] for i in ids}],
        update_conflicts=True,
        unique_fields=["digest"],
        update_fields=["at"],
    )


def erased_among(external_ids: Iterable[str]) -> dict[str, datetime]:
    """When each of these was erased; without those who never were."""
    ids = {digest_of(value): value for value in external_ids if value}
    return {ids[digest]: at for digest, at in found(ids)}


def found(digests: Iterable[bytes]) -> list[tuple[bytes, datetime]]:
    asked = list(digests)
    if not asked:
        return []
    rows = Erased.objects.filter(digest__in=asked).values_list("digest", "at")
    return [(bytes(digest), at) for digest, at in rows]


def told_of_the_living(
    rows: Iterable[Any],
    *,
    who: Callable[[Any], str],
    began_at: Callable[[Any], datetime],
) -> list[Any]:
    """The rows without what began before the person was erased."""
    rows = list(rows)
    erased = erased_among(map(who, rows))
    if not erased:
        return rows
    return [row for row in rows if not is_over(erased.get(who(row)), began_at(row))]


def is_over(erased_at: datetime | None, began_at: datetime) -> bool:
    return erased_at is not None and began_at <= erased_at


def strangers_again(external_ids: Iterable[str]) -> set[str]:
    """Those who were erased and have not come again: nothing is heard of them."""
    from apps.contacts.models import Identity  # which needs rights_models

    erased = erased_among(external_ids)
    if not erased:
        return set()
    back = Identity.objects.external().filter(value__in=erased)
    return set(erased) - set(back.values_list("value", flat=True))


def of_the_erased(told: Sequence[tuple["Person", datetime]]) -> list[bool]:
    """Of each person that another system tells of, and the moment it tells of: was
    this somebody whom we have erased since? Whoever is known by another id, and shares
    but a phone with the erased, is not."""
    from apps.contacts.identities import holders_of  # which needs the models

    by_digest = {
        digest: told_id
        for person, _at in told
        if person.contact_id is None
        for told_id in person.plain_ids
        for digest in digests_of(told_id)
    }
    erased = {by_digest[digest]: at for digest, at in found(by_digest)}
    if not erased:
        return [False] * len(told)
    holders = holders_of({i for person, _at in told for i in person.plain_ids})

    def is_erased(person: "Person", at: datetime) -> bool:
        ids = person.plain_ids
        over = [i for i in ids if is_over(erased.get(i), at)]
        if person.contact_id is not None or not over:
            return False
        alone = any(i.kind not in SHARED for i in over)
        return alone or not any(i in holders for i in ids)

    return [is_erased(person, at) for person, at in told]
