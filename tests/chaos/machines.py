"""The same house on several machines: network namespaces, joined by a bridge.

The web is on one host, the workers on two others, timetables on both. PostgreSQL and
the broker are Debian's, on this machine. Needs root, `ip netns`, and the packages
postgresql, redis-server or rabbitmq-server.
"""

import contextlib
import os
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from scrm.embedded.part import Part, wait_for
from scrm.embedded.postgres import Postgres
from tests.chaos.house import House, opened
from tests.chaos.nemesis import DEEDS, Deeds, Nemesis
from tests.chaos.stories import Outcome, storm

BRIDGE = "chaos0"
NETWORK = "10.231.7"
HERE = f"{NETWORK}.1"
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
HOSTS = {"web": 11, "one": 12, "two": 13}  # the last number of each host's address


def lasting_port() -> int:
    """One that no outgoing line is given while whoever listens there is away."""
    first, _last = map(int, EPHEMERAL.read_text().split())
    while True:
        port = random.randrange(first // 2, first - 1)
        with contextlib.suppress(OSError), socket.socket() as line:
            line.bind(("", port))
            return port


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


class Network:
    """Hosts of their own behind a bridge, until it is closed."""

    def __enter__(self) -> "Network":
        self.close()
        ip("link", "add", BRIDGE, "type", "bridge")
        ip("addr", "add", f"{HERE}/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        for name, number in HOSTS.items():
            host = f"chaos-{name}"
            ip("netns", "add", host)
            ends = ["link", "add", f"ch-{name}", "type", "veth", "peer", "name", "eth0"]
            ip(*ends, "netns", host)
            ip("link", "set", f"ch-{name}", "master", BRIDGE, "up")
            address = f"{NETWORK}.{number}/24"
            ip("-n", host, "addr", "add", address, "dev", "eth0")
            ip("-n", host, "link", "set", "eth0", "up")
            ip("-n", host, "link", "set", "lo", "up")
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for name in HOSTS:
            with contextlib.suppress(subprocess.CalledProcessError):
                ip("netns", "del", f"chaos-{name}")
        with contextlib.suppress(subprocess.CalledProcessError):
            ip("link", "del", BRIDGE)

    def cut_off(self, name: str) -> None:
        """Nothing gets through, in either direction, and nobody is told."""
        ip("link", "set", f"ch-{name}", "down")

    def join(self, name: str) -> None:
        ip("link", "set", f"ch-{name}", "up")


class OpenPostgres(Postgres):
    """Debian's PostgreSQL, reached over the network."""

    def __init__(self, home: Path, *, settings: dict[str, str]) -> None:
        super().__init__(home, settings=settings)
        self.port = lasting_port()
        self.settings |= {"listen_addresses": HERE, "port": str(self.port)}
        newest = max(Path("/usr/lib/postgresql").glob("*/bin"))
        self.programs = newest

    @property
    def url(self) -> str:
        return f"postgresql://postgres@{HERE}:{self.port}/{self.name}"

    def configure(self) -> None:
        super().configure()
        hba = self.data / "pg_hba.conf"
        if NETWORK not in hba.read_text():
            with hba.open("a") as file:
                file.write(f"host all all {NETWORK}.0/24 trust\n")

    def run(self, program: str, *arguments: object) -> str:
        if program in ("psql", "createdb", "pg_isready"):
            arguments = ("-p", self.port, *arguments)
        return super().run(program, *arguments)


class Redis(Part):
    """Debian's Redis on a port of the bridge."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.port = lasting_port()

    @property
    def url(self) -> str:
        return f"redis://{HERE}:{self.port}/0"

    def launch(self) -> None:
        where = ["--bind", HERE, "--port", self.port, "--protected-mode", "no"]
        self.spawn("redis-server", *where, "--save", "", cwd=self.home)

    def answers(self) -> bool:
        command = ["redis-cli", "-h", HERE, "-p", str(self.port), "ping"]
        return b"PONG" in subprocess.run(command, capture_output=True).stdout

    def forget(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.launch()


class RabbitMQ(Part):
    """Debian's RabbitMQ on a port of the bridge, in a folder of its own."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.port = lasting_port()
        self.nodes_port = lasting_port()
        self.account = pwd.getpwnam("rabbitmq")

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@{HERE}:{self.port}//"

    @property
    def settings(self) -> dict[str, str]:
        return {
            "PATH": f"/usr/lib/rabbitmq/bin:{os.environ['PATH']}",
            "HOME": str(self.home),
            "RABBITMQ_NODENAME": f"chaos-{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": HERE,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.nodes_port),
            "RABBITMQ_MNESIA_BASE": str(self.home / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.home / "logs"),
            "RABBITMQ_CONFIG_FILE": str(self.home / "rabbitmq"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.home / "plugins"),
        }

    def launch(self) -> None:
        self.home.chmod(0o755)
        (self.home / "rabbitmq.conf").write_text("loopback_users = none\n")
        (self.home / "plugins").write_text("[].\n")
        for place in [self.home, *self.home.iterdir()]:
            os.chown(place, self.account.pw_uid, self.account.pw_gid)
        ids = {"user": self.account.pw_uid, "group": self.account.pw_gid}
        how: dict[str, Any] = {**ids, "extra_groups": [], "cwd": "/"}
        self.spawn("rabbitmq-server", env=self.settings, **how)

    def forget(self) -> None:
        self.stop()
        shutil.rmtree(self.home / "mnesia")
        self.start()

    def own(self) -> None:
        super().own()
        self.home.parent.chmod(0o755)

    def answers(self) -> bool:
        return wait_for(self.is_reached, seconds=0.5)

    def is_reached(self) -> bool:
        with contextlib.suppress(OSError), socket.socket() as line:
            line.settimeout(0.5)
            line.connect((HERE, self.port))
            line.sendall(b"AMQP\x00\x00\x09\x01")
            return bool(line.recv(8))
        return False


class HostedHouse(House):
    """A house whose parts run on the hosts of a network."""

    here = HERE
    web_host = f"{NETWORK}.{HOSTS['web']}"

    def __init__(self, folder: Path, network: Network, **how: Any) -> None:
        super().__init__(folder, **how)
        self.network = network
        self.database = OpenPostgres(folder / "pg", settings=self.database.settings)

    def way_to(self, name: str) -> list[str]:
        if name == "sandbox":
            return super().way_to(name)
        host = "web" if name.startswith("web") else "one" if name[-1] == "1" else "two"
        return ["ip", "netns", "exec", f"chaos-{host}", *super().way_to(name)]

    def flush_broker(self) -> None:
        self.broker.forget()


def cut_a_host_off(nemesis: Nemesis) -> None:
    """A whole machine of workers is away for a while, with what it had begun."""
    house = nemesis.house
    assert isinstance(house, HostedHouse)
    house.network.cut_off("two")
    time.sleep(nemesis.chance.uniform(8, 16))  # past the lease of what it holds
    house.network.join("two")


HOSTED_DEEDS: Deeds = DEEDS | {cut_a_host_off: 3}


def run(broker: str, *, seed: int, seconds: float, per_second: float) -> Outcome:
    """The chaos run on several machines, with `redis` or `rabbitmq`."""
    if why := is_possible(broker):
        raise SystemExit(f"This machine cannot play several: {why}.")
    kinds = {"redis": Redis, "rabbitmq": RabbitMQ}
    with (
        Network() as network,
        tempfile.TemporaryDirectory(prefix="chaos-") as folder,
        opened(
            HostedHouse(
                Path(folder),
                network,
                seed=seed,
                workers={"inbox": 2, "outbox": 2},
                broker=kinds[broker](Path(folder) / broker),
            )
        ) as house,
    ):
        return storm(house, seconds=seconds, per_second=per_second, deeds=HOSTED_DEEDS)


def is_possible(broker: str) -> str:
    """Empty, or why this machine cannot play several."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    programs = {"redis": "redis-server", "rabbitmq": "rabbitmq-server"}
    for program in ("ip", programs[broker]):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    if not list(Path("/usr/lib/postgresql").glob("*/bin/postgres")):
        return "Debian's PostgreSQL is not installed"
    return ""
