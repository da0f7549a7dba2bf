"""What `./run bench work` writes beside a company of a bench: leads, tasks, notices,
channel codes with their entries and days.

Every second contact who has an owner is or was a lead, spread over the stages; half of
these have a next step, due a hundred hours ago at the earliest. All but every twentieth
came by one of fifty codes, and by the first of them every seventh.
"""

CODES = 50
STANDING = 8  # people at each code

ROWS = {
    "leads": """
INSERT INTO followups_lead (contact_id, owner_id, stage_id, stage_since, amount,
    lost_reason, opened_at, closed_at, touched_at, folded)
SELECT contact.id, contact.owner_id, stage.id,
    now() - (contact.id * 13 % 300) * interval '1 day' - contact.id * interval '1 ms',
    CASE WHEN contact.id % 3 > 0 THEN contact.id * 97 % 500000 END, '',
    now() - interval '301 days',
    CASE WHEN stage.ends <> '' THEN
        now() - (contact.id * 13 % 300) * interval '1 day' END,
    now() - (contact.id * 11 % 20) * interval '1 day', false
FROM contacts_contact AS contact
JOIN (SELECT id, ends, row_number() OVER (ORDER BY place) AS nth FROM followups_stage)
    AS stage ON stage.nth = 1 + contact.id / 2 % 6
WHERE contact.owner_id IS NOT NULL AND contact.merged_into_id IS NULL
    AND contact.id % 2 = 0
""",
    "tasks": """
INSERT INTO followups_task (contact_id, lead_id, employee_id, kind, text, due_at,
    made_at, told, dropped, next_at)
SELECT contact_id, id, owner_id, CASE WHEN contact_id % 16 = 0 THEN 'contact'
        ELSE 'step' END, '回访',
    now() + (contact_id * 17 % 400 - 100) * interval '1 hour',
    now() - interval '9 days', 0, false, now() + interval '9 days'
FROM followups_lead WHERE contact_id % 4 = 0 AND closed_at IS NULL
""",
    "channel codes": """
INSERT INTO channels_channel (id, name, folder, state, status, draft, plan, version,
    named, by_department, config_id, qr_code, qr_text, wanted, held, barred, trouble,
    errcode, turns, made_at, changed_at, first_published_at, published_at,
    cost_per_day)
SELECT n, '门店 ' || n, '分组' || n % 5, 'c' || n, 'published', told.plan, told.plan,
    1, told.people, false, 'cfg' || n, 'https://q/' || n, '', '{{}}', '{{}}', '{{}}',
    '', 0, 0, now(), now(), now() - interval '400 days', now(), 5000
FROM generate_series(1, {codes}) AS n, LATERAL (
    SELECT array_agg(n * {standing} - k) AS people, jsonb_build_object('always', true,
        'people', jsonb_agg(jsonb_build_object('employee', n * {standing} - k)))
        AS plan
    FROM generate_series(0, {standing} - 1) AS k
) AS told
""",
    "entries": """
INSERT INTO channels_entry (channel_id, follow_id, contact_id, employee_id, at,
    counted, over, spoke_at, messages)
SELECT 1 + CASE WHEN n % 7 = 0 THEN 0 ELSE pg_temp.dice(n, {codes}, 31) END,
    follow.id, identity.contact_id, follow.employee_id, follow.started_at, true,
    false, NULL, 0
FROM contacts_follow AS follow
JOIN contacts_identity AS identity ON identity.id = follow.identity_id,
    LATERAL (SELECT follow.id AS n) AS numbered
WHERE identity.contact_id % 20 > 0
""",
    "days of codes": """
INSERT INTO channels_channelday (channel_id, employee_id, day, added, again, over)
SELECT channel_id, employee_id, at::date, count(*), 0, 0
FROM (SELECT channel_id, at, channel_id * {standing} - id % {standing} AS employee_id
    FROM channels_entry) AS entry
GROUP BY 1, 2, 3
""",
    "turns": """
INSERT INTO channels_turn (channel_id, employee_id, given, number, credit)
SELECT channel_id, employee_id, sum(added), 0, 0 FROM channels_channelday GROUP BY 1, 2
""",
    "a pool": """
INSERT INTO assignment_assignment (contact_id, pool_id, since, how, why)
SELECT contact.id, pool.id, now() - contact.id * interval '1 second', 'reclaim', '…'
FROM contacts_contact AS contact, assignment_pool AS pool
WHERE contact.owner_id IS NULL AND contact.merged_into_id IS NULL AND pool.is_general
""",
}
