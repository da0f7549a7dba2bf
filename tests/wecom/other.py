"""Another process of ours: `python -m tests.wecom.other WHAT NAME`.

`call NAME` makes a call; `drain LANE` works a lane off, as a worker does.
"""

import os
import sys

import django
from django.conf import settings


def main(what: str, name: str) -> None:
    django.setup()
    settings.WECOM_ANSWERS = "tests.wecom.other.ANSWERS"
    if what == "call":
        from apps.wecom.calls import call

        print(call(name)["errcode"])
    else:
        from apps.common.jobs import drain

        drain(name)


def die(**heard) -> None:
    os.kill(os.getpid(), 9)


class Answers(dict):
    """Made when it is asked, since the apps are not ready before."""

    def __missing__(self, name):
        from apps.wecom.outbox import Answer

        return Answer(done=die)


ANSWERS = Answers()

if __name__ == "__main__":
    main(*sys.argv[1:])
