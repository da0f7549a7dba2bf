"""What is logged goes to stderr, one line each, and holds no secret.

Secrets are struck out by their value, wherever they stand; so are tokens in an
address of WeCom's.
"""

import json
import logging
import re
from contextvars import ContextVar
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from scrm.variables import VARIABLES

request_id: ContextVar[str] = ContextVar("request_id", default="")

ZONE = ZoneInfo("Asia/Shanghai")
STRUCK_OUT = "***"
IN_AN_ADDRESS = re.compile(
    r"(\b(?:access_token|corpsecret|secret|msg_signature|echostr|code)=)[^&\s\"']+"
)
ORDINARY = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


class Line(logging.Formatter):
    """One line for a message, without secrets and without control characters."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets: list[str] | None = None

    def without_secrets(self, line: str) -> str:
        if self.secrets is None:
            self.secrets = _secrets()
        for secret in self.secrets:
            line = line.replace(secret, STRUCK_OUT)
        return IN_AN_ADDRESS.sub(rf"\1{STRUCK_OUT}", line)

    def parts(self, record: logging.LogRecord) -> dict[str, Any]:
        at = datetime.fromtimestamp(record.created, ZONE)
        parts: dict[str, Any] = {
            "at": at.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id.get():
            parts["request_id"] = request_id.get()
        for name, value in vars(record).items():
            if name not in ORDINARY and isinstance(value, str | int | float):
                parts[name] = value
        if record.exc_info:
            parts["trace"] = self.formatException(record.exc_info)
        return parts


class JsonLine(Line):
    """For machines: one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        line = json.dumps(self.parts(record), ensure_ascii=True, default=str)
        return self.without_secrets(line)


class TextLine(Line):
    """For people: time, level, message, and a trace on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        parts = self.parts(record)
        at, level = parts.pop("at"), parts.pop("level")
        logger, message = parts.pop("logger"), parts.pop("message")
        trace = parts.pop("trace", "")
        rest = "".join(f" {name}={value}" for name, value in parts.items())
        line = f"{at[:23]} {level:7} {logger}: {_on_one_line(message + rest)}"
        return self.without_secrets(f"{line}\n{trace}" if trace else line)


def _on_one_line(text: str) -> str:
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def _secrets() -> list[str]:
    """The values that must never be seen; also the keys in a list of keys."""
    import os

    values = [os.environ.get(v.name, "") for v in VARIABLES if v.secret]
    parts = {part.strip() for value in values for part in value.split(",")}
    return sorted((part for part in parts if len(part) >= 8), key=len, reverse=True)
