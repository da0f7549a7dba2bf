"""The load of a benchmark: requests that lie ready, sent as fast as they are answered
or at their instants, and when each was answered.

It is a process of its own, so that its CPU can be told from the server's. Requests
are whole before it begins; connections are kept alive.
"""

import asyncio
import json
import pickle
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[2]
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
LONGEST_WAIT = 60.0  # seconds after the last instant


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What became of a load. Waits are in seconds, from the instant at which a request
    should have been sent: a server that stalls is not spared those that queue."""

    seconds: float
    cpu: float
    statuses: dict[str, int]
    waits: list[float]

    @property
    def accepted(self) -> int:
        return self.statuses.get("200", 0)

    def percentile(self, share: float) -> float:
        place = min(int(len(self.waits) * share), len(self.waits) - 1)
        return sorted(self.waits)[place]


def send(
    requests: Sequence[bytes],
    *,
    port: int,
    connections: int,
    seconds: float = 0.0,
    rate: float = 0.0,
) -> Sent:
    """Send them once, `rate` a second; or, without a rate, over and over for so many
    seconds, each connection as soon as it is answered."""
    with tempfile.NamedTemporaryFile(prefix="scrm-load-") as file:
        pickle.dump(list(requests), file)
        file.flush()
        told = [file.name, port, connections, seconds, rate]
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.load", *map(str, told)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            check=True,
            timeout=600,
        )
    return Sent(**json.loads(done.stdout))


def request(path: str, query: dict[str, str], body: bytes) -> bytes:
    """A POST as it goes over the wire."""
    head = (
        f"POST {path}?{urlencode(query)} HTTP/1.1\r\n"
        "Host: localhost\r\nAccept: */*\r\nContent-Type: text/xml\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Line(asyncio.Protocol):
    """One connection: one request at a time."""

    def __init__(self, load: "Load") -> None:
        self.load = load
        self.due = 0.0
        self.answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.load.free.append(self)

    def put(self, request: bytes, due: float) -> None:
        self.due = due
        self.transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.answer += data
        head, end, body = self.answer.partition(b"\r\n\r\n")
        if not end:
            return
        length = LENGTH.search(head)
        if length and len(body) >= int(length[1]):
            self.answer = b""
            self.load.answered(self, head[9:12].decode())

    def connection_lost(self, error: Exception | None) -> None:
        """The server may hang up on a line that is idle for long, on no other."""
        if self in self.load.free:
            self.load.free.remove(self)
        else:
            self.load.over.set()


class Load:
    """The requests, the connections, and what has come back."""

    def __init__(self, requests: list[bytes], *, seconds: float, rate: float) -> None:
        self.requests = requests
        self.seconds, self.rate = seconds, rate
        self.began = self.ended = 0.0
        self.next = self.connections = 0
        self.free: list[Line] = []
        self.queue: deque[tuple[bytes, float]] = deque()
        self.statuses: Counter[str] = Counter()
        self.waits: list[float] = []
        self.over = asyncio.Event()

    async def run(self, *, port: int, connections: int) -> None:
        loop = asyncio.get_running_loop()
        for _number in range(connections):
            await loop.create_connection(lambda: Line(self), "127.0.0.1", port)
        self.connections = connections
        self.began = time.monotonic()
        if self.rate:
            await self.keep_to_the_clock()
        else:
            lines, self.free = self.free, []
            for line in lines:
                self.put_next(line)
        await asyncio.wait_for(self.over.wait(), self.seconds + LONGEST_WAIT)

    async def keep_to_the_clock(self) -> None:
        for number, request in enumerate(self.requests):
            due = self.began + number / self.rate
            if (early := due - time.monotonic()) > 0:
                await asyncio.sleep(early)
            if self.free:
                self.free.pop().put(request, due)
            else:
                self.queue.append((request, due))

    def put_next(self, line: Line) -> None:
        line.put(self.requests[self.next % len(self.requests)], time.monotonic())
        self.next += 1

    def answered(self, line: Line, status: str) -> None:
        now = time.monotonic()
        self.statuses[status] += 1
        self.waits.append(now - line.due)
        self.ended = now
        if self.rate:
            if len(self.waits) == len(self.requests):
                self.over.set()
            if self.queue:
                line.put(*self.queue.popleft())
            else:
                self.free.append(line)
        elif now < self.began + self.seconds:
            self.put_next(line)
        else:
            self.free.append(line)
            if len(self.free) == self.connections:
                self.over.set()


def run(file: str, port: str, connections: str, seconds: str, rate: str) -> None:
    requests = pickle.loads(Path(file).read_bytes())
    before = resource.getrusage(resource.RUSAGE_SELF)
    load = Load(requests, seconds=float(seconds), rate=float(rate))
    asyncio.run(load.run(port=int(port), connections=int(connections)))
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    waits = load.waits if load.rate else load.waits[:: max(len(load.waits) // 5000, 1)]
    told = {
        "seconds": load.ended - load.began,
        "cpu": cpu,
        "statuses": dict(load.statuses),
        "waits": waits,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    run(*sys.argv[1:])
