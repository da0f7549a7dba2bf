"""What is logged goes to stderr, one line each, and holds no secret and no person.

Secrets are struck out by their value, wherever they stand; so are tokens in an
address of WeCom's. A mistake is told by apps/common/mistakes.py, which leaves out the
values. Each line says for which request, job and event it was written.
"""

import json
import logging
import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from apps.common.mistakes import chain, told, traced, without_details
from apps.common.tracing import known
from scrm.variables import VARIABLES

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
            "message": _message(record),
            **known(),
        }
        for name, value in vars(record).items():
            if name not in ORDINARY and isinstance(value, str | int | float):
                parts[name] = value
        if bug := _mistake(record):
            parts["trace"] = traced(bug)
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


def _mistake(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if record.exc_info else None


def _message(record: logging.LogRecord) -> str:
    """What was said; others say a mistake's own words once more, with its values."""
    if isinstance(record.args, tuple):
        given = (told(a) if isinstance(a, BaseException) else a for a in record.args)
        record.args = tuple(given)
    message = record.getMessage()
    for bug in chain(_mistake(record)):
        for words in filter(None, (repr(bug), str(bug))):
            message = message.replace(words, told(bug))
    return without_details(message)


def _on_one_line(text: str) -> str:
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def _secrets() -> list[str]:
    """The values that must never be seen; also the keys in a list of keys."""
    import os

    values = [os.environ.get(v.name, "") for v in VARIABLES if v.secret]
    parts = {part.strip() for value in values for part in value.split(",")}
    return sorted((part for part in parts if len(part) >= 8), key=len, reverse=True)
