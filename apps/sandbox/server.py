"""The API over HTTP, on its own port: keep-alive, one thread to a connection.

`Server(corp).start()` answers below /cgi-bin/ as WeCom does, below /sns/ and /wxa/ as
WeChat does for mini-programs, and below /sandbox/ whoever steers the corp (control.py).
"""

import contextlib
import json
import socket
import sys
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from apps.sandbox import api, control, login_page, pictures
from apps.sandbox.callbacks import Callbacks
from apps.sandbox.corp import Corp
from apps.sandbox.faults import Faults, Rule
from apps.sandbox.journal import Journal
from apps.sandbox.life import Life
from apps.sandbox.limits import Limits

BASE = "/cgi-bin/"
WECHAT = ("/sns/", "/wxa/")
SECRETS = ("access_token", "corpsecret", "secret")
LARGEST_READ = 30_000_000
JSON = "application/json; charset=UTF-8"


class Server:
    def __init__(self, corp: Corp, port: int = 0, host: str = "127.0.0.1") -> None:
        self.corp = corp
        self.journal = Journal()
        self.faults = Faults()
        self.limits = Limits(corp.knobs)
        self.callbacks = Callbacks(corp, self.journal)
        self.life = Life(corp)
        self.stopping = threading.Event()
        self.listener = Listener((host, port), Handler, server=self)
        self.host, self.port = host, self.listener.server_port
        corp.pictures = f"{self.url}/wwpic"
        self.thread = threading.Thread(
            target=self.listener.serve_forever, args=(0.05,), daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def start(self) -> "Server":
        self.callbacks.start()
        self.life.start()
        self.thread.start()
        return self

    def stop(self) -> None:
        """Shut the port and every connection; the corp stays open."""
        self.stopping.set()
        self.life.stop()
        if self.thread.is_alive():
            self.listener.shutdown()
        self.listener.server_close()
        self.listener.close_connections()
        self.callbacks.stop()

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(self, *raised: object) -> None:
        self.stop()


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], handler: Any, server: Server) -> None:
        self.sandbox = server
        self.connections: set[socket.socket] = set()
        super().__init__(address, handler)

    def close_connections(self) -> None:
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that went away is no error, nor is a corp that was shut while
        it answered; anything else is printed."""
        ending = self.sandbox.stopping.is_set()
        if not ending and not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def log_message(self, format: str, *args: Any) -> None:
        """The journal has it."""

    def do_GET(self) -> None:
        self.respond()

    def do_POST(self) -> None:
        self.respond()

    def respond(self) -> None:
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query, keep_blank_values=True))
        body = self.read_body()
        if body is None:
            self.send(411, {}, b"")
        elif address.path.startswith(BASE):
            self.answer_call(address.path.removeprefix(BASE), query, body)
        elif address.path.startswith(WECHAT):
            self.answer_call(address.path.removeprefix("/"), query, body)
        elif self.command == "GET" and login_page.answers(address.path):
            corp = self.server.sandbox.corp
            self.send(*login_page.answer(corp, address.path, query))
        elif self.command == "GET" and pictures.answers(address.path):
            self.send(*pictures.answer(address.path))
        else:
            status, payload = control.answer(
                self.server.sandbox, self.command, address.path, query, body
            )
            self.send(status, {}, json.dumps(payload, ensure_ascii=False).encode())

    def read_body(self) -> bytes | None:
        """The body; None if its length is not told, or is absurd."""
        if "Transfer-Encoding" in self.headers:
            self.close_connection = True
            return None
        told = self.headers.get("Content-Length", "0")
        if not told.isdecimal() or int(told) > LARGEST_READ:
            self.close_connection = True
            return None
        return self.rfile.read(int(told))

    def answer_call(self, path: str, query: dict[str, str], body: bytes) -> None:
        sandbox = self.server.sandbox
        request = api.Request(
            method=self.command,
            path=path,
            query=query,
            body=body,
            ip=self.client_address[0],
        )
        began = time.monotonic()
        rule = sandbox.faults.strike(path)
        answer = self.answer_of(request, rule)
        sandbox.journal.write(
            "calls",
            api=path,
            method=self.command,
            query={name: query[name] for name in query if name not in SECRETS},
            body=answer.asked if answer else api.understood(body)[0],
            app=answer.app if answer else "",
            errcode=answer.errcode if answer else None,
            fault=rule.do if rule else None,
            ms=round((time.monotonic() - began) * 1000, 1),
            ip=request.ip,
        )
        self.deliver(answer, rule)

    def answer_of(self, request: api.Request, rule: Rule | None) -> api.Answer | None:
        """The call's answer; None where a fault keeps it from being made."""
        sandbox = self.server.sandbox
        if rule and rule.do in ("timeout", "http500"):
            return None
        if rule and isinstance(rule.do, int):
            return api.fault(sandbox.corp, request, rule.do)
        seconds = sandbox.corp.knobs.latency_ms / 1000
        if rule and rule.do == "slow":
            seconds += rule.seconds
        return api.answer(
            sandbox.corp,
            sandbox.limits,
            request,
            pause=lambda: sandbox.stopping.wait(seconds) if seconds else None,
        )

    def deliver(self, answer: api.Answer | None, rule: Rule | None) -> None:
        kind = rule.do if rule else None
        if rule and kind in ("timeout", "timeout_after_effect"):
            self.server.sandbox.stopping.wait(rule.seconds)
            self.close_connection = True
            return
        if answer is None:
            page = b"<html><head><title>500</title></head><body>500</body></html>"
            self.send(500, {"Content-Type": "text/html"}, page)
            return
        headers = {}
        if answer.status == 200:
            headers["Error-Code"] = str(answer.errcode)
            headers["Error-Msg"] = answer.payload.get("errmsg", "ok")
        self.send(answer.status, headers, answer.body(), half=kind == "half_closed")

    def send(
        self, status: int, headers: dict[str, str], body: bytes, *, half: bool = False
    ) -> None:
        """Head and body in one write, so that they travel together."""
        lines = [
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
            "Server: nginx",
            f"Date: {self.date_time_string()}",
        ]
        headers = {"Content-Type": JSON, "Content-Length": str(len(body))} | headers
        if half or self.close_connection:
            self.close_connection = True
            headers["Connection"] = "close"
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        self.wfile.write(head + (body[: len(body) // 2] if half else body))
