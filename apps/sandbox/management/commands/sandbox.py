"""Run the sandbox corp: the API, the callbacks and the life of a pretend company."""

import os
import signal
import threading
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.sandbox.corp import Corp
from apps.sandbox.credentials import credentials_from
from apps.sandbox.database import StateInUse
from apps.sandbox.server import Server

STATE = Path("var/sandbox/corp.sqlite3")


class Command(BaseCommand):
    help = "Run a WeCom of our own, with a company living in it."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8800)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--employees", type=int, default=20)
        parser.add_argument("--contacts", type=int, default=2000)
        parser.add_argument("--groups", type=int, default=60)
        parser.add_argument(
            "--state", default=str(STATE), help="the SQLite file the corp lives in"
        )
        parser.add_argument(
            "--fresh", action="store_true", help="forget the state and start anew"
        )
        parser.add_argument("--callback-url", default="")
        parser.add_argument("--contacts-callback-url", default="")
        parser.add_argument(
            "--life", type=float, default=0, help="how much happens per minute"
        )
        parser.add_argument("--latency-ms", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        corp = self.found(options)
        corp.knobs.turn(latency_ms=options["latency_ms"])
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        try:
            server = Server(corp, port=options["port"], host=options["host"])
            server.callbacks.configure(
                app_url=options["callback_url"],
                contacts_url=options["contacts_callback_url"],
            )
        except (OSError, ValueError) as error:
            corp.close()
            raise CommandError(str(error)) from error
        server.life.per_minute = options["life"]
        with server:
            self.greet(server)
            ended.wait()
        corp.close()

    def found(self, options: dict[str, Any]) -> Corp:
        """The corp of the state file, made if there is none yet."""
        path = options["state"]
        measures = {
            name: options[name] for name in ("seed", "employees", "contacts", "groups")
        }
        if min(measures.values()) < 0 or measures["employees"] < 1:
            raise CommandError("There must be an employee, and nothing negative.")
        if path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        if options["fresh"]:
            for name in (path, f"{path}-wal", f"{path}-shm"):
                Path(name).unlink(missing_ok=True)
        try:
            corp = Corp(path, credentials=credentials_from(os.environ))
        except (StateInUse, ValueError) as error:
            raise CommandError(str(error)) from error
        if not corp.measures():
            corp.populate(**measures)
        elif corp.measures() != measures:
            found = " ".join(f"--{name} {n}" for name, n in corp.measures().items())
            corp.close()
            raise CommandError(
                f"{path} holds a corp made with {found}. Give the same, another "
                "--state, or --fresh to start anew."
            )
        return corp

    def greet(self, server: Server) -> None:
        """The lines of an environment that connects to this corp."""
        self.stdout.write(f"The sandbox corp answers at {server.url}")
        self.stdout.write(f"WECOM_API_URL={server.url}")
        self.stdout.write(f"WEIXIN_API_URL={server.url}")
        for name, value in server.corp.credentials.environment().items():
            self.stdout.write(f"{name}={value}")
        self.stdout.flush()
