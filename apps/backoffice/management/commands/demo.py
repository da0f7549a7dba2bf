"""The product on this machine, with a company living in it."""

import base64
import os
import secrets
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from scrm.embedded.part import CannotStart, tail
from scrm.household import Household, answers, free_port, refuse_a_busy_port, say
from scrm.serving import (
    bring_what_is_missing,
    open_the_doors,
    prepare,
    write_environment,
)

HOST = "127.0.0.1"
LIFE = 12  # things that happen in the corp in a minute
LIVED_IN = (
    "demo_fields",
    "demo_shop",
    "demo_points",
    "demo_campaigns",
    "demo_welcomes",
    "demo_codes",
    "demo_referrals",
    "demo_errands",
    "demo_links",
    "demo_costs",
    "demo_leads",
    "demo_foretold",
    "demo_assignment",
    "demo_leaver",
    "demo_scores",
)
KEPT = ("SECRET_KEY", "SCRM_DATA_KEYS", "SCRM_DEMO_PASSWORD")


class Command(BaseCommand):
    help = "Everything at once, with a sandbox corp in the place of WeCom."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *, port, **options):
        try:
            refuse_a_busy_port(HOST, port)
            with Household(settings.BASE_DIR / "var" / "demo") as household:
                show(household, port=port)
        except CannotStart as problem:
            raise CommandError(str(problem)) from problem
        except KeyboardInterrupt:
            say("Stopped.")


def show(household: Household, *, port: int) -> None:
    say("Starting (a few seconds) ...")
    sandbox = free_port()
    environment = environment_for(household.folder / "environment", sandbox=sandbox)
    household.environment |= environment
    bring_what_is_missing(household)
    brought = ("DATABASE_URL", "BROKER_URL")
    environment |= {
        name: household.environment[name]
        for name in brought
        if not os.environ.get(name)
    }
    write_environment(household.folder / "environment", environment)
    start_the_corp(
        household, port=sandbox, told=f"http://{HOST}:{port}/wecom/callback/"
    )
    prepare(household)
    household.wait_for(household.send("logins"))
    open_the_doors(household, host=HOST, port=port)
    say(f"\n  http://{HOST}:{port}/admin/\n")
    for login in ("admin", "manager", "employee"):
        say(f"  {login:10} {environment['SCRM_DEMO_PASSWORD']}")
    say(f"\n  WeCom is played by a sandbox corp: {environment['WECOM_API_URL']}")
    say("\nCtrl-C stops it; what is in it stays for the next time.")
    pull(household)
    household.watch()


def environment_for(file: Path, *, sandbox: int) -> dict[str, str]:
    """What the children are told. Keys and password are made once and then kept."""
    kept = {name: value for name, value in read(file).items() if name in KEPT}
    key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    made = {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "SCRM_DATA_KEYS": key,
        "SCRM_DEMO_PASSWORD": secrets.token_hex(4),
    }
    corp = import_string("apps.sandbox.credentials.SANDBOX").environment()
    return {
        **(made | kept),
        **corp,
        "WECOM_API_URL": f"http://{HOST}:{sandbox}",
        "WEIXIN_API_URL": f"http://{HOST}:{sandbox}",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "TRUSTED_PROXIES": "",
        "DATABASE_REPLICA_URL": "",
        "LOG_FORMAT": "text",
        "SCRM_ENV_FILE": os.devnull,
    }


def read(file: Path) -> dict[str, str]:
    """What an earlier demo wrote there."""
    found: dict[str, str] = {}
    if file.exists():
        for line in file.read_text().splitlines():
            name, _, value = line.partition("=")
            found[name] = value.strip("'")
    return found


def start_the_corp(household: Household, *, port: int, told: str) -> None:
    corp = ["sandbox", "--port", str(port), "--life", str(LIFE)]
    corp += ["--state", str(household.folder / "corp.sqlite3")]
    corp += ["--callback-url", told, "--contacts-callback-url", f"{told}contacts/"]
    household.raise_child("sandbox", *corp)
    household.watch(until=lambda: answers(HOST, port))


def pull(household: Household) -> None:
    """Bring the corp in while people are already looking around."""
    pulling = household.send("pull")
    household.watch(until=lambda: pulling.has_ended)
    if pulling.process.returncode:
        say(f"The pull failed ({pulling.log}):\n{tail(pulling.log)}")
    else:
        say("The company is in; life goes on in it.")
        household.wait_for(household.send("logins"))
        for more in LIVED_IN:
            household.wait_for(household.send(more))
