"""Whose a contact is, as it was decided: read by contacts/settle.py, named in settings.

The open assignment says so. Of somebody into whom another was merged, and who was never
given to anybody, that of the other does.
"""

DECIDED = """
SELECT DISTINCT ON (contact_id) contact_id, employee_id
FROM (
    SELECT contact_id, employee_id, true AS own, since
    FROM assignment_assignment
    WHERE until IS NULL AND contact_id = ANY(%(ids)s)
    UNION ALL
    SELECT loser.merged_into_id, mine.employee_id, false, mine.since
    FROM contacts_contact AS loser
    JOIN assignment_assignment AS mine ON mine.contact_id = loser.id
    WHERE loser.merged_into_id = ANY(%(ids)s) AND mine.until IS NULL
) AS open
ORDER BY contact_id, own DESC, since DESC
"""
