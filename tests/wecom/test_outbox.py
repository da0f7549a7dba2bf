"""From the wish to its outcome; nothing is done twice, and nothing is lost."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from apps.wecom.models import AccessToken, Command
from apps.wecom.outbox import ask
from tests.wecom import tables
from tests.wecom.host import HangUp
from tests.wecom.wishes import (
    READ,
    make_due,
    marks,
    now,
    read,
    welcome,
    work,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def answers(settings):
    settings.WECOM_ANSWERS = "tests.wecom.tables.ANSWERS"
    tables.HEARD.clear()


class TestAsk:
    def test_is_undone_with_the_transaction_it_was_asked_in(self):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            read()
            raise ZeroDivisionError

        assert not Command.objects.exists()

    def test_writes_the_same_wish_once_while_it_waits(self):
        first = read(once="contact:wm-1")

        assert read(once="contact:wm-1") == first
        assert Command.objects.count() == 1

    def test_writes_it_again_once_it_has_begun(self):
        first = read(once="contact:wm-1")
        Command.objects.update(status="calling")

        assert read(once="contact:wm-1") != first

    def test_writes_what_differs_and_what_may_come_often(self):
        read(once="contact:wm-1")
        read(once="contact:wm-2")
        read()
        read()

        assert Command.objects.count() == 4

    def test_refuses_what_no_call_takes(self):
        with pytest.raises(TypeError):
            ask(READ, arguments={"nonsense": 1})
        with pytest.raises(KeyError):
            ask("nonsense", arguments={})

    def test_of_sixteen_at_once_writes_one(self, at_once):
        at_once(16, lambda: read(once="contact:wm-1"))

        assert Command.objects.count() == 1


class TestAnswer:
    def test_comes_home_with_what_it_was_about(self, host):
        host.answers = lambda asked: {"external_contact": {"name": "张三"}}
        command = read(answer="noted", about={"id": 7})

        work()

        [heard] = tables.HEARD
        assert heard["result"]["external_contact"] == {"name": "张三"}
        assert heard["about"] == {"id": 7}
        assert heard["called_at"] == now(command).called_at
        assert (command.status, command.errcode) == ("done", 0)

    def test_is_written_together_with_done_or_not_at_all(self, host):
        command = read(answer="stumbles")

        work()

        assert (now(command).status, command.bugs) == ("waiting", 1)
        assert marks() == 0

    def test_of_personal_data_is_not_kept_on_the_row(self, host):
        command = read(answer="noted")

        work()

        assert now(command).result is None

    def test_of_a_call_that_must_not_be_repeated_is_kept(self, host):
        host.answers = lambda asked: {"errcode": 0, "extra": "id"}
        command = welcome()

        work()

        assert now(command).result["extra"] == "id"

    def test_that_comes_too_early_is_had_again_later(self, host):
        command = read(answer="comes_later")

        work()

        assert (now(command).status, command.bugs) == ("waiting", 0)
        assert marks() == 0

    def test_that_is_refused_by_us_ends_the_command(self, host):
        command = read(answer="refuses")

        work()

        assert now(command).status == "failed"
        assert command.last_error

    def test_that_nobody_waits_for_is_fine(self, host):
        command = read()

        work()

        assert now(command).status == "done"

    def test_whose_name_is_unknown_is_a_mistake_of_ours(self, host):
        command = read(answer="nobody")

        work()

        assert (now(command).status, command.bugs) == ("waiting", 1)
        assert "KeyError" in command.last_error

    def test_that_we_stumbled_over_is_heard_again_without_a_second_call(self, host):
        """The first call had its effect; only what we made of it went wrong."""
        command = welcome(answer="stumbles_once")

        work()
        make_due()
        work()

        assert now(command).status == "done"
        assert len(host.of("externalcontact/send_welcome_msg")) == 1
        assert len(tables.HEARD) == 2
        assert marks() == 1


class TestRefusal:
    def test_fails_with_what_a_person_must_do(self, host):
        host.answers = lambda asked: {"errcode": 60011}
        command = read()

        work()

        assert (now(command).status, command.errcode) == ("failed", 60011)
        assert command.last_error.endswith("（错误码 60011）。")

    def test_is_heard_by_who_can_deal_with_it(self, host):
        host.answers = lambda asked: {"errcode": 84061}
        command = read(answer="noted", about={"id": 7})

        work()

        [heard] = tables.HEARD
        assert (heard["errcode"], heard["about"]) == (84061, {"id": 7})
        assert (now(command).status, command.errcode) == ("done", 84061)

    def test_over_a_setting_is_for_a_person_alone(self, host):
        host.answers = lambda asked: {"errcode": 60020}
        command = read(answer="noted")

        work()

        assert tables.HEARD == []
        assert now(command).status == "failed"

    def test_of_a_token_says_nothing_of_what_was_asked(self, host):
        """Whatever the code: nobody takes it for an answer about a contact."""
        host.tokens = lambda asked: {"errcode": 84061}
        commands = [read(answer="noted"), read(answer="noted")]

        work()

        assert tables.HEARD == []
        assert {now(command).status for command in commands} == {"failed"}
        assert host.of("externalcontact/get") == []

    def test_that_cannot_be_dealt_with_after_all_fails(self, host):
        host.answers = lambda asked: {"errcode": 84061}
        command = read(answer="refuses")

        work()

        assert (now(command).status, command.errcode) == ("failed", 84061)


class TestBusyWeCom:
    def test_is_asked_again_when_it_says(self, host):
        host.answers = lambda asked: {"errcode": 45009}
        command = read()

        work()

        wait = now(command).due_at - timezone.now()
        assert command.status == "waiting"
        assert timedelta(seconds=50) < wait <= timedelta(seconds=61)

    def test_is_asked_again_also_for_what_must_not_be_repeated(self, host):
        """It was refused, so it had no effect."""
        host.answers = lambda asked: {"errcode": 41096}
        command = welcome()

        work()

        assert now(command).status == "waiting"

    def test_is_asked_ever_less_often(self, host):
        host.answers = lambda asked: {"errcode": 45033}
        command = read()
        Command.objects.update(attempts=9)

        work()

        assert now(command).due_at > timezone.now() + timedelta(minutes=10)

    def test_that_calls_a_token_expired_before_it_gave_one_is_asked_again(self, host):
        host.tokens = lambda asked: {"errcode": 42001}
        command = read(answer="noted")
        work()
        assert now(command).status == "waiting"
        host.tokens = host.next_token
        AccessToken.objects.update(refreshing_until=None)

        make_due()
        work()

        assert now(command).status == "done"
        assert len(host.of("externalcontact/get")) == 1


class TestSilence:
    @pytest.fixture
    def silent(self, host):
        def hang_up(asked):
            raise HangUp

        host.answers = hang_up

    def test_after_a_call_that_is_safe_leads_to_another(self, silent):
        command = read()

        work()

        assert now(command).status == "waiting"

    def test_after_one_that_is_not_leads_to_no_second_try(self, host, silent):
        command = welcome()

        work()
        make_due()
        work()

        assert now(command).status == "unknown"
        assert len(host.of("externalcontact/send_welcome_msg")) == 1

    def test_where_nobody_listens_leads_to_another(self, settings):
        """There was no connection, so there was no effect."""
        settings.WECOM_API_URL = "http://127.0.0.1:9"
        command = welcome()

        work()

        assert now(command).status == "waiting"


class TestLateness:
    def test_is_failure_without_a_call(self, host):
        command = welcome(expires_at=timezone.now() - timedelta(seconds=1))

        work()

        assert now(command).status == "failed"
        assert command.last_error
        assert host.asked == []

    def test_is_none_before_the_time(self, host):
        command = welcome(expires_at=timezone.now() + timedelta(seconds=20))

        work()

        assert now(command).status == "done"
