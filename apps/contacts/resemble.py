"""Who may be the same person: the same phone, the same or almost the same e-mail, the
same name in the same company or the same city.

Nobody is compared with everybody. Contacts that share a sign stand in a block, and only
pairs within a block are looked at; a sign that more than five share (a switchboard, a
placeholder) says nothing about any of them. WeCom knows no cities: a field of the
company's own says them, if one is marked so, and of a name that hundreds have no city
is read. Whoever changed is compared with their
blocks within a minute; at night a walk through all begins, a step a minute.

What once spoke for a pair and does no more takes its proposal away, unless a person
has decided about it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import batched, combinations
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Max, Q

from apps.contacts.merge_models import Sign
from apps.contacts.models import Attribute, Contact, Proposal, Walk
from apps.contacts.proposals import Alike, propose

Pair = tuple[int, int]

SHARED_BY = 5  # contacts that may share a sign, at most
COMMON = 200  # contacts of one name whose cities are looked at, at most
AT_ONCE = 500  # contacts that changed
STEP = 20_000  # contacts of the nightly walk
BATCH = 5_000  # pairs kept by one statement
# Told once, by whoever kept the id (identities.py) or by a person: no search finds them
# again.
TOLD_ONCE = {
    *(Sign.UNION, Sign.EXTERNAL, Sign.OPEN, Sign.OTHER, Sign.PHONE_VERIFIED),
    Sign.CHOSEN,
}
WEAKER: dict[str, set[str]] = {
    Sign.EMAIL: {Sign.EMAIL_NEAR},
    Sign.COMPANY: {Sign.CITY, Sign.NAME},
    Sign.CITY: {Sign.NAME},
    Sign.PHONE_VERIFIED: {Sign.PHONE},
}

# Taken at once, so that nobody who tells of a change has to wait for a comparison. If
# we die over it, the night finds them.
TAKE = """
DELETE FROM contacts_uncompared WHERE id IN (
    SELECT id FROM contacts_uncompared ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
) RETURNING contact_id
"""

# Of a block that is too large no more is read than shows that it is.
BY_DIGEST = """
SELECT array_agg(DISTINCT found.contact_id)
FROM (
    SELECT DISTINCT identity.{digest} AS digest FROM contacts_identity AS identity
    WHERE {mine} AND identity.kind = %(kind)s AND identity.{digest} <> ''
) AS mine
CROSS JOIN LATERAL (
    SELECT other.contact_id
    FROM contacts_identity AS other
    JOIN contacts_contact AS contact ON contact.id = other.contact_id
    WHERE other.{digest} = mine.digest AND other.{digest} <> ''
        AND other.kind = %(kind)s AND contact.merged_into_id IS NULL
    LIMIT 4 * %(most)s
) AS found
GROUP BY mine.digest
HAVING count(DISTINCT found.contact_id) BETWEEN 2 AND %(most)s
"""

# Names in companies: their own and those in remarks.
NAMED = """
    SELECT contact.id AS contact_id, contact.name, contact.corp_name AS company
    FROM contacts_contact AS contact
    WHERE contact.corp_name <> '' AND {of_contact}
    UNION
    SELECT identity.contact_id, follow.remark, follow.remark_corp_name
    FROM contacts_follow AS follow
    JOIN contacts_identity AS identity ON identity.id = follow.identity_id
    WHERE follow.remark_corp_name <> '' AND {of_remark}
    UNION
    SELECT contact.id, contact.name, follow.remark_corp_name
    FROM contacts_follow AS follow
    JOIN contacts_identity AS identity ON identity.id = follow.identity_id
    JOIN contacts_contact AS contact ON contact.id = identity.contact_id
    WHERE follow.remark_corp_name <> '' AND {of_both}
"""
LIKE_MINE = NAMED.format(
    of_contact="(contact.corp_name, contact.name) IN (SELECT company, name FROM mine)",
    of_remark="(follow.remark_corp_name, follow.remark) IN"
    " (SELECT company, name FROM mine)",
    of_both="(follow.remark_corp_name, contact.name) IN"
    " (SELECT company, name FROM mine)",
)
BY_COMPANY = f"""
WITH mine AS MATERIALIZED ({{mine}}), named AS MATERIALIZED ({LIKE_MINE})
SELECT array_agg(DISTINCT named.contact_id)
FROM named
JOIN contacts_contact AS contact ON contact.id = named.contact_id
WHERE char_length(named.name) > 1 AND named.name <> named.company
    AND contact.merged_into_id IS NULL
GROUP BY named.name, named.company
HAVING count(DISTINCT named.contact_id) BETWEEN 2 AND %(most)s
"""

# 上海 and 上海市 are one city. Of a name that is common no more is read than shows it.
BY_CITY = """
WITH mine AS MATERIALIZED (
    SELECT DISTINCT contact.name
    FROM contacts_attributevalue AS value
    JOIN contacts_contact AS contact ON contact.id = value.contact_id
    WHERE {mine} AND value.attribute_id = ANY(%(cities)s)
        AND char_length(contact.name) > 1 AND contact.merged_into_id IS NULL
), named AS MATERIALIZED (
    SELECT mine.name, other.id, count(*) OVER (PARTITION BY mine.name) AS many
    FROM mine
    CROSS JOIN LATERAL (
        SELECT contact.id FROM contacts_contact AS contact
        WHERE contact.name = mine.name AND contact.name <> ''
            AND contact.merged_into_id IS NULL
        LIMIT %(common)s + 1
    ) AS other
), lives AS (
    SELECT named.name, named.id, regexp_replace(lower(btrim(normalize(
        coalesce(nullif(value.text, ''), choice.name), NFKC))), '市$', '') AS city
    FROM named
    JOIN contacts_attributevalue AS value ON value.contact_id = named.id
    LEFT JOIN contacts_attributechoice AS choice ON choice.id = value.choice_id
    WHERE named.many BETWEEN 2 AND %(common)s
        AND value.attribute_id = ANY(%(cities)s)
)
SELECT array_agg(DISTINCT id)
FROM lives
WHERE city <> ''
GROUP BY name, city
HAVING count(DISTINCT id) BETWEEN 2 AND %(most)s
"""

DIGESTS = (
    (Sign.PHONE, "phone", "digest"),
    (Sign.EMAIL, "email", "digest"),
    (Sign.EMAIL_NEAR, "email", "tail_digest"),
)


def compare_those_who_changed(*, at: datetime) -> int:
    """How many there were; the rest waits for the next time."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [AT_ONCE])
        ids = [contact_id for (contact_id,) in cursor.fetchall()]
    if ids:
        found = alike(ids)
        propose(found, at=at)
        take_away(found, among=Q(low__in=ids) | Q(high__in=ids), at=at)
    return len(ids)


def start_walk(*, at: datetime) -> None:
    """From the first contact to the last that there is now."""
    last = Contact.objects.aggregate(last=Max("pk"))["last"] or 0
    Walk.objects.update_or_create(
        pk=1, defaults={"after": 0, "last": last, "began_at": at}
    )


@transaction.atomic
def walk_on(*, at: datetime, step: int = STEP) -> bool:
    """A step of the walk; answers whether there was one to take."""
    rows = Walk.objects.select_for_update(skip_locked=True)
    walk = rows.filter(after__lt=F("last")).first()
    if walk is None:
        return False
    until = min(walk.after + step, walk.last)
    found = alike(range(walk.after + 1, until + 1))
    propose(found, at=at)
    take_away(found, among=Q(low__gt=walk.after, low__lte=until), at=at)
    walk.after = until
    walk.save(update_fields=["after"])
    return True


def alike(ids: Sequence[int]) -> list[Alike]:
    """The pairs that share a sign and have one of these in it; of a range of numbers
    the lower, so that a walk meets each pair once."""
    signs: dict[Pair, set[str]] = defaultdict(set)
    walks, mine = isinstance(ids, range), set(ids)
    for sign, members in blocks(ids):
        for pair in combinations(sorted(members), 2):
            if pair[0] in mine or (pair[1] in mine and not walks):
                signs[pair].add(sign)
    for some in batched(list(signs), BATCH):
        for pair, more in what_else(some).items():
            signs[pair] |= more
    return [
        Alike.of(*pair, reasons=without_the_weaker(reasons))
        for pair, reasons in signs.items()
    ]


def blocks(ids: Sequence[int]) -> Iterator[tuple[str, list[int]]]:
    among = "{} = ANY(%(ids)s)"
    parameters: dict[str, Any] = {"ids": list(ids), "most": SHARED_BY}
    if isinstance(ids, range):
        among = "{} BETWEEN %(first)s AND %(last)s"
        parameters = {"first": ids.start, "last": ids.stop - 1, "most": SHARED_BY}
    by_identity = among.format("identity.contact_id")
    mine = NAMED.format(
        of_contact=among.format("contact.id"),
        of_remark=by_identity,
        of_both=by_identity,
    )
    with connection.cursor() as cursor:
        for sign, kind, digest in DIGESTS:
            statement = BY_DIGEST.format(digest=digest, mine=by_identity)
            cursor.execute(statement, {**parameters, "kind": kind})
            yield from ((sign, members) for (members,) in cursor.fetchall())
        cursor.execute(BY_COMPANY.format(mine=mine), parameters)
        yield from ((Sign.COMPANY, members) for (members,) in cursor.fetchall())
        saying = Attribute.objects.in_use().filter(tells_city=True)
        if cities := list(saying.values_list("pk", flat=True)):
            more: dict[str, Any] = {"cities": cities, "common": COMMON}
            statement = BY_CITY.format(mine=among.format("contact.id"))
            cursor.execute(statement, {**parameters, **more})
            yield from ((Sign.CITY, members) for (members,) in cursor.fetchall())


def without_the_weaker(reasons: set[str]) -> set[str]:
    """One fact is not counted twice."""
    return reasons.difference(*(WEAKER[r] for r in reasons if r in WEAKER))


def what_else(pairs: Collection[Pair]) -> Mapping[Pair, set[str]]:
    """An equal name supports what was found; what was told once still holds."""
    more: dict[Pair, set[str]] = defaultdict(set)
    ids = {pk for pair in pairs for pk in pair}
    names = dict(Contact.objects.filter(pk__in=ids).values_list("pk", "name"))
    for low, high in pairs:
        if names[low] == names[high] and len(names[low]) > 1:
            more[low, high].add(Sign.NAME)
    before = Proposal.objects.filter(low__in=ids, reasons__overlap=list(TOLD_ONCE))
    told = before.values_list("low_id", "high_id", "reasons")
    for low, high, reasons in told.order_by():
        more[low, high] |= TOLD_ONCE.intersection(reasons)
    return {pair: more[pair] for pair in pairs if pair in more}


def take_away(found: Iterable[Alike], *, among: Q, at: datetime) -> None:
    """Proposals for which nothing speaks any more."""
    still = {(pair.low, pair.high) for pair in found}
    asked = Proposal.objects.filter(among, status=Proposal.Status.OPEN, certain=False)
    asked = asked.exclude(reasons__overlap=list(TOLD_ONCE)).order_by()
    gone = [
        pk
        for pk, low, high in asked.values_list("pk", "low_id", "high_id").iterator()
        if (low, high) not in still
    ]
    for some in batched(gone, BATCH):
        Proposal.objects.filter(pk__in=some, status=Proposal.Status.OPEN).update(
            status=Proposal.Status.GONE, decided_at=at
        )
