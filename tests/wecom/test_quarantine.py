"""After a restore, nothing is sent to WeCom a second time."""

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F

from apps.common.models import Absence
from apps.wecom.models import AccessToken, Command, Residence
from apps.wecom.outbox import settle_abandoned
from apps.wecom.quarantine import (
    Quarantined,
    here,
    look_at_the_start,
    notice_a_restore,
    quarantine,
)
from tests import make
from tests.conftest import day
from tests.wecom.wishes import READ, WELCOME, now, read, welcome, work

pytestmark = pytest.mark.django_db
for_real = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at_home():
    """The database is known to live where it lives."""
    notice_a_restore(at=day(1))
    assert Residence.objects.count() == 1


@pytest.fixture
def restored(at_home):
    """As if it had lived elsewhere until now."""
    Residence.objects.update(timeline=F("timeline") + 1)


class TestNoticeARestore:
    def test_takes_the_first_place_for_what_it_is(self):
        command = welcome()

        assert not notice_a_restore(at=day(1))

        assert now(command).status == "waiting"
        assert not Absence.objects.exists()

    def test_finds_nothing_where_nothing_has_moved(self, at_home):
        command = welcome()

        assert not notice_a_restore(at=day(2))

        assert now(command).status == "waiting"
        assert Residence.objects.get().noted_at == day(1)

    @pytest.mark.parametrize(
        ("field", "elsewhere"),
        [
            # a dump, brought into another cluster
            ("system", "7712201557329515757"),
            # a base backup with its WAL, or a replica that has taken over
            ("timeline", 7),
            # a dump, or a copy, in another database of this cluster
            ("database", 1),
            # a dump, brought back into this very database
            ("written_in", 1),
        ],
    )
    def test_finds_every_kind_of_move(self, at_home, field, elsewhere):
        Residence.objects.update(**{field: elsewhere})

        assert notice_a_restore(at=day(2))

        assert not notice_a_restore(at=day(3))
        assert Residence.objects.get().restored_at == day(2)

    def test_notices_a_dump_that_was_brought_back_into_the_same_database(self, at_home):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE dump AS TABLE django_migrations")
            cursor.execute("DELETE FROM django_migrations")
            cursor.execute("INSERT INTO django_migrations SELECT * FROM dump")
            cursor.execute("DROP TABLE dump")

        assert notice_a_restore(at=day(2))

    @for_real
    def test_is_not_misled_by_vacuum(self, at_home):
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (FULL, FREEZE) django_migrations")

        assert not notice_a_restore(at=day(2))

    @for_real
    def test_happens_to_one_of_many_who_look_at_once(self, restored, at_once):
        found = at_once(16, lambda: notice_a_restore(at=day(2)))

        assert sorted(found) == [False] * 15 + [True]
        assert Absence.objects.count() == 1

    @for_real
    def test_is_all_or_nothing(self, restored):
        command = welcome_of_before()
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            notice_a_restore(at=day(2))
            raise ZeroDivisionError

        assert now(command).status == "waiting"
        assert notice_a_restore(at=day(2))
        assert now(command).status == "unknown"


class TestWithoutTheRightToAsk:
    @pytest.fixture
    def plain_account(self):
        """One that may not call what tells the cluster's number."""
        with connection.cursor() as cursor:
            cursor.execute("CREATE ROLE plain")
            cursor.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO plain")
            cursor.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
            cursor.execute("SET ROLE plain")
            yield
            cursor.execute("RESET ROLE")
            cursor.execute("GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC")
            cursor.execute("DROP OWNED BY plain")
            cursor.execute("DROP ROLE plain")

    def test_the_rest_is_enough(self, at_home, plain_account):
        place = here()

        assert place.system == ""
        assert not notice_a_restore(at=day(2))  # a right that is lost is no move

    def test_an_ordinary_account_has_it(self):
        with connection.cursor() as cursor:
            cursor.execute("CREATE ROLE plain")
            cursor.execute("SET ROLE plain")
            cursor.execute("SELECT system_identifier FROM pg_control_system()")
            assert cursor.fetchone()
            cursor.execute("RESET ROLE")
            cursor.execute("DROP ROLE plain")


def welcome_of_before(**fields) -> Command:
    """One that stands in the restored database."""
    return make.command(WELCOME, arguments={"welcome_code": "code"}, **fields)


class TestQuarantine:
    @pytest.mark.parametrize(
        ("status", "afterwards"),
        [
            ("waiting", "unknown"),
            ("calling", "unknown"),
            ("unknown", "unknown"),
            # what is over is over
            ("done", "done"),
            ("failed", "failed"),
            ("ignored", "ignored"),
        ],
    )
    def test_holds_back_what_may_have_been_sent(self, status, afterwards):
        command = welcome_of_before(status=status)

        quarantine(at=day(2))

        assert now(command).status == afterwards
        held = afterwards == "unknown"
        assert now(command).last_error == (str(Quarantined()) if held else "")

    @pytest.mark.parametrize("status", ["waiting", "calling"])
    def test_leaves_alone_what_is_safe_to_repeat(self, status):
        command = make.command(READ, status=status)

        assert quarantine(at=day(2)) == 0

        assert now(command).status == status

    def test_leaves_alone_what_was_answered_already(self):
        """Nothing is sent for it any more: only the answer is to be told."""
        command = welcome_of_before(result={"errcode": 0})

        quarantine(at=day(2))

        assert now(command).status == "waiting"

    def test_holds_back_a_call_that_this_version_does_not_know(self):
        command = make.command("externalcontact.of_tomorrow")

        quarantine(at=day(2))

        assert now(command).status == "unknown"

    def test_lets_the_token_go(self):
        AccessToken.objects.create(app="app", generation=4, expires_at=day(9))

        quarantine(at=day(2))

        token = AccessToken.objects.get()
        assert (token.generation, token.expires_at) == (5, None)

    def test_has_everything_read_again_that_was_said_since(self):
        make.callback(received_at=day(1))

        quarantine(at=day(2))

        absence = Absence.objects.undealt().get()
        assert (absence.began_at, absence.ended_at) == (day(1), day(2))
        assert absence.why == "restored"

    def test_is_also_done_by_hand(self, at_home, capsys):
        command = welcome()

        call_command("quarantine")

        assert now(command).status == "unknown"
        assert "1 commands wait" in capsys.readouterr().out


@for_real
class TestAWorker:
    def test_of_a_restored_database_sends_nothing_twice(self, host, restored):
        welcome_of_before()
        safe = read()

        work()

        assert host.of("externalcontact/send_welcome_msg") == []
        assert now(safe).status == "done"

    def test_who_lived_through_the_restore_does_not_either(self, host, at_home):
        """The same process, the same connection: a pooler may stand in between."""
        work()
        Residence.objects.update(timeline=F("timeline") + 1)
        command = welcome_of_before()

        work()

        assert now(command).status == "unknown"
        assert host.of("externalcontact/send_welcome_msg") == []

    def test_looks_before_abandoned_calls_are_settled(self, restored):
        command = welcome_of_before()

        settle_abandoned(at=day(2))

        assert now(command).status == "unknown"

    def test_starts_also_without_a_database_to_look_at(self, settings, caplog):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE wecom_residence RENAME TO away")
        try:
            look_at_the_start()
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE away RENAME TO wecom_residence")

        assert "not known whether the database was restored" in caplog.text
