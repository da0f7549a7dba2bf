"""Sealed and signed news, sent as WeCom sends it: late, twice, out of order, or lost.

Each event goes to the receiver it belongs to. An attempt fails when no complete
answer has come within five seconds, or (as a knob says) when its status is not 200;
after three attempts WeCom gives up (wecom-api.md 4.3). The corp's knobs say the rest.
"""

import heapq
import http.client
import itertools
import random
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from apps.sandbox.compose import compose
from apps.sandbox.corp import Corp
from apps.sandbox.credentials import Receiver
from apps.sandbox.journal import Journal
from apps.sandbox.records import News
from apps.sandbox.seal import seal, seal_echo

SENDERS = 4
LARGEST_ANSWER = 100_000


@dataclass(kw_only=True)
class Delivery:
    """One event on its way, and how often it has been tried."""

    number: int
    news: News
    attempt: int = 1
    sealed: tuple[dict[str, str], bytes] | None = None


class Callbacks:
    """Listens to the corp and sends its news from a few threads of its own."""

    def __init__(self, corp: Corp, journal: Journal) -> None:
        self.corp = corp
        self.journal = journal
        self.addresses: dict[str, str] = {"app": "", "contacts": ""}
        self.chance = random.Random()
        self.waiting: list[tuple[float, int, Delivery]] = []
        self.order = itertools.count(1)
        self.events = itertools.count(1)
        self.in_flight = 0
        self.stopped = True
        self.changed = threading.Condition()
        self.threads: list[threading.Thread] = []

    def configure(
        self, *, app_url: str | None = None, contacts_url: str | None = None
    ) -> None:
        """Where news go; "" sends none, None leaves it as it is."""
        for receiver, url in (("app", app_url), ("contacts", contacts_url)):
            if url is not None:
                if url and urlsplit(url).scheme not in ("http", "https"):
                    raise ValueError(f"{url!r} is no http address.")
                self.addresses[receiver] = url

    def start(self) -> None:
        self.stopped = False
        self.corp.listeners.append(self.hear)
        for number in range(SENDERS):
            thread = threading.Thread(
                target=self.send_on, name=f"callbacks-{number}", daemon=True
            )
            thread.start()
            self.threads.append(thread)

    def stop(self) -> None:
        if self.hear in self.corp.listeners:
            self.corp.listeners.remove(self.hear)
        with self.changed:
            self.stopped = True
            self.changed.notify_all()
        for thread in self.threads:
            thread.join(timeout=self.corp.knobs.attempt_seconds + 1)
        self.threads.clear()

    def hear(self, news: News) -> None:
        """Put the news on their way, or lose them, as the knobs will have it."""
        knobs, number = self.corp.knobs, next(self.events)
        if not self.addresses[news.receiver]:
            self.log(number, news, outcome="no receiver")
            return
        if self.chance.random() < knobs.loss:
            self.log(number, news, outcome="lost")
            return
        for _ in range(max(knobs.duplicates, 1)):
            wait = knobs.delay_seconds + self.chance.random() * knobs.shuffle_seconds
            due = time.monotonic() + wait
            if knobs.burst_seconds:
                due += knobs.burst_seconds - due % knobs.burst_seconds
            self.put(due, Delivery(number=number, news=news))

    def put(self, due: float, delivery: Delivery) -> None:
        with self.changed:
            heapq.heappush(self.waiting, (due, next(self.order), delivery))
            self.changed.notify()

    def pending(self) -> int:
        with self.changed:
            return len(self.waiting) + self.in_flight

    def flush(self, timeout: float = 60.0) -> int:
        """Wait until nothing is on its way; answers how much still is."""
        with self.changed:
            self.changed.wait_for(
                lambda: not self.waiting and not self.in_flight, timeout
            )
            return len(self.waiting) + self.in_flight

    def send_on(self) -> None:
        while (delivery := self.next_due()) is not None:
            again = None
            try:
                again = self.attempt(delivery)
            finally:
                with self.changed:
                    self.in_flight -= 1
                    if again is not None and not self.stopped:
                        heapq.heappush(
                            self.waiting, (again, next(self.order), delivery)
                        )
                    self.changed.notify_all()

    def next_due(self) -> Delivery | None:
        with self.changed:
            while not self.stopped:
                wait = self.waiting[0][0] - time.monotonic() if self.waiting else None
                if wait is not None and wait <= 0:
                    self.in_flight += 1
                    return heapq.heappop(self.waiting)[2]
                self.changed.wait(wait)
        return None

    def attempt(self, delivery: Delivery) -> float | None:
        """Send it once. Answers when it must be tried again, if it must."""
        knobs, news = self.corp.knobs, delivery.news
        if delivery.sealed is None or knobs.retry_resealed:
            delivery.sealed = self.sealed(news)
        query, body = delivery.sealed
        began = time.monotonic()
        outcome = post(
            self.addresses[news.receiver], query, body, seconds=knobs.attempt_seconds
        )
        self.log(
            delivery.number,
            news,
            outcome=outcome,
            attempt=delivery.attempt,
            ms=round((time.monotonic() - began) * 1000, 1),
            **query,
        )
        answered = outcome.startswith("http ")
        if outcome == "http 200" or (answered and not knobs.retry_on_status):
            return None
        if delivery.attempt >= max(knobs.attempts, 1):
            return None
        delivery.attempt += 1
        return time.monotonic() + knobs.retry_gap_seconds

    def sealed(self, news: News) -> tuple[dict[str, str], bytes]:
        knobs = self.corp.knobs
        text = compose(
            news.message,
            chance=self.chance,
            bare=knobs.bare_values,
            empty=knobs.empty_elements,
            shuffled=knobs.shuffle_elements,
        )
        nonce = str(self.chance.randrange(10**9, 10**10))
        return seal(text, receiver=self.receiver(news.receiver), nonce=nonce)

    def receiver(self, name: str) -> Receiver:
        credentials = self.corp.credentials
        if name == "app":
            return credentials.app_receiver
        return credentials.contacts_receiver

    def verify(self, name: str) -> str:
        """Ask the receiver to prove itself, as the console does when an address is
        saved (wecom-api.md 4.1). Answers "ok", or what was wrong."""
        text = str(self.chance.randrange(10**18, 10**19))
        query = seal_echo(text, receiver=self.receiver(name))
        outcome, answer = exchange("GET", self.addresses[name], query, b"", seconds=1)
        if outcome != "http 200":
            return outcome
        return "ok" if answer == text.encode() else "not the plaintext"

    def log(self, number: int, news: News, **about: Any) -> None:
        self.journal.write(
            "callbacks",
            event=number,
            receiver=news.receiver,
            message=news.message,
            **about,
        )


def post(url: str, query: dict[str, str], body: bytes, *, seconds: float) -> str:
    """What became of one attempt: "http 200", "http 503", "timeout", "refused"…"""
    return exchange("POST", url, query, body, seconds=seconds)[0]


def exchange(
    method: str, url: str, query: dict[str, str], body: bytes, *, seconds: float
) -> tuple[str, bytes]:
    deadline = time.monotonic() + seconds
    address = urlsplit(url)
    secure = address.scheme == "https"
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = connect(address.hostname or "", address.port, timeout=seconds)
    path = f"{address.path or '/'}?{address.query and address.query + '&'}"
    headers = {"Content-Type": "text/xml"} if body else {}
    try:
        connection.request(method, f"{path}{urlencode(query)}", body, headers)
        connection.sock.settimeout(max(deadline - time.monotonic(), 0.001))
        response = connection.getresponse()
        answer = b""
        while piece := response.read1(LARGEST_ANSWER):
            answer += piece
            if time.monotonic() > deadline:
                return "timeout", b""
            if len(answer) > LARGEST_ANSWER:
                break
        return f"http {response.status}", answer
    except TimeoutError:
        return "timeout", b""
    except ConnectionRefusedError:
        return "refused", b""
    except (OSError, http.client.HTTPException) as error:
        return f"broken: {type(error).__name__}", b""
    finally:
        connection.close()
