"""How fast jobs are worked off that do nothing, beside the least that this can cost.

The jobs are deliveries to a subscriber that does nothing. The least: as many rows at
once are taken by FOR UPDATE SKIP LOCKED, marked done, and committed, over and over, by
the same driver, in the same table. One process does either in turn, and prints the
jobs a second of each pair.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import django

if __name__ == "__main__":
    django.setup()

import psycopg  # noqa: E402
from django.conf import settings  # noqa: E402
from django.utils import timezone  # noqa: E402

from apps.common.jobs import drain  # noqa: E402
from apps.common.lanes import HANDFUL, Lane  # noqa: E402
from apps.events.bus import record_all, subscribe  # noqa: E402
from apps.events.event import Event  # noqa: E402
from apps.events.models import Delivery, EventRecord  # noqa: E402

LANE = Lane.NEWS
TAKE = """
    SELECT id FROM events_delivery
    WHERE lane = %s AND status = 'waiting' AND due_at <= now()
    ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED
"""
MARK = """
    UPDATE events_delivery SET status = 'done', attempts = 1, done_at = now()
    WHERE id = ANY (%s)
"""


@dataclass(frozen=True, kw_only=True)
class Ticked(Event):
    """Only this benchmark ticks."""


@subscribe(Ticked, lane=LANE)
def do_nothing(event: Ticked) -> None:
    """The work is none."""


def fill(many: int) -> None:
    now = timezone.now()
    record_all(Ticked(at=now, source=EventRecord.Source.SYSTEM) for _ in range(many))


def left() -> int:
    return Delivery.objects.unfinished().count()


def by_hand() -> None:
    """The least: one session, one batch a transaction."""
    with psycopg.connect(address()) as session:
        while True:
            taken = session.execute(TAKE, [LANE, HANDFUL[LANE]], prepare=True)
            ids = [row[0] for row in taken]
            if not ids:
                return
            session.execute(MARK, [ids], prepare=True)
            session.commit()


def by_drain() -> None:
    while left():
        drain(LANE)


def address() -> str:
    parts = settings.DATABASES["default"]
    return psycopg.conninfo.make_conninfo(
        dbname=parts["NAME"], user=parts["USER"], host=parts["HOST"]
    )


def measured(way: Callable[[], None], *, many: int) -> float:
    """Jobs a second."""
    fill(many)
    began = time.monotonic()
    way()
    took = time.monotonic() - began
    if left():
        raise SystemExit(f"{left()} jobs are left")
    return many / took


def run(pairs: int, many: int) -> None:
    for way in (by_hand, by_drain):
        measured(way, many=many // 10)  # what is loaded the first time
    for _ in range(pairs):
        print(json.dumps([measured(by_hand, many=many), measured(by_drain, many=many)]))


if __name__ == "__main__":
    run(*map(int, sys.argv[1:]))
