"""Every variable of the environment that the product knows, and what is wrong with it.

A process that lacks something says everything that is missing or malformed at once,
and stops. docs/settings.md is this table for people.
"""

import base64
import binascii
import contextlib
import ipaddress
import os
import re
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from environ import Env
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

RUNNING = Path("var/serve/environment")
BROKERS = ("redis", "rediss", "redis+socket", "amqp", "amqps", "memory")


class Reach(IntEnum):
    """How much of the world a process touches, and so which variables it needs."""

    NOTHING = 0
    DATABASE = 1
    EVERYTHING = 2


# What is not named here reaches everything: web, worker, timetable, pull and the like.
REACHES = {
    **dict.fromkeys(
        [
            *["help", "version", "check", "demo", "serve", "sandbox", "settings"],
            *["makemigrations", "makemessages", "collectstatic", "findstatic"],
            *["diffsettings", "test", "testserver"],
        ],
        Reach.NOTHING,
    ),
    **dict.fromkeys(
        [
            *["migrate", "showmigrations", "sqlmigrate", "createcachetable", "dbshell"],
            *["shell", "createsuperuser", "changepassword", "clearsessions"],
            *["dumpdata", "loaddata", "inspectdb", "axes_reset"],
        ],
        Reach.DATABASE,
    ),
}


@dataclass(frozen=True, kw_only=True)
class Variable:
    """`read` makes a value of the text, or says in a ValueError why it cannot."""

    name: str
    meaning: str
    example: str
    default: str = ""
    read: Callable[[str], Any] = str
    needed_from: Reach | None = None
    secret: bool = False


def text(value: str) -> str:
    if not value.isprintable() or " " in value:
        raise ValueError("holds spaces or control characters")
    return value


def yes_or_no(value: str) -> bool:
    if value.lower() not in ("", "0", "1", "no", "yes", "false", "true"):
        raise ValueError("is neither yes nor no")
    return value.lower() in ("1", "yes", "true")


def count(value: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,3}", value):
        raise ValueError("is not a whole number from 1 to 9999")
    return int(value)


def digits(value: str) -> str:
    if not re.fullmatch(r"[0-9]{0,20}", value):
        raise ValueError("is not a number")
    return value


def comma_list(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def one_of(*choices: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value.lower() not in choices:
            raise ValueError(f"is none of {', '.join(choices)}")
        return value.lower()

    return read


def database(value: str) -> dict[str, str]:
    """The parts of a PostgreSQL URL, as libpq understands it."""
    if not value:
        return {}
    if not value.startswith(("postgresql://", "postgres://")):
        raise ValueError("is no postgresql:// address")
    try:
        parts = conninfo_to_dict(value)
    except ProgrammingError as problem:
        raise ValueError("is no address that PostgreSQL understands") from problem
    return {name: str(part) for name, part in parts.items()}


def broker(value: str) -> str:
    if value and urlsplit(value).scheme not in BROKERS:
        raise ValueError(f"begins with none of {', '.join(BROKERS)}")
    return value


def web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is no http:// or https:// address")
    return value.rstrip("/")


def networks(value: str) -> list[Any]:
    try:
        return [ipaddress.ip_network(part, strict=False) for part in comma_list(value)]
    except ValueError:
        raise ValueError("holds something that is no address or network") from None


def data_keys(value: str) -> tuple[bytes, ...]:
    """Keys of 32 bytes in URL-safe base64, the newest first."""
    keys = tuple(map(_data_key, comma_list(value)))
    if len(set(keys)) < len(keys):
        raise ValueError("names a key twice")
    return keys


def _data_key(value: str) -> bytes:
    try:
        key = base64.b64decode(f"{value.rstrip('=')}=", altchars="-_", validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise ValueError("holds a key that is not 32 bytes in URL-safe base64")
    return key


def aes_key(value: str) -> str:
    """WeCom's EncodingAESKey: 43 characters of base64 that make 32 bytes."""
    if value and not re.fullmatch(r"[A-Za-z0-9+/]{43}", value):
        raise ValueError("is not the 43 characters that WeCom shows")
    return value


class Environment(dict[str, Any]):
    """The values by name. `problems` says what is wrong, a line to each.

    What is wrong is nobody's business where nothing is needed.
    """

    def __init__(
        self,
        variables: Iterable[Variable],
        given: Mapping[str, str],
        *,
        reach: Reach,
        pairs: Iterable[tuple[str, str]] = (),
    ) -> None:
        super().__init__()
        self.problems: list[str] = []
        for variable in variables:
            value = given.get(variable.name, "").strip()
            self[variable.name] = self.reading(variable, value)
            needed_from = variable.needed_from
            if not value and given.get(in_a_file(variable.name), "").strip():
                self.problems.append(
                    f"{in_a_file(variable.name)} names no file that can be read and "
                    f"holds something. {variable.meaning}"
                )
            elif not value and needed_from is not None and reach >= needed_from:
                self.problems.append(f"{variable.name} is missing. {variable.meaning}")
        for one, other in pairs:
            if bool(self[one]) != bool(self[other]):
                self.problems.append(f"{one} and {other} go together: set both.")
        if reach == Reach.NOTHING:
            self.problems.clear()

    def reading(self, variable: Variable, value: str) -> Any:
        try:
            return variable.read(value or variable.default)
        except ValueError as problem:
            self.problems.append(f"{variable.name} {problem}. {variable.meaning}")
            return variable.read(variable.default)

    def refuse(self) -> None:
        """Stop the process when anything is wrong, and say all of it."""
        if self.problems:
            lines = "\n".join(f"  {problem}" for problem in self.problems)
            raise SystemExit(
                f"The settings are not complete (docs/settings.md explains each):\n"
                f"{lines}"
            )


def in_a_file(name: str) -> str:
    """The variable that names the file in which this one's value stands."""
    return f"{name}_FILE"


def open_files(variables: Iterable[Variable], given: MutableMapping[str, str]) -> None:
    """Where NAME_FILE is given and NAME is not, NAME is what that file holds.

    So a secret need not stand in the environment that a unit or a compose file shows.
    A file that cannot be read leaves NAME unset, and `Environment` says so.
    """
    for variable in variables:
        file = given.get(in_a_file(variable.name), "").strip()
        if file and not given.get(variable.name, "").strip():
            with contextlib.suppress(OSError, UnicodeDecodeError):
                given[variable.name] = Path(file).read_text().strip()


def reach_of(role: str) -> Reach:
    return REACHES.get(role, Reach.EVERYTHING)


def read_files(folder: Path, *, role: str) -> None:
    """Add what a file says to the environment, which has the last word.

    SCRM_ENV_FILE names the file. Where it is not set: `.env`, and the file in which a
    running `serve` tells where its embedded database and broker are; `serve` itself
    must not take what an earlier one left for a database that it is given, and the
    demo is a world of its own that meets no real database by accident.
    """
    if "SCRM_ENV_FILE" in os.environ:
        files = [Path(os.environ["SCRM_ENV_FILE"])]
    else:
        files = [folder / ".env", folder / RUNNING]
        files = {"demo": [], "serve": files[:1]}.get(role, files)
    for file in files:
        if file.is_file():
            Env.read_env(file)
