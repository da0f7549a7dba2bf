"""What a company of a bench consists of: one statement for each kind of row.

For each contact 1.5 follows, 5 taggings, 10 events, 2 orders with a line each, one
behaviour; for some of them phones, notes, fields, groups. Contact 1 has 2,000 events.
Names come from a table of names, ends of phones from a table of tails (company.py).
Most else is thrown with dice, so that no property goes with another.
"""

TABLES = (
    *("contacts_contact", "contacts_identity", "contacts_follow", "tags_tagging"),
    *("events_eventrecord", "orders_order", "orders_orderline", "groups_stay"),
    *("followups_note", "contacts_attributevalue", "behaviour_behaviour"),
    *("audit_auditrow", "contacts_proposal", "contacts_merge"),
)

# A number below `sides`, the same each time it is asked for by the same two.
DICE = """
CREATE FUNCTION pg_temp.dice(n bigint, sides int, which int) RETURNS int
LANGUAGE sql IMMUTABLE AS 'SELECT abs(hashint8extended(n, which) % sides)::int'
"""
OWNER = "1 + pg_temp.dice(n, {employees}, 2)"
SECOND = f"1 + ({OWNER} + pg_temp.dice(n, {{employees}} - 1, 3)) % {{employees}}"

ROWS = {
    "contacts": f"""
INSERT INTO contacts_contact (id, name, kind, gender, avatar, position, corp_name,
    standing, owner_id, served_by, added_at, created_at, spelling, grams)
SELECT n, name.name, 1 + (n % 23 = 0)::int, n % 3, '', '',
    CASE WHEN n % 23 = 0 THEN '公司' || n % 5000 ELSE '' END,
    CASE stands WHEN 8 THEN 'left' WHEN 9 THEN 'dropped' ELSE 'friend' END,
    CASE WHEN stands < 8 THEN {OWNER} END,
    CASE WHEN n <= {{contacts}} / 2 THEN ARRAY[{OWNER}, {SECOND}]
        ELSE ARRAY[{OWNER}] END,
    now() - n * interval '60 seconds', now(), name.spelling, name.grams
FROM generate_series(1, {{contacts}}) AS n, LATERAL pg_temp.dice(n, 10, 1) AS stands,
    LATERAL pg_temp.dice(n, {{names}}, 4) AS called JOIN names AS name
    ON name.id = called
""",
    "external ids": """
INSERT INTO contacts_identity (id, contact_id, kind, system, value, sealed, digest,
    tail_digest, source, verified, first_seen_at, last_seen_at)
SELECT n, n, 'external', '', 'wm' || lpad(n::text, 30, '0'), '', '', '', 'first_pull',
    true, now(), now()
FROM generate_series(1, {contacts}) AS n
""",
    "union ids": """
INSERT INTO contacts_identity (id, contact_id, kind, system, value, sealed, digest,
    tail_digest, source, verified, first_seen_at, last_seen_at)
SELECT {contacts} + n, n, 'union', '', 'o' || lpad(n::text, 27, '0'), '', '', '',
    'first_pull', true, now(), now()
FROM generate_series(1, {contacts}) AS n
""",
    "phones": """
INSERT INTO contacts_identity (id, contact_id, kind, system, value, sealed, digest,
    tail_digest, source, verified, first_seen_at, last_seen_at)
SELECT 2 * {contacts} + n, n, 'phone', '', '', sealed, decode(md5(n::text), 'hex'),
    tail.digest, 'first_pull', false, now(), now()
FROM generate_series(1, {contacts}, 3) AS n JOIN tails AS tail ON tail.id = n % 10000
""",
    "follows": f"""
INSERT INTO contacts_follow (id, identity_id, employee_id, started_at, start_known,
    confirmed_at, ended_at, end_known, ended_by, state, add_way, added_by, remark,
    description, remark_corp_name, phones_sealed, phones_digest)
SELECT nth * {{contacts}} + n, n, CASE nth WHEN 0 THEN {OWNER} ELSE {SECOND} END,
    at, true, at, CASE WHEN stands > 7 THEN at + interval '30 seconds' END, true,
    CASE stands WHEN 8 THEN 'contact' WHEN 9 THEN 'employee' ELSE '' END,
    CASE WHEN pg_temp.dice(n, 4, 5) = 0 THEN 'store_' || n % 50 ELSE '' END,
    CASE WHEN pg_temp.dice(n, 50000, 6) = 0 THEN 16
        ELSE (ARRAY[1, 2, 3, 4])[1 + pg_temp.dice(n, 4, 7)] END,
    '', '', '', '', '', ''
FROM generate_series(0, 1) AS nth,
    LATERAL generate_series(1, {{contacts}} / (1 + nth)) AS n,
    LATERAL pg_temp.dice(n, 10, 1) AS stands,
    LATERAL (SELECT now() - n * interval '60 seconds' AS at) AS began
""",
    "taggings": """
INSERT INTO tags_tagging (contact_id, tag_id, follow_id, source, at)
SELECT n, CASE WHEN k = 4 AND pg_temp.dice(n, 250, 8) = 0
        THEN {tags} - pg_temp.dice(n, {rare}, 9)
        ELSE 1 + band * k + floor(band * power(pg_temp.dice(n * 5 + k, 1000, 10) / 1e3,
            2))::int END,
    n, 'first_pull', NULL
FROM generate_series(1, {contacts}) AS n, generate_series(0, 4) AS k,
    (SELECT ({tags} - {rare}) / 5 AS band) AS all_tags
""",
    "events": """
INSERT INTO events_eventrecord (kind, contact_id, actor_id, source, facts, at,
    recorded_at)
SELECT (ARRAY['FollowStarted', 'Tagged', 'Untagged', 'Tagged', 'ArchivingAgreed'])
        [1 + (n + k) % 5], n, NULL, 'callback', jsonb_build_object('employee_id',
        1 + n % {employees}, 'tag_id', 1 + (n + k) % {tags}),
    now() - (n % 40000) * interval '60 seconds' - k * interval '7 hours', now()
FROM generate_series(1, {contacts}) AS n, generate_series(0, 9) AS k
""",
    "one long timeline": """
INSERT INTO events_eventrecord (kind, contact_id, actor_id, source, facts, at,
    recorded_at)
SELECT (ARRAY['Tagged', 'Untagged', 'FollowStarted'])[1 + k % 3], 1, NULL, 'callback',
    jsonb_build_object('employee_id', 1 + k % {employees}, 'tag_id', 1 + k % {tags}),
    now() - k * interval '7 hours', now()
FROM generate_series(1, 1990) AS k
""",
    "orders": """
INSERT INTO orders_order (system, number, contact_id, channel, shop, status, amount,
    refunded_amount, placed_at, changed_at, lines_digest, recorded_at)
SELECT 'mall', 'n-' || n, 1 + floor({contacts} * power(pg_temp.dice(n, 1000000, 11)
        / 1e6, 2))::bigint * 7919 % {contacts}, 'online_shop',
    '店铺' || pg_temp.dice(n, 20, 12),
    (ARRAY['placed', 'paid', 'shipped', 'received'])[1 + pg_temp.dice(n, 4, 13)],
    n % 90000, 0, now() - n * interval '20 seconds', now(), '', now()
FROM generate_series(1, {contacts} * 2) AS n
""",
    "stays in groups": """
INSERT INTO groups_stay (group_id, member_id, identity_id, joined_at, left_by, state,
    invited_by, nickname, name)
SELECT 1 + pg_temp.dice(n, {groups}, 14), 'wm' || lpad((n * 10)::text, 30, '0'),
    n * 10, now() - n * interval '1 minute', '', '', '', '', ''
FROM generate_series(1, {contacts} / 10) AS n
""",
    "notes": """
INSERT INTO followups_note (contact_id, author_id, text, written_at)
SELECT n * 3, NULL, '电话沟通，约了下周回访。', now() - n * interval '5 minutes'
FROM generate_series(1, {contacts} / 3) AS n
""",
    "values of fields": """
INSERT INTO contacts_attributevalue (contact_id, attribute_id, text, number, day,
    choice_id, source, at)
SELECT n * 3, of.id, '',
    CASE WHEN of.type = 'number' THEN pg_temp.dice(n, 100, 16) END,
    CASE WHEN of.type = 'date' THEN date '1960-01-01' + n % 15000 END,
    CASE WHEN of.type = 'choice' THEN (SELECT min(id) + pg_temp.dice(n, 3, 15)
        FROM contacts_attributechoice) END, 'first_pull', now()
FROM generate_series(1, {contacts} / 3) AS n, contacts_attribute AS of
""",
    "lines of orders": """
INSERT INTO orders_orderline (order_id, position, product_id, name, quantity, amount)
SELECT n, 0, 1 + n % {products}, '商品' || 1 + n % {products}, 1, n % 90000
FROM generate_series(1, {contacts} * 2) AS n
""",
    "behaviour": """
INSERT INTO behaviour_behaviour (system, number, contact_id, kind, title, facts, at,
    recorded_at)
SELECT 'mall', 'b-' || n, 1 + n * 7919::bigint % {contacts},
    (ARRAY['page_viewed', 'mail_opened', 'coupon_taken'])[1 + n % 3], '看了商品',
    '{{}}', now() - n * interval '30 seconds', now()
FROM generate_series(1, {contacts}) AS n
""",
    "audit": """
INSERT INTO audit_auditrow (deed, about_kind, about_id, contact_id, before, after,
    reason, sealed, request_id, door, at)
SELECT (ARRAY['changed', 'unmasked', 'read_again'])[1 + n % 3], 'contacts.contact',
    n, n, '{{}}', '{{}}', '', '', '', '',
    now() - ({contacts} - n) * interval '30 seconds'
FROM generate_series(1, {contacts}) AS n
""",
    "proposals": """
INSERT INTO contacts_proposal (low_id, high_id, status, certain, confidence, reasons,
    found_at)
SELECT n * 50, n * 50 + 1 + n % 40, 'open', false, 40 + n % 50, ARRAY['name'], now()
FROM generate_series(1, {contacts} / 100) AS n
""",
    "merges": """
WITH pushed AS (
    UPDATE contacts_contact SET merged_into_id = id - 1
    WHERE id % 100 = 99 RETURNING id
)
INSERT INTO contacts_merge (winner_id, loser_id, fields, reasons, at, later)
SELECT id - 1, id, '{{}}', ARRAY['union'], now(), '{{}}' FROM pushed
""",
}
