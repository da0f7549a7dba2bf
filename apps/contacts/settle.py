"""What a contact's follows say about the contact: owner, standing, first met, search.

The owner is the employee of the earliest follow that is still open. A contact is in
contact with us while any follow is open; otherwise the last end tells whether they
left us or we dropped them; without any follow they are only in groups. They are served
by all who are connected with them; whom nobody is connected with any more, by the last
who was. They are found by their own name and by every remark our employees gave them.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction

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
), settled AS (
    SELECT contact_id, owner_id, added_at, served_by,
        CASE WHEN in_contact THEN 'friend'
            WHEN last_ended_by = 'contact' THEN 'left'
            ELSE 'dropped' END AS standing
    FROM told
)
UPDATE contacts_contact AS contact
SET owner_id = CASE WHEN settled.contact_id IS NULL
        THEN contact.owner_id ELSE settled.owner_id END,
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
WHERE contact.id = spelled.id
    AND ((contact.spelling, contact.grams) IS DISTINCT FROM
            (spelled.spelling, spelled.grams)
        OR settled.contact_id IS NOT NULL
        AND (contact.owner_id, contact.standing, contact.added_at, contact.served_by)
            IS DISTINCT FROM (settled.owner_id, settled.standing, settled.added_at,
                settled.served_by))
"""


@transaction.atomic(savepoint=False)
def settle(contact_ids: Iterable[int]) -> None:
    """Write anew what follows decide; rows that say it already are not touched."""
    ids = sorted(set(contact_ids))
    if not ids:
        return
    names: dict[int, list[str]] = defaultdict(list)
    for pk, name in Contact.objects.filter(pk__in=ids).values_list("pk", "name"):
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
        cursor.execute(SETTLE, parameters)
