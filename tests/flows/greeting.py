"""A house that greets whoever is added; no welcome, and no new tag, may come twice.

`python -m tests.flows.greeting` is a process of it that does what it reads, a line
each: `keep {news}`, `ask {a tag}`, or the name of a command. It answers `done`.
"""

import json
import sys
from io import StringIO
from typing import Any

import django

WELCOME = "externalcontact.send_welcome_msg"
MAKE_A_TAG = "externalcontact.add_corp_tag"


def contact_added(message: dict[str, Any]) -> None:
    from apps.common.lanes import Lane
    from apps.sync import handlers
    from apps.wecom.outbox import ask

    handlers.HANDLERS["change_external_contact", "add_external_contact"](message)
    code, text = message["WelcomeCode"], {"content": "你好"}
    ask(WELCOME, arguments={"welcome_code": code, "text": text}, lane=Lane.WELCOME)


class Handlers(dict):
    """The product's own, but for that one."""

    def get(self, kind: tuple[str, str], otherwise: Any = None) -> Any:
        from apps.sync import handlers

        if kind == ("change_external_contact", "add_external_contact"):
            return contact_added
        return handlers.HANDLERS.get(kind, otherwise)


HANDLERS = Handlers()


def do(what: str, about: str) -> None:
    from django.core.management import call_command
    from django.utils import timezone

    from apps.wecom.inbox import keep
    from apps.wecom.outbox import ask

    if what == "keep":
        news = json.loads(about)
        keep(news["message"], receiver=news["receiver"], at=timezone.now())
    elif what == "ask":
        ask(MAKE_A_TAG, arguments={"tag": [{"name": about}], "group_name": about})
    else:
        call_command(what, stdout=StringIO(), stderr=StringIO())


if __name__ == "__main__":
    django.setup()
    for line in sys.stdin:
        do(*line.strip().partition(" ")[::2])
        print("done", flush=True)
