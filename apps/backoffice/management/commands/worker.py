"""One worker alone."""

import os
import sys

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.common.lanes import Lane
from apps.wecom.quarantine import look_at_the_start
from scrm.serving import WORKERS

# On a machine that does everything WeCom is answered first: it waits five seconds, and
# what is kept may be worked off a little later. What was told is applied before more is
# read: one reading then serves all that was told of a contact meanwhile.
BEHIND = {Lane.WELCOME: 0, Lane.CALLBACK: 5, Lane.NEWS: 5}
LAST = 10
# Who greets waits for WeCom most of the time: one process more costs memory alone.
# Eight may call at once (wecom/limits.py), two see to who was added meanwhile.
GREET_AT_ONCE = 10


class Command(BaseCommand):
    help = "Work off the jobs of some lanes, or of all."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--lanes", help="by its name, or all")
        parser.add_argument("--name", default="worker")
        parser.add_argument("--processes", type=int)

    def handle(self, *, lanes, name, processes, **options):
        lanes = lanes or WORKERS.get(name) or ",".join(Lane.values)
        unknown = set(lanes.split(",")) - set(Lane.values)
        if unknown:
            known = ", ".join(Lane.values)
            raise CommandError(
                f"No such lane: {', '.join(unknown)} (there are {known})"
            )
        processes = processes or settings.WORKER_PROCESSES
        if lanes == Lane.WELCOME and settings.WORKER_PROCESSES > 1:
            processes = max(processes, GREET_AT_ONCE)
        celery = [sys.executable, "-m", "celery", "-A", "scrm.celery:app", "worker"]
        celery += ["-Q", lanes, "-n", f"{name}@%h", "-c", str(processes)]
        celery += ["--without-gossip", "--without-mingle"]
        look_at_the_start()
        os.nice(min(BEHIND.get(Lane(lane), LAST) for lane in lanes.split(",")))
        os.execv(sys.executable, celery)
