"""Where features of a contact come from: a statement each, of rows before a moment.

What has no date (an amount that may be changed at any time, an owner) is no feature,
and what was changed later is unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.contacts.models import Attribute

LATELY = "%(at)s - interval '90 days'"

type Words = dict[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A statement that tells columns of contacts, %(who)s, from rows before %(at)s."""

    sql: str
    numbers: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    held: dict[str, Any] = field(default_factory=dict)


def ago(moment: str) -> str:
    """Days until the moment that is asked about."""
    return f"extract(epoch FROM %(at)s - {moment}) / 86400.0"


def since(span: int, moment: str) -> str:
    return f"count(*) FILTER (WHERE {moment} >= %(at)s - interval '{span} days')"


CONTACT = Source(
    sql=f"""
SELECT id AS contact_id, {ago("added_at")} AS known_for, gender::text AS gender,
    kind::text AS kind,
    CASE WHEN corp_name <> '' THEN 'yes' ELSE 'no' END AS has_company
FROM contacts_contact WHERE id = ANY(%(who)s) AND added_at < %(at)s
""",
    numbers=("known_for",),
    choices=("gender", "kind", "has_company"),
)
FOLLOWS = Source(
    sql=f"""
SELECT identity.contact_id, count(*) AS follows,
    count(*) FILTER (WHERE row.ended_at IS NULL OR row.ended_at >= %(at)s) AS friends,
    count(*) FILTER (
        WHERE row.ended_at < %(at)s AND row.ended_by = 'contact') AS leaves,
    {ago("max(row.started_at)")} AS met,
    (array_agg(row.add_way ORDER BY row.started_at, row.id))[1]::text AS came_by
FROM contacts_follow AS row
JOIN contacts_identity AS identity ON identity.id = row.identity_id
WHERE identity.contact_id = ANY(%(who)s) AND row.started_at < %(at)s GROUP BY 1
""",
    numbers=("follows", "friends", "leaves", "met"),
    choices=("came_by",),
)
ENTRIES = Source(
    sql="""
SELECT row.contact_id, count(*) AS entries,
    (array_agg(row.channel_id ORDER BY row.at, row.id))[1]::text AS channel
FROM channels_entry AS row
WHERE row.contact_id = ANY(%(who)s) AND row.at < %(at)s GROUP BY 1
""",
    numbers=("entries",),
    choices=("channel",),
)
STAYS = Source(
    sql="""
SELECT identity.contact_id, count(*) AS groups,
    count(*) FILTER (WHERE row.left_at IS NULL OR row.left_at >= %(at)s) AS in_groups
FROM groups_stay AS row
JOIN contacts_identity AS identity ON identity.id = row.identity_id
WHERE identity.contact_id = ANY(%(who)s) AND row.joined_at < %(at)s GROUP BY 1
""",
    numbers=("groups", "in_groups"),
)
ORDERS = Source(
    sql=f"""
SELECT row.contact_id, count(*) AS orders, {ago("max(row.paid_at)")} AS last_order,
    {ago("min(row.paid_at)")} AS first_order,
    sum(row.amount - CASE WHEN row.refunded_at < %(at)s THEN row.refunded_amount
        ELSE 0 END) / 100.0 AS spent,
    avg(CASE WHEN row.discount > 0 THEN 1.0 ELSE 0.0 END) AS discounted
FROM orders_order AS row
WHERE row.contact_id = ANY(%(who)s) AND row.paid_at < %(at)s
    AND NOT (row.status = 'refunded' AND coalesce(row.refunded_at < %(at)s, TRUE))
GROUP BY 1
""",
    numbers=("orders", "last_order", "first_order", "spent", "discounted"),
)
UNPAID = Source(
    sql="""
SELECT row.contact_id, count(*) AS unpaid FROM orders_order AS row
WHERE row.contact_id = ANY(%(who)s) AND row.placed_at < %(at)s
    AND row.placed_at >= %(at)s - interval '30 days'
    AND (row.paid_at IS NULL OR row.paid_at >= %(at)s) GROUP BY 1
""",
    numbers=("unpaid",),
)
NOTES = Source(
    sql=f"""
SELECT row.contact_id, count(*) AS notes, {since(30, "row.written_at")} AS new_notes,
    {ago("max(row.written_at)")} AS last_note
FROM followups_note AS row
WHERE row.contact_id = ANY(%(who)s) AND row.written_at < %(at)s GROUP BY 1
""",
    numbers=("notes", "new_notes", "last_note"),
)
TASKS = Source(
    sql="""
SELECT row.contact_id,
    count(*) FILTER (WHERE row.done_at < %(at)s AND NOT row.dropped) AS steps_done,
    count(*) FILTER (WHERE row.done_at IS NULL OR row.done_at >= %(at)s) AS steps_open,
    count(*) FILTER (WHERE row.due_at < %(at)s AND (row.done_at IS NULL
        OR row.done_at >= row.due_at)) AS steps_late
FROM followups_task AS row
WHERE row.contact_id = ANY(%(who)s) AND row.made_at < %(at)s GROUP BY 1
""",
    numbers=("steps_done", "steps_open", "steps_late"),
)
LEAD = Source(
    sql=f"""
SELECT DISTINCT ON (row.contact_id) row.contact_id,
    {ago("row.opened_at")} AS lead_age, (
        SELECT told.facts ->> 'stage_id' FROM events_eventrecord AS told
        WHERE told.contact_id = row.contact_id AND told.at < %(at)s
            AND told.kind IN ('LeadOpened', 'StageChanged')
            AND (told.facts ->> 'lead_id')::bigint = row.id
        ORDER BY told.at DESC, told.id DESC LIMIT 1
    ) AS stage
FROM followups_lead AS row
WHERE row.contact_id = ANY(%(who)s) AND row.opened_at < %(at)s
    AND (row.closed_at IS NULL OR row.closed_at >= %(at)s) AND NOT row.folded
ORDER BY row.contact_id, row.opened_at DESC
""",
    numbers=("lead_age",),
    choices=("stage",),
)
STANDING = (
    *(CONTACT, FOLLOWS, ENTRIES, STAYS, ORDERS, UNPAID),
    *(NOTES, TASKS, LEAD),
)


def behaviour(kinds: Sequence[str]) -> Source:
    parts, held = [], {}
    for number, kind in enumerate(kinds):
        parts.append(f", count(*) FILTER (WHERE row.kind = %(k{number})s) AS k{number}")
        held[f"k{number}"] = kind
    return Source(
        sql=f"""
SELECT row.contact_id, count(*) AS acts, {since(7, "row.at")} AS acts_7,
    {since(30, "row.at")} AS acts_30, {ago("max(row.at)")} AS last_act{"".join(parts)}
FROM behaviour_behaviour AS row
WHERE row.contact_id = ANY(%(who)s) AND row.at < %(at)s AND row.at >= {LATELY}
GROUP BY 1
""",
        numbers=("acts", "acts_7", "acts_30", "last_act", *held),
        held=held,
    )


def tags(numbers: Sequence[str]) -> Source:
    parts, held = [], {}
    for place, number in enumerate(numbers):
        parts.append(
            f", max(CASE WHEN row.tag_id = %(t{place})s THEN 1 ELSE 0 END) AS t{place}"
        )
        held[f"t{place}"] = int(number)
    return Source(
        sql=f"""
SELECT row.contact_id, count(DISTINCT row.tag_id) AS tags{"".join(parts)}
FROM tags_tagging AS row
WHERE row.contact_id = ANY(%(who)s) AND row.at < %(at)s GROUP BY 1
""",
        numbers=("tags", *held),
        held=held,
    )


def attributes(numbers: Sequence[str]) -> Source:
    """A number, an amount or a day is a number; a choice is one of several."""
    fields = Attribute.objects.in_bulk([int(number) for number in numbers])
    told: dict[str, list[str]] = {"numbers": [], "choices": []}
    parts, held = [], {}
    for place, number in enumerate(numbers):
        if (row := fields.get(int(number))) is None:
            continue
        name = f"a{place}"
        kind = "choices" if row.type in CHOICES else "numbers"
        told[kind].append(name)
        value = CHOICES[row.type] if row.type in CHOICES else NUMBERS[row.type]
        parts.append(
            f", max({value}) FILTER (WHERE row.attribute_id = %({name})s) AS {name}"
        )
        held[name] = row.pk
    return Source(
        sql=f"""
SELECT row.contact_id{"".join(parts)} FROM contacts_attributevalue AS row
WHERE row.contact_id = ANY(%(who)s) AND row.at < %(at)s GROUP BY 1
""",
        numbers=tuple(told["numbers"]),
        choices=tuple(told["choices"]),
        held=held,
    )


NUMBERS: dict[str, str] = {
    Attribute.Type.NUMBER: "row.number",
    Attribute.Type.MONEY: "row.fen / 100.0",
    Attribute.Type.DATE: "%(at)s::date - row.day",
}
CHOICES: dict[str, str] = {
    Attribute.Type.CHOICE: "row.choice_id::text",
    Attribute.Type.YES_NO: "row.yes::text",
}


def sources_of(words: Words) -> list[Source]:
    found = [*STANDING, behaviour(words.get("kinds", []))]
    if words.get("tags"):
        found.append(tags(words["tags"]))
    if words.get("attributes"):
        found.append(attributes(words["attributes"]))
    return found
