"""Pages of a step, read by a few threads at once and handed over one by one.

Chains are independent of each other; within a chain a page needs the cursor of the
page before. While one page is worked on, the next of its chain is already being read.
"""

import queue
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from types import ModuleType
from typing import Protocol

from django.db import connections

from apps.common.errors import TryLater
from apps.sync.page import Page
from apps.wecom.errors import WeComRefused

AT_ONCE = 5  # calls under way for one API; WeCom refuses more than about ten
PATIENCE = 8  # times that a busy WeCom is asked for the same page
LOST_CURSOR = {50100, 60268}


class Readable(Protocol):
    """A chain of pages: a row of sync.Chain, or a passing one."""

    keys: list[str]
    cursor: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of asking for one page."""

    chain: Readable
    page: Page | None = None
    error: Exception | None = None


def read(step: ModuleType, chains: Iterable[Readable]) -> Iterator[Answer]:
    """Every page of these chains, as it comes; a chain ends with its last page or
    with an error, which the caller may answer by handing over new chains."""
    wanted: queue.SimpleQueue = queue.SimpleQueue()
    answers: queue.SimpleQueue = queue.SimpleQueue()
    stop = threading.Event()
    threads = [
        threading.Thread(target=serve, args=(step, wanted, answers, stop), daemon=True)
        for _number in range(AT_ONCE)
    ]
    under_way = 0
    for chain in chains:
        wanted.put((chain, chain.cursor))
        under_way += 1
    try:
        for thread in threads[: max(1, min(AT_ONCE, under_way))]:
            thread.start()
        while under_way:
            answer = answers.get()
            if answer.page is not None and answer.page.next_cursor:
                wanted.put((answer.chain, answer.page.next_cursor))
            else:
                under_way -= 1
            yield answer
    finally:
        stop.set()
        for _thread in threads:
            wanted.put(None)
        for thread in threads:
            if thread.ident is not None:
                thread.join()


def serve(
    step: ModuleType,
    wanted: queue.SimpleQueue,
    answers: queue.SimpleQueue,
    stop: threading.Event,
) -> None:
    """One thread: read what is wanted until there is no more."""
    try:
        while (item := wanted.get()) is not None and not stop.is_set():
            chain, cursor = item
            try:
                page = patiently(step, chain.keys, cursor, stop)
                answers.put(Answer(chain=chain, page=page))
            except Exception as error:  # noqa: BLE001 - the reader decides about it
                answers.put(Answer(chain=chain, error=error))
    finally:
        connections.close_all()


def patiently(
    step: ModuleType, keys: list[str], cursor: str, stop: threading.Event
) -> Page:
    """Ask again while WeCom is busy; begin the chain anew when it lost our place."""
    pause = timedelta(seconds=1)
    for attempt in range(1, PATIENCE + 1):
        try:
            return step.fetch(keys=keys, cursor=cursor)
        except WeComRefused as refusal:
            if refusal.errcode not in LOST_CURSOR or not cursor:
                raise
            cursor = ""
        except TryLater as later:
            if attempt == PATIENCE:
                raise
            if stop.wait((later.after or pause).total_seconds()):
                raise
            pause = min(pause * 2, timedelta(seconds=30))
    raise TryLater
