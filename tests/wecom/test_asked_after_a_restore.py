"""What is asked for after a restore, because of what had happened before it."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from apps.common.cause import because_of
from apps.wecom.models import Command, Residence
from apps.wecom.quarantine import move_in, notice_a_restore
from tests import make
from tests.conftest import day
from tests.wecom.wishes import now, read, welcome, work

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = timedelta(seconds=1)


@pytest.fixture
def restored():
    """The database has lived elsewhere until now, and nobody has looked yet."""
    notice_a_restore(at=day(1))
    Residence.objects.update(timeline=F("timeline") + 1)


class TestWhatIsAskedForAfterARestore:
    @pytest.fixture
    def restored_at(self, restored):
        at = timezone.now()
        move_in(at=at)
        return at

    def test_because_of_what_happened_before_is_held_back(self, host, restored_at):
        with because_of(happened_at=restored_at - SECOND):
            command = welcome()

        work()

        assert now(command).status == "unknown"
        assert host.asked == []

    def test_because_of_what_happened_since_is_sent(self, host, restored_at):
        with because_of(happened_at=restored_at + SECOND):
            command = welcome()

        work()

        assert now(command).status == "done"

    def test_by_a_person_is_sent(self, host, restored_at):
        command = welcome()

        work()

        assert now(command).status == "done"

    def test_is_asked_whatever_it_is_because_of_when_it_is_safe(
        self, host, restored_at
    ):
        with because_of(happened_at=restored_at - SECOND):
            command = read()

        work()

        assert now(command).status == "done"

    def test_while_nobody_has_looked_yet_is_held_back(self, restored):
        with because_of(happened_at=day(1)):
            command = welcome()

        assert now(command).status == "unknown"

    def test_by_the_handler_of_an_old_callback_is_held_back(
        self, settings, restored_at
    ):
        settings.WECOM_HANDLERS = "tests.wecom.tables.WELCOMES"
        old = make.callback(received_at=restored_at - SECOND)
        new = make.callback(received_at=restored_at + SECOND)

        for callback in (old, new):
            callback.work_off()

        statuses = Command.objects.order_by("pk").values_list("status", flat=True)
        assert list(statuses) == ["unknown", "waiting"]
