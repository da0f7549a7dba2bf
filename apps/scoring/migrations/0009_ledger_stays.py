"""The database lets nobody change an earning but for whose it is; sums lie in the row
itself; what changes of scores can touch."""

from django.db import migrations

from apps.rules.touching import touches

STAYS = """
CREATE FUNCTION scoring_earning_stays() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF (OLD.id, OLD.version_id, OLD.cause, OLD.at, OLD.points)
        IS DISTINCT FROM (NEW.id, NEW.version_id, NEW.cause, NEW.at, NEW.points)
    THEN
        RAISE EXCEPTION 'an earning is never edited';
    END IF;
    RETURN NEW;
END
$body$;
CREATE TRIGGER scoring_earning_stays BEFORE UPDATE ON scoring_earning
FOR EACH ROW EXECUTE FUNCTION scoring_earning_stays();
"""
MAY_CHANGE = """
DROP TRIGGER scoring_earning_stays ON scoring_earning;
DROP FUNCTION scoring_earning_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("scoring", "0008_ledger")]

    operations = [
        migrations.RunSQL(STAYS, MAY_CHANGE),
        migrations.RunSQL(
            """
            ALTER TABLE scoring_standing ALTER COLUMN sums SET STORAGE PLAIN;
            ALTER TABLE scoring_standing SET (fillfactor = 80);
            """,
            migrations.RunSQL.noop,
        ),
        *touches(
            "scoring_standing",
            topic="score",
            columns=["contact_id", "fit", "engagement", "score", "grade"],
        ),
    ]
