"""Commands to try the outbox with: one that is safe to repeat, one that is not."""

from django.utils import timezone

from apps.common.jobs import drain
from apps.wecom.models import Command
from apps.wecom.outbox import ask

READ = "externalcontact.get"
WELCOME = "externalcontact.send_welcome_msg"
WHO = {"external_userid": "wm-1"}
CODE = {"welcome_code": "code"}


def read(**given) -> Command:
    return ask(READ, arguments=WHO, **given)


def welcome(**given) -> Command:
    return ask(WELCOME, arguments=CODE, **given)


def work() -> None:
    drain("outgoing")


def make_due() -> None:
    Command.objects.filter(status="waiting").update(due_at=timezone.now())


def now(command: Command) -> Command:
    command.refresh_from_db()
    return command


def marks() -> int:
    return Command.objects.filter(answer="mark").count()
