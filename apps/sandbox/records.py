"""The corp's records: one database, one lock, one clock, and the news of a change.

Whoever reads or writes holds the lock. A change is one transaction: either all of
it is written and its news go out to the listeners, or nothing happened.
"""

import base64
import hashlib
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from apps.sandbox.credentials import SANDBOX, Credentials
from apps.sandbox.database import open_database
from apps.sandbox.knobs import Knobs


class CannotDo(Exception):
    """The act does not fit the state of the corp."""


@dataclass(frozen=True, kw_only=True)
class News:
    """One event that WeCom tells to one receiver (`app` or `contacts`).

    `message` holds the elements of the inner XML in their order: strings, whole
    numbers, lists (of items) and dictionaries. An empty string stands for an
    element that may be absent.
    """

    receiver: str
    message: dict[str, Any]


class Records:
    def __init__(
        self,
        path: str = ":memory:",
        *,
        credentials: Credentials = SANDBOX,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = path
        self.credentials = credentials
        self.clock = clock
        self.knobs = Knobs()
        self.lock = threading.RLock()
        self.listeners: list[Callable[[News], None]] = []
        self.database = open_database(path)
        self.random = random.Random(self.note("seed") or "sandbox")
        self.counter = int(self.note("counter") or 0)
        self.untold: list[News] = []
        self.chats_changed_at: dict[str, float] = {}
        self.chats_told: dict[tuple[str, bool], dict[str, Any]] = {}
        self.pictures = "https://wework.qpic.cn/wwpic"  # where those of codes lie
        self.depth = 0

    def close(self) -> None:
        with self.lock:
            self.database.close()

    def now(self) -> int:
        return int(self.clock())

    # Reading and writing

    def rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        with self.lock:
            return self.database.execute(statement, values).fetchall()

    def row(self, statement: str, *values: Any) -> sqlite3.Row | None:
        with self.lock:
            return self.database.execute(statement, values).fetchone()

    def value(self, statement: str, *values: Any) -> Any:
        row = self.row(statement, *values)
        return row[0] if row else None

    def run(self, statement: str, *values: Any) -> sqlite3.Cursor:
        return self.database.execute(statement, values)

    def run_many(self, statement: str, rows: Iterable[Any]) -> None:
        self.database.executemany(statement, rows)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """One transaction under the lock; the news go out when it is written."""
        with self.lock:
            if self.depth:  # part of a greater change
                yield
                return
            self.depth, self.untold = 1, []
            counter = self.counter
            self.database.execute("BEGIN")
            try:
                yield
                if self.counter != counter:
                    self.write_note("counter", str(self.counter))
                self.database.execute("COMMIT")
            except BaseException:
                self.database.execute("ROLLBACK")
                self.counter = counter
                raise
            finally:
                self.depth = 0
            for news in self.untold:
                for listener in self.listeners:
                    listener(news)

    def note(self, name: str) -> str | None:
        return self.value("SELECT value FROM meta WHERE name = ?", name)

    def write_note(self, name: str, value: str) -> None:
        self.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", name, value)

    # Names for new things

    def identifier(self, prefix: str, length: int = 30) -> str:
        """An id that is new in this corp and, for one seed, always the same."""
        self.counter += 1
        source = f"{self.note('seed') or 'sandbox'}:{self.counter}".encode()
        return prefix + readable(source, length)

    # News

    def tell(
        self,
        event: str,
        change_type: str,
        *,
        at: int,
        receiver: str = "app",
        **elements: Any,
    ) -> None:
        """Let the receiver hear of it, once the change is written (wecom-api.md 4.5).

        The app hears only of employees and group owners in its visible range, and
        nothing at all unless it is callable.
        """
        if "ChatId" in elements:
            self.chats_changed_at[elements["ChatId"]] = self.clock()
        if receiver == "app" and not self.app_hears_of(elements):
            return
        message = {
            "ToUserName": self.credentials.corp_id,
            "FromUserName": "sys",
            "CreateTime": at - at % max(self.knobs.create_time_step, 1),
            "MsgType": "event",
            "Event": event,
            "ChangeType": change_type,
            **elements,
        }
        self.untold.append(News(receiver=receiver, message=message))

    def app_hears_of(self, elements: dict[str, Any]) -> bool:
        if not self.knobs.callable_app:
            return False
        userid = elements.get("UserID", "")
        if "ChatId" in elements:
            userid = self.value(
                "SELECT owner FROM group_chat WHERE chat_id = ?", elements["ChatId"]
            )
        return self.in_range(userid)

    def in_range(self, userid: str) -> bool:
        """Whether the app sees the employee; ids are compared without case."""
        hidden = self.knobs.out_of_range
        return not hidden or userid.lower() not in {one.lower() for one in hidden}


def readable(source: bytes, length: int) -> str:
    """`length` letters, digits, `-` and `_` that depend on all of the source."""
    digest = hashlib.blake2b(source, digest_size=48).digest()
    return base64.urlsafe_b64encode(digest)[:length].decode()
