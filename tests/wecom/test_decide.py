"""A person decides what becomes of a command that may have been carried out."""

import pytest
from django.urls import reverse

from apps.audit.models import AuditRow
from apps.wecom.decide import NothingToDecide, send_now, was_sent
from apps.wecom.models import AskedAnew
from tests import make
from tests.conftest import day
from tests.wecom.wishes import WELCOME, make_due, now, work

pytestmark = pytest.mark.django_db

COMMANDS = reverse("admin:wecom_command_changelist")


@pytest.fixture
def command():
    return make.command(
        WELCOME,
        arguments={"welcome_code": "code"},
        status="unknown",
        attempts=1,
        last_error="x",
    )


class TestWasSent:
    def test_is_done_without_a_call(self, command):
        was_sent(command=command, at=day(2))

        decided = now(command)
        assert (decided.status, decided.done_at) == ("done", day(2))
        assert decided.last_error == ""


class TestSendNow:
    @pytest.mark.django_db(transaction=True)
    def test_is_sent_once_more(self, host, command):
        send_now(command=command, at=day(2))

        make_due()
        work()

        assert now(command).status == "done"
        assert len(host.of("externalcontact/send_welcome_msg")) == 1

    def test_may_not_be_written_by_a_worker_that_only_slept(self, command):
        send_now(command=now(command), at=day(2))

        command.leave_unknown("I have just woken up")

        assert now(command).status == "waiting"

    def test_gives_way_to_the_same_that_was_asked_anew(self):
        command = make.command(WELCOME, status="unknown", once="welcome")
        make.command(WELCOME, once="welcome")

        with pytest.raises(AskedAnew):
            send_now(command=command, at=day(2))

        assert now(command).status == "unknown"


@pytest.mark.parametrize("decide", [was_sent, send_now])
@pytest.mark.parametrize("status", ["waiting", "calling", "done", "failed"])
def test_where_the_outcome_is_known_there_is_nothing_to_decide(decide, status):
    command = make.command(WELCOME, status=status)

    with pytest.raises(NothingToDecide):
        decide(command=command, at=day(2))

    assert now(command).status == status


class TestOnScreen:
    @pytest.fixture
    def administrator(self, client):
        user = make.user("ann", role="admin")
        client.force_login(user)
        return user

    def address(self, action, command):
        return reverse(f"admin:wecom_command_{action}", args=[command.pk])

    @pytest.mark.parametrize(
        ("action", "status", "words"),
        [
            ("was_sent", "done", "已记为“已发送”。"),
            ("send_now", "waiting", "正在发送。"),
        ],
    )
    def test_one_is_decided_and_written_down(
        self, client, administrator, command, action, status, words
    ):
        page = client.get(self.address("change", command)).content.decode()
        assert self.address(action, command) in page

        page = client.post(self.address(action, command), follow=True)

        assert now(command).status == status
        assert words in page.content.decode()
        row = AuditRow.objects.get()
        assert (row.actor, row.about_id) == (administrator, command.pk)

    @pytest.mark.parametrize(
        ("action", "status", "words"),
        [
            ("was_sent_selected", "done", "已将 2 条指令记为“已发送”"),
            ("send_now_selected", "waiting", "正在发送 2 条指令"),
        ],
    )
    def test_all_that_are_ticked_are_decided(
        self, client, administrator, command, action, status, words
    ):
        other = make.command(WELCOME, status="unknown")
        failed = make.command(WELCOME, status="failed")
        ticked = [command.pk, other.pk, failed.pk]
        form = {"action": action, "_selected_action": ticked}

        page = client.post(COMMANDS, form, follow=True).content.decode()

        assert words in page
        assert {now(each).status for each in (command, other)} == {status}
        assert now(failed).status == "failed"
        assert AuditRow.objects.count() == 2

    def test_where_none_is_unknown_it_says_so(self, client, administrator):
        failed = make.command(WELCOME, status="failed")
        form = {"action": "send_now_selected", "_selected_action": [failed.pk]}

        page = client.post(COMMANDS, form, follow=True).content.decode()

        assert "只有结果未知的指令需要决定" in page

    def test_a_manager_may_read_and_not_decide(self, client, command):
        client.force_login(make.user(role="manager"))
        form = {"action": "was_sent_selected", "_selected_action": [command.pk]}

        page = client.get(self.address("change", command)).content.decode()
        client.post(COMMANDS, form)
        statuses = {
            client.post(self.address(action, command)).status_code
            for action in ("was_sent", "send_now")
        }

        assert self.address("send_now", command) not in page
        assert statuses == {403}
        assert now(command).status == "unknown"

    def test_by_following_a_link_nothing_is_decided(
        self, client, administrator, command
    ):
        assert client.get(self.address("send_now", command)).status_code == 405

    def test_what_is_decided_meanwhile_is_said_in_words(
        self, client, administrator, command
    ):
        was_sent(command=command, at=day(2))

        page = client.post(self.address("send_now", command), follow=True)

        assert "结果已明确" in page.content.decode()
