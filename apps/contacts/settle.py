"""What a contact's follows say about the contact: owner, standing, first met, search.

The owner is whoever it was decided to be (`CONTACT_OWNERS` in the settings), or else
the employee of the earliest follow that is still open. A contact is in contact with us
while any follow is open; otherwise the last end tells whether they left us or we
dropped them; without any follow they are only in groups. They are served by all who are
connected with them; whom nobody is connected with any more, by the last who was. They
are found by their own name and by every remark our employees gave them.

They are locked before anything is read: what is decided meanwhile is not overwritten.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from apps.common.spelling import grams, spelling
from apps.contacts.models import Contact, Follow

SETTLE = """
WITH told AS (
    SELECT identity.contact_id,
        min(follow.started_at) AS added_at,
        (array_agg(follow.employee_id ORDER BY follow.started_at, follow.id)
            FILTER (WHERE follow.ended_at IS NULL))[1] AS owner_id,
        (array_agg(follow.ended_by
            ORDER BY (follow.ended_at IS NULL) DESC, follow.ended_at DESC,
                follow.id DESC))[1] AS last_ended_by,
        bool_or(follow.ended_at IS NULL) AS in_contact,
        coalesce(
            array_agg(DISTINCT follow.employee_id)
                FILTER (WHERE follow.ended_at IS NULL),
            (array_agg(follow.employee_id
                ORDER BY follow.ended_at DESC, follow.id DESC))[1:1]
        ) AS served_by
    FROM contacts_follow AS follow
    JOIN contacts_identity AS identity ON identity.id = follow.identity_id
    WHERE identity.contact_id = ANY(%(ids)s)
    GROUP BY identity.contact_id
), decided AS ({decided}), settled AS (
    SELECT contact_id, owner_id, added_at, served_by,
        CASE WHEN in_contact THEN 'friend'
            WHEN last_ended_by = 'contact' THEN 'left'
            ELSE 'dropped' END AS standing
    FROM told
)
UPDATE contacts_contact AS contact
SET owner_id = CASE WHEN decided.contact_id IS NOT NULL THEN decided.employee_id
        WHEN settled.contact_id IS NULL THEN contact.owner_id
        ELSE settled.owner_id END,
    standing = coalesce(settled.standing, contact.standing),
    added_at = coalesce(settled.added_at, contact.added_at),
    served_by = coalesce(settled.served_by, contact.served_by),
    spelling = spelled.spelling,
    grams = spelled.grams
FROM (
    SELECT id, spelling, string_to_array(grams, chr(31)) AS grams
    FROM unnest(%(ids)s::bigint[], %(spelled)s::text[], %(grams)s::text[])
        AS told (id, spelling, grams)
) AS spelled
LEFT JOIN settled ON settled.contact_id = spelled.id
LEFT JOIN decided ON decided.contact_id = spelled.id
WHERE contact.id = spelled.id
    AND ((contact.spelling, contact.grams) IS DISTINCT FROM
            (spelled.spelling, spelled.grams)
        OR decided.contact_id IS NOT NULL
        AND contact.owner_id IS DISTINCT FROM decided.employee_id
        OR settled.contact_id IS NOT NULL
        AND (contact.standing, contact.added_at, contact.served_by)
            IS DISTINCT FROM (settled.standing, settled.added_at, settled.served_by)
        OR settled.contact_id IS NOT NULL AND decided.contact_id IS NULL
        AND contact.owner_id IS DISTINCT FROM settled.owner_id)
"""

# What was decided alone: for those of whom nothing else has changed.
OWN = """
WITH decided AS ({decided})
UPDATE contacts_contact AS contact SET owner_id = decided.employee_id
FROM decided
WHERE contact.id = decided.contact_id
    AND contact.owner_id IS DISTINCT FROM decided.employee_id
"""


@transaction.atomic(savepoint=False)
def settle(contact_ids: Iterable[int]) -> None:
    """Write anew what follows decide; rows that say it already are not touched."""
    ids = sorted(set(contact_ids))
    if not ids:
        return
    names: dict[int, list[str]] = defaultdict(list)
    people = Contact.objects.filter(pk__in=ids).select_for_update(no_key=True)
    for pk, name in people.order_by("pk").values_list("pk", "name"):
        names[pk].append(name)
    remarks = Follow.objects.filter(identity__contact__in=ids).exclude(remark="")
    for pk, remark in remarks.values_list("identity__contact", "remark"):
        names[pk].append(remark)
    spelled = [spelling(*names[pk]) for pk in names]
    found_by = ["\x1f".join(grams(*names[pk])) for pk in names]
    parameters: dict[str, Any] = {
        "ids": list(names),
        "spelled": spelled,
        "grams": found_by,
    }
    with connection.cursor() as cursor:
        cursor.execute(SETTLE.format(decided=decided()), parameters)


def settle_owners(contact_ids: Iterable[int]) -> None:
    """It was decided anew whose these contacts are."""
    with connection.cursor() as cursor:
        told = {"ids": sorted(set(contact_ids))}
        cursor.execute(OWN.format(decided=decided()), told)


def decided() -> str:
    """SQL of contacts among `ids`, each with whoever was decided to be the owner."""
    sql: str = import_string(settings.CONTACT_OWNERS)
    return sql
