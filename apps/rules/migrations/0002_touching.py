"""What changes of contacts and their follows can touch."""

from django.db import migrations

from apps.rules.touching import touches

IDENTITY = "JOIN contacts_identity AS identity ON identity.id = row.identity_id"


class Migration(migrations.Migration):
    dependencies = [
        ("rules", "0001_initial"),
        ("contacts", "0013_rights"),
    ]

    operations = [
        *touches(
            "contacts_contact",
            topic="contact",
            contact="row.id",
            columns=[
                *("name", "kind", "gender", "position", "corp_name", "standing"),
                *("owner_id", "added_at", "merged_into_id"),
            ],
        ),
        *touches(
            "contacts_identity",
            topic="identity",
            columns=["contact_id", "kind", "last_seen_at"],
        ),
        # an id that moves takes its follows along
        *touches(
            "contacts_identity",
            topic="follow",
            columns=["contact_id"],
            events=["update"],
        ),
        *touches(
            "contacts_follow",
            topic="follow",
            join=IDENTITY,
            contact="identity.contact_id",
            key="row.employee_id::text",
            columns=[
                *("identity_id", "employee_id", "started_at", "ended_at", "ended_by"),
                *("state", "add_way"),
            ],
        ),
        *touches(
            "contacts_attributevalue",
            topic="attribute",
            key="row.attribute_id::text",
            columns=[
                *("contact_id", "attribute_id", "text", "number", "day", "choice_id"),
                *("choices", "yes", "fen", "at"),
            ],
        ),
        *touches(
            "contacts_consentrecord",
            topic="consent",
            columns=["contact_id", "purpose", "given", "at"],
        ),
    ]
