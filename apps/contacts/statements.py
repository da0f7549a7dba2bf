"""The set-based statements behind follow.py, over the rows laid out in told_follow.

Each touches only rows that differ. `latest` is the youngest spell of a pair, which is
the one that WeCom's profile and details describe.
"""

# Pairs we have never heard of: the ordinary case of a first pull, and of an add.
START_FRESH = """
INSERT INTO contacts_follow (identity_id, employee_id, started_at, start_known,
    confirmed_at, end_known, ended_by, state, add_way, added_by, remark, description,
    remark_corp_name, phones_sealed, phones_digest, read_at)
SELECT identity_id, employee_id, began_at, true,
    CASE WHEN confirmed THEN began_at END, true, '', state, add_way, added_by, remark,
    description, remark_corp_name, phones_sealed, phones_digest, read_at
FROM told_follow AS told
WHERE NOT EXISTS (
    SELECT FROM contacts_follow AS follow
    WHERE follow.identity_id = told.identity_id
        AND follow.employee_id = told.employee_id
)
ORDER BY identity_id, employee_id
ON CONFLICT DO NOTHING
RETURNING id, identity_id, employee_id
"""

LATEST = """
SELECT DISTINCT ON (follow.identity_id, follow.employee_id) follow.id
FROM told_follow AS told
JOIN contacts_follow AS follow ON follow.identity_id = told.identity_id
    AND follow.employee_id = told.employee_id
ORDER BY follow.identity_id, follow.employee_id, follow.started_at DESC, follow.id DESC
"""

LATEST_OF_EACH = """
SELECT DISTINCT ON (follow.identity_id, follow.employee_id)
    identity.value, follow.employee_id, follow.id, identity.contact_id
FROM told_follow AS told
JOIN contacts_identity AS identity ON identity.id = told.identity_id
JOIN contacts_follow AS follow ON follow.identity_id = told.identity_id
    AND follow.employee_id = told.employee_id
ORDER BY follow.identity_id, follow.employee_id, follow.started_at DESC, follow.id DESC
"""

# Pairs whose spells this news may change. What is left out tells nothing new: an open
# spell with the same beginning, or a contact who left us and is listed all the same.
TANGLED = f"""
SELECT told.identity_id, told.employee_id
FROM told_follow AS told
JOIN contacts_follow AS follow ON follow.identity_id = told.identity_id
    AND follow.employee_id = told.employee_id
WHERE follow.id IN ({LATEST})
    AND NOT (
        follow.ended_at IS NULL
        AND follow.confirmed_at IS NOT NULL
        AND told.began_at <= follow.confirmed_at + interval '5 seconds'
        AND (told.read_at IS NOT NULL OR told.began_at >= follow.started_at)
    )
    AND NOT (
        told.read_at IS NOT NULL
        AND follow.ended_at IS NOT NULL
        AND follow.ended_by = 'contact'
        AND told.began_at <= follow.ended_at
    )
"""

KEEP_DETAILS = f"""
UPDATE contacts_follow AS follow
SET remark = told.remark,
    description = told.description,
    remark_corp_name = told.remark_corp_name,
    phones_sealed = CASE WHEN told.phones_digest = before.phones_digest
        THEN before.phones_sealed ELSE told.phones_sealed END,
    phones_digest = told.phones_digest,
    add_way = told.add_way,
    added_by = told.added_by,
    read_at = told.read_at
FROM told_follow AS told
JOIN contacts_follow AS before ON before.identity_id = told.identity_id
    AND before.employee_id = told.employee_id
WHERE follow.id = before.id
    AND before.id IN ({LATEST})
    AND told.told_details
    AND coalesce(before.read_at <= told.read_at, true)
    AND (before.remark, before.description, before.remark_corp_name,
            before.phones_digest, before.add_way, before.added_by)
        IS DISTINCT FROM
        (told.remark, told.description, told.remark_corp_name,
            told.phones_digest, told.add_way, told.added_by)
RETURNING told.contact_id, before.phones_digest <> told.phones_digest
"""

KEEP_STATES = f"""
UPDATE contacts_follow AS follow
SET state = told.state
FROM told_follow AS told
WHERE follow.identity_id = told.identity_id
    AND follow.employee_id = told.employee_id
    AND follow.id IN ({LATEST})
    AND told.state <> ''
    AND follow.state <> told.state
    AND told.began_at BETWEEN follow.started_at - interval '5 seconds'
        AND coalesce(follow.confirmed_at, follow.started_at) + interval '5 seconds'
RETURNING follow.id, told.contact_id, follow.employee_id, follow.state,
    follow.started_at
"""

# What a merge pinned stays as it was chosen.
PROFILE = ("name", "kind", "gender", "avatar", "position", "corp_name")
TOLD = ",\n    ".join(
    f"{name} = CASE WHEN '{name}' = ANY(contact.pinned)"
    f" THEN contact.{name} ELSE told.{name} END"
    for name in PROFILE
)
DIFFERS = "\n        OR ".join(
    f"contact.{name} IS DISTINCT FROM told.{name} AND '{name}' <> ALL(contact.pinned)"
    for name in PROFILE
)
KEEP_PROFILES = f"""
UPDATE contacts_contact AS contact
SET {TOLD},
    read_at = told.read_at
FROM (
    SELECT DISTINCT ON (contact_id) * FROM told_follow
    WHERE told_profile
    ORDER BY contact_id, read_at DESC
) AS told
WHERE contact.id = told.contact_id
    AND coalesce(contact.read_at <= told.read_at, true)
    AND ({DIFFERS})
RETURNING contact.id
"""

# Asked for each row by itself: an anti-join would read the whole table for a page.
# Answers who is told to have the union id of somebody else: they are one person.
KEEP_UNION_IDS = """
WITH asked AS MATERIALIZED (
    SELECT union_id, contact_id, read_at, coalesce((
            SELECT known.contact_id FROM contacts_identity AS known
            WHERE known.kind = 'union' AND known.system = '' AND known.value = union_id
                AND known.value <> ''
            LIMIT 1
        ), -min(contact_id) OVER (PARTITION BY union_id)) AS holder_id
    FROM told_follow AS told
    WHERE union_id <> ''
), kept AS (
    INSERT INTO contacts_identity (contact_id, kind, system, value, sealed, digest,
        tail_digest, source, verified, first_seen_at, last_seen_at)
    SELECT DISTINCT ON (union_id) contact_id, 'union', '', union_id, '', '', '',
        %(source)s, true, read_at, read_at
    FROM asked
    WHERE holder_id = -contact_id
    ORDER BY union_id
    ON CONFLICT DO NOTHING
)
SELECT DISTINCT contact_id, abs(holder_id) FROM asked
WHERE abs(holder_id) <> contact_id
"""
