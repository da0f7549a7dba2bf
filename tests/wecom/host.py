"""A host that answers our client as a test says, and remembers what it was asked."""

import itertools
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PREFIX = "/cgi-bin/"


@dataclass(frozen=True)
class Asked:
    """One request. `name` is WeCom's path, without /cgi-bin/."""

    method: str
    name: str
    query: dict[str, str]
    body: Any

    @property
    def token(self) -> str:
        return self.query.get("access_token", "")


class HangUp(Exception):
    """The connection is closed instead of an answer."""


# A dict is answered as JSON, bytes as they are, a number as an HTTP status.
Reply = dict[str, Any] | bytes | int


class Host:
    """`answers` says what becomes of a request; `tokens` what gettoken answers."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answers: Callable[[Asked], Reply] = lambda asked: {"errcode": 0}
        self.numbers = itertools.count(1)
        self.tokens: Callable[[Asked], Reply] = self.next_token
        self.lock = threading.Lock()
        self.connections: list[Any] = []
        self.under_way = self.most_at_once = 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(self))
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(
            target=self.server.serve_forever, args=(0.02,), daemon=True
        )

    def __enter__(self) -> "Host":
        self.thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(2)
        self.thread.join()

    def next_token(self, asked: Asked) -> Reply:
        token = f"token-{next(self.numbers)}"
        return {"errcode": 0, "access_token": token, "expires_in": 7200}

    def of(self, name: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.name == name]

    def reply(self, asked: Asked) -> Reply:
        with self.lock:
            self.asked.append(asked)
            self.under_way += 1
            self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            return (self.tokens if asked.name == "gettoken" else self.answers)(asked)
        finally:
            with self.lock:
                self.under_way -= 1


def handler_for(host: Host) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            host.connections.append(self.connection)

        def handle(self) -> None:
            with suppress(ConnectionError):
                super().handle()

        def do_GET(self) -> None:
            self.answer(None)

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            self.answer(json.loads(self.rfile.read(length) or b"null"))

        def answer(self, body: Any) -> None:
            address = urlsplit(self.path)
            asked = Asked(
                method=self.command,
                name=address.path.removeprefix(PREFIX),
                query=dict(parse_qsl(address.query, keep_blank_values=True)),
                body=body,
            )
            try:
                self.write(host.reply(asked))
            except HangUp:
                self.close_connection = True

        def write(self, reply: Reply) -> None:
            status = reply if isinstance(reply, int) else 200
            content = b"" if isinstance(reply, int) else reply
            if isinstance(content, dict):
                content = json.dumps(content, ensure_ascii=False).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{PREFIX}elsewhere")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *parts: object) -> None:
            """Nothing."""

    return Handler
