"""The other end of the callbacks: opens what comes and answers as it is told to."""

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree

from apps.sandbox.credentials import Credentials
from apps.sandbox.seal import decrypt, sign


class Listener:
    """`heard` are the opened messages, `requests` what they came in.

    `answers` says the status of the n-th request, from 1 on; `pause` how long it
    takes.
    """

    def __init__(self, credentials: Credentials) -> None:
        self.receivers = {
            "/app": credentials.app_receiver,
            "/contacts": credentials.contacts_receiver,
        }
        self.heard: list[tuple[str, str]] = []
        self.requests: list[dict[str, Any]] = []
        self.answers: Callable[[int], int] = lambda number: 200
        self.pause: Callable[[int], float] = lambda number: 0.0
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(self))
        self.server.daemon_threads = True
        self.thread = threading.Thread(
            target=self.server.serve_forever, args=(0.02,), daemon=True
        )
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "Listener":
        self.thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def hear(self, path: str, query: dict[str, str], body: bytes) -> int:
        """Check the signature, open the message, and say which status to answer."""
        receiver = self.receivers[path]
        encrypted = ElementTree.fromstring(body).findtext("Encrypt") or ""
        signature = sign(receiver.token, query["timestamp"], query["nonce"], encrypted)
        assert signature == query["msg_signature"]
        message = decrypt(encrypted, receiver=receiver).decode()
        with self.lock:
            number = len(self.requests) + 1
            self.requests.append({"path": path, "body": body, **query})
            self.heard.append((path.strip("/"), message))
        time.sleep(self.pause(number))
        return self.answers(number)

    def messages(self, receiver: str = "app") -> list[dict[str, Any]]:
        return [flat(text) for to, text in self.heard if to == receiver]


def flat(text: str) -> dict[str, Any]:
    """Elements by name; those with items as lists."""
    return {
        element.tag: [item.text for item in element] if len(element) else element.text
        for element in ElementTree.fromstring(text)
    }


def handler_for(listener: Listener) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            address = urlsplit(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = listener.hear(address.path, dict(parse_qsl(address.query)), body)
            self.send_response(status)
            self.send_header("Content-Length", "7")
            self.end_headers()
            self.wfile.write(b"success")

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            echo = dict(parse_qsl(address.query))["echostr"]
            plain = decrypt(echo, receiver=listener.receivers[address.path])
            self.send_response(200)
            self.send_header("Content-Length", str(len(plain)))
            self.end_headers()
            self.wfile.write(plain)

        def log_message(self, format: str, *args: Any) -> None:
            """Tests keep quiet."""

    return Handler
