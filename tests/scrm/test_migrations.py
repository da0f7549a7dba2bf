"""A migration that would hold people up is refused, and told what to do instead."""

import os
import shutil
import subprocess
import sys

import pytest
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.models.functions import Random

from tests.check import COMPLETE, ROOT
from tests.migrations import landed, locking

PLANTED = ("contacts", "9999_planted")

AddField, AlterField = migrations.AddField, migrations.AlterField
RunSQL, Apart = migrations.RunSQL, migrations.SeparateDatabaseAndState

INDEX = models.Index(fields=["remark"], name="planted")
CHECK = models.CheckConstraint(condition=~models.Q(remark="x"), name="planted")
UNIQUE = models.UniqueConstraint(fields=["remark", "state"], name="planted")
MADE = migrations.CreateModel(
    "Planted",
    [("id", models.BigAutoField(primary_key=True)), ("at", models.IntegerField())],
)


def planted(*operations, atomic=True) -> list[str]:
    """What is said of these operations as the next migration of contacts."""
    loader = MigrationLoader(None)
    fields = {"operations": list(operations), "atomic": atomic}
    fields["__module__"] = "apps.contacts.migrations.9999_planted"
    migration = type("Migration", (migrations.Migration,), fields)(*reversed(PLANTED))
    [leaf] = loader.graph.leaf_nodes("contacts")
    loader.graph.add_node(PLANTED, migration)
    loader.graph.add_dependency(migration, PLANTED, leaf)
    others = set(loader.graph.nodes) - {PLANTED}
    return list(locking(loader, landed=others))


def field(name, kind, *, of="follow", do=AddField):
    return do(of, name, kind)


def text(**how) -> models.TextField:
    return models.TextField(**how)


def employee(**how) -> models.ForeignKey:
    return models.ForeignKey("staff.employee", models.CASCADE, **how)


def do_nothing(apps, schema_editor):
    pass


class TestLocking:
    @pytest.mark.parametrize(
        ("operation", "said"),
        [
            (migrations.AddIndex("follow", INDEX), "AddIndexConcurrently"),
            (
                migrations.RemoveIndex("follow", "follows_newest_first"),
                "RemoveIndexConcurrently",
            ),
            (migrations.AddConstraint("follow", CHECK), "AddConstraintNotValid"),
            (migrations.AddConstraint("follow", UNIQUE), "CREATE UNIQUE INDEX"),
            (
                migrations.AlterUniqueTogether("follow", {("remark", "state")}),
                "CREATE UNIQUE INDEX",
            ),
            # the version that still runs does not fill it
            (field("new", text()), "db_default"),
            (field("new", text(default="")), "db_default"),
            # a value for each row
            (field("new", models.FloatField(db_default=Random())), "a value"),
            (field("new", text(null=True, unique=True)), "db_index=False"),
            (field("new", employee(null=True)), "db_index=False"),
            (
                field(
                    "new",
                    models.GeneratedField(
                        expression=models.F("remark"),
                        output_field=text(),
                        db_persist=True,
                    ),
                ),
                "in batches",
            ),
            (field("remark", models.IntegerField(), do=AlterField), "beside it"),
            # a shorter one
            (
                field(
                    "value",
                    models.CharField(max_length=3),
                    of="identity",
                    do=AlterField,
                ),
                "beside it",
            ),
            (field("ended_at", models.DateTimeField(), do=AlterField), "SET NOT NULL"),
            (
                field("owner", employee(null=True), of="contact", do=AlterField),
                "AddIndexConcurrently",
            ),
            (field("remark", text(db_column="note"), do=AlterField), "beside it"),
            (migrations.RenameField("follow", "remark", "note"), "beside it"),
            (migrations.RenameModel("follow", "friendship"), "beside it"),
            (migrations.AlterModelTable("follow", "friendship"), "beside it"),
            (migrations.RemoveField("follow", "remark"), "a version later"),
            (migrations.RunPython(do_nothing), "atomic = False"),
            (RunSQL("create index i on contacts_follow (remark)"), "CONCURRENTLY"),
            (RunSQL("DROP INDEX follows_newest_first"), "CONCURRENTLY"),
            (
                RunSQL("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a (b)"),
                "is not valid",
            ),
            (
                RunSQL(["ALTER TABLE a ADD CONSTRAINT b\n CHECK (c > 0)"]),
                "NOT VALID",
            ),
            (RunSQL([("ALTER TABLE a ALTER COLUMN b TYPE bigint", [])]), "beside it"),
            (RunSQL("ALTER TABLE a RENAME b TO c"), "beside it"),
            (RunSQL("ALTER TABLE a ADD COLUMN b int NOT NULL"), "DEFAULT"),
            (RunSQL("LOCK TABLE contacts_follow"), "locks it whole"),
            # by the back door
            (
                Apart(database_operations=[migrations.AddIndex("follow", INDEX)]),
                "AddIndexConcurrently",
            ),
            # a column that the new version does not fill any more
            (
                Apart(
                    state_operations=[migrations.RemoveField("follow", "started_at")]
                ),
                "nobody fills",
            ),
        ],
    )
    def test_says_what_to_do_instead(self, operation, said):
        [wrong] = planted(operation)

        assert wrong.startswith("contacts.9999_planted: ")
        assert said in wrong

    @pytest.mark.parametrize(
        "harmless",
        [
            [AddIndexConcurrently("follow", INDEX)],
            [RemoveIndexConcurrently("follow", "follows_newest_first")],
            [AddConstraintNotValid("follow", CHECK)],
            [field("new", text(null=True))],
            [field("new", text(db_default=""))],
            [field("new", employee(null=True, db_index=False))],
            [field("new", models.ManyToManyField("staff.employee"))],
            [field("new", models.DateTimeField(null=True))],
            # other words for people, and nothing else
            [field("remark", text(blank=True, help_text="…"), do=AlterField)],
            [field("value", text(), of="identity", do=AlterField)],
            [field("started_at", models.DateTimeField(null=True), do=AlterField)],
            [Apart(state_operations=[migrations.RemoveField("follow", "ended_at")])],
            [RunSQL("ALTER TABLE a ADD CONSTRAINT b CHECK (c > 0) NOT VALID")],
            [RunSQL("ALTER TABLE a VALIDATE CONSTRAINT b; -- rename type\n SELECT 1")],
            [RunSQL("ALTER TABLE a ADD CONSTRAINT b UNIQUE USING INDEX c")],
            [RunSQL("ALTER TABLE a DROP COLUMN b")],
            # a table that this migration makes is empty
            [
                MADE,
                migrations.AddIndex("planted", models.Index(fields=["at"], name="i")),
                AddField("planted", "new", models.TextField()),
            ],
        ],
    )
    def test_lets_pass_what_holds_up_nobody(self, harmless):
        assert planted(*harmless) == []

    def test_wants_a_constraint_validated_without_the_lock_of_its_making(self):
        both = [
            AddConstraintNotValid("follow", CHECK),
            ValidateConstraint("follow", "planted"),
        ]

        [wrong] = planted(*both)

        assert "the next migration" in wrong
        assert planted(*both, atomic=False) == []

    def test_lets_python_write_in_batches(self):
        assert planted(migrations.RunPython(do_nothing), atomic=False) == []

    def test_names_everything_at_once(self):
        found = planted(
            migrations.AddIndex("follow", INDEX), migrations.RunPython(do_nothing)
        )

        assert len(found) == 2


def test_what_is_listed_as_landed_is_there():
    assert landed() - set(MigrationLoader(None).disk_migrations) == set()


LOCKING = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "{after}")]
    operations = [
        migrations.AddIndex(
            "follow", models.Index(fields=["remark"], name="planted")
        )
    ]
"""


def test_the_check_fails_for_a_migration_file_that_locks(clone):
    [(_app, after)] = MigrationLoader(None).graph.leaf_nodes("contacts")
    copy = clone("planted")
    (copy / "tests").mkdir()
    for name in ("__init__.py", "migrations.py", "landed_migrations.txt"):
        shutil.copy(ROOT / "tests" / name, copy / "tests" / name)
    file = copy / "apps/contacts/migrations/9999_planted.py"
    file.write_text(LOCKING.format(after=after))

    checked = subprocess.run(
        [sys.executable, "-m", "tests.migrations"],
        cwd=copy,
        env={**COMPLETE, "PATH": os.defpath},
        capture_output=True,
        text=True,
    )

    assert checked.returncode == 1, checked.stderr
    assert (
        "contacts.9999_planted: AddIndex follow.planted lets nobody" in checked.stdout
    )
