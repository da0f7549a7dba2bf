"""A plain caller of the sandbox's API, on the standard library."""

import http.client
import json
from typing import Any
from urllib.parse import urlencode

from apps.sandbox.server import Server


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += seconds


class Caller:
    def __init__(self, server: Server, *, secret: str | None = None) -> None:
        self.server = server
        credentials = server.corp.credentials
        self.secret = secret or credentials.app_secret
        self.token = ""

    def __call__(self, path: str, body: Any = None, **query: Any) -> dict[str, Any]:
        """The answer's JSON; a POST if there is a body. Fetches a token when it has
        none."""
        self.token = self.token or self.fetch_token()
        query = {"access_token": self.token, **query}
        return self.ask(path, body=body, query=query)[2]

    def fetch_token(self) -> str:
        query = {
            "corpid": self.server.corp.credentials.corp_id,
            "corpsecret": self.secret,
        }
        return self.ask("gettoken", query=query)[2]["access_token"]

    def ask(
        self,
        path: str,
        *,
        body: Any = None,
        raw: str | None = None,
        query: dict[str, Any] | None = None,
        method: str = "",
        base: str = "/cgi-bin/",
        timeout: float = 10,
    ) -> tuple[int, dict[str, str], Any]:
        """Status, headers and JSON of one request, without any Content-Type."""
        text = json.dumps(body) if body is not None and raw is None else raw
        connection = http.client.HTTPConnection(
            self.server.host, self.server.port, timeout=timeout
        )
        try:
            connection.request(
                method or ("POST" if text is not None else "GET"),
                f"{base}{path}?{urlencode(query or {})}",
                text.encode() if text is not None else None,
            )
            response = connection.getresponse()
            content = response.read()
            try:
                answer = json.loads(content)
            except ValueError:
                answer = content
            return response.status, dict(response.headers), answer
        finally:
            connection.close()

    def steer(self, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        """Status and JSON of a request to the control addresses."""
        status, _, answer = self.ask(path, body=body, query=query, base="/sandbox/")
        return status, answer
