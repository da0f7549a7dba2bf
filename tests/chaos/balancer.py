"""One address before several web servers, as a proxy of the real world has it.

A connection goes to the next server that accepts it. One that breaks while it is
served breaks for the visitor as well: nothing is sent twice here.
"""

import asyncio
import contextlib
import itertools
import threading


class Balancer:
    """Runs in a thread of its own until it is closed."""

    def __init__(self, servers: list[tuple[str, int]], *, host: str = "127.0.0.1"):
        self.servers = servers
        self.turn = itertools.count()
        self.host = host
        self.port = 0
        self.loop = asyncio.new_event_loop()
        self.is_open = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self) -> "Balancer":
        self.thread.start()
        self.is_open.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    def run(self) -> None:
        asyncio.set_event_loop(self.loop)
        listening = asyncio.start_server(self.serve, self.host, 0)
        server = self.loop.run_until_complete(listening)
        self.port = server.sockets[0].getsockname()[1]
        self.is_open.set()
        self.loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        first = next(self.turn)
        for number in range(len(self.servers)):
            host, port = self.servers[(first + number) % len(self.servers)]
            try:
                there = await asyncio.open_connection(host, port)
            except OSError:
                continue
            await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))
            return
        writer.close()


async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    with contextlib.suppress(OSError):
        target.close()
