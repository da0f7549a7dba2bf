"""The product for a real corp."""

import os

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from scrm.embedded.part import CannotStart
from scrm.environment import RUNNING, Environment, Reach
from scrm.household import Household, refuse_a_busy_port, say
from scrm.serving import (
    bring_what_is_missing,
    open_the_doors,
    prepare,
    write_environment,
)
from scrm.variables import PAIRS, VARIABLES

BROUGHT = ("DATABASE_URL", "BROKER_URL")


class Command(BaseCommand):
    help = "Web, workers and timetable; a database and a broker where none is named."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *, host, port, **options):
        refuse_what_is_missing()
        running = settings.BASE_DIR / RUNNING
        try:
            refuse_a_busy_port(host, port)
            with Household(running.parent) as household:
                try:
                    serve(household, host=host, port=port)
                finally:
                    running.unlink(missing_ok=True)
        except CannotStart as problem:
            raise CommandError(str(problem)) from problem
        except KeyboardInterrupt:
            say("Stopped.")


def refuse_what_is_missing() -> None:
    """All of it, before anything is started; what we bring ourselves is not missing."""
    stand_in = {"DATABASE_URL": "postgresql:///scrm", "BROKER_URL": "memory://"}
    given = stand_in | {name: value for name, value in os.environ.items() if value}
    Environment(VARIABLES, given, reach=Reach.EVERYTHING, pairs=PAIRS).refuse()


def serve(household: Household, *, host: str, port: int) -> None:
    brought = {name for name in BROUGHT if not household.environment.get(name)}
    bring_what_is_missing(household)
    write_environment(
        settings.BASE_DIR / RUNNING,
        {name: household.environment[name] for name in sorted(brought)},
    )
    prepare(household)
    open_the_doors(household, host=host, port=port)
    say(f"Serving on http://{host}:{port}/admin/ (logs: {household.folder}/log)")
    household.watch()
