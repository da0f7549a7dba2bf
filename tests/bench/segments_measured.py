"""What `./run bench segments` measures, in a process with the product's settings."""

import json
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from apps.rules import bitmaps, facts, in_memory, sheets  # noqa: E402
from apps.rules.compile import describes, seen_by  # noqa: E402
from apps.rules.models import KeptSet  # noqa: E402
from apps.rules.tree import Node, read  # noqa: E402
from apps.segments.models import Segment  # noqa: E402
from apps.segments.refresh import refresh  # noqa: E402
from apps.segments.rfm import Asked, rfm  # noqa: E402
from apps.staff.models import User  # noqa: E402

PAIRS = 9
OURS = "touch_tag_tags_tagging_insert"
WINDOWS = ("order", "behaviour", "note")


def field(name: str, op: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"field": name, "op": op, "value": value, **more}


R1 = {"all": [field("tags", "any", [10]), field("tags", "none", [1])]}
R2 = {
    "all": [
        field("order_count", "at_least", 2, within={"days": 90}),
        field("order_sum", "at_least", 50_000, within={"days": 90}),
    ]
}
R3 = field("event_count", "at_least", 3, event="k5", within={"days": 30})
R4 = field("followed_by", "any", [7])
R5 = {
    "all": [
        field("channel_state", "is", "c3"),
        {"not": field("last_note", "last_days", 14)},
    ]
}
FIFTY = field("followed_by", "any", list(range(1, 51)))
R6 = {
    "any": [
        {"all": [{"any": [R1, R3]}, {"not": R5}]},
        {"all": [R2, FIFTY]},
    ]
}
RULES = {"R1": R1, "R2": R2, "R3": R3, "R4": R4, "R5": R5, "R6": R6}


def main() -> None:
    user = User.objects.create_user("bench", is_superuser=True)
    filled = took(fold_all) / 1_000
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE rules_fact")
        cursor.execute("VACUUM ANALYZE rules_sheet")
    trees = {name: read(rule) for name, rule in RULES.items()}
    found: dict[str, dict[str, float]] = {}
    more = []
    for name, tree in trees.items():
        counted(user, tree)
        cold, warm, yard = [], [], []
        for _pair in range(PAIRS):
            yard.append(took(count_all))
            forget_windows()
            cold.append(took(lambda tree=tree: counted(user, tree)))
            warm.append(took(lambda tree=tree: counted(user, tree)))
        y = statistics.median(yard)
        found[name] = {
            "cold": statistics.median(cold) / y,
            "warm": statistics.median(warm) / y,
        }
        more.append(
            f"{name}: {counted(user, tree):,} contacts, cold "
            f"{statistics.median(cold):.1f} ms ({min(cold):.1f} to {max(cold):.1f}), "
            f"warm {statistics.median(warm):.2f} ms, count(*) {y:.1f} ms."
        )
    nested = trees["R6"]
    one = [took(lambda n=n: describes(nested, n * 997, at=now())) for n in range(1, 50)]
    print(
        json.dumps(
            {
                "rules": found,
                "one": statistics.median(one),
                "refresh": refreshed(user, trees),
                "tagging": tagging(more),
                "rfm": rfm_beside_its_base(),
                "more": [*more, f"Facts for everybody: {filled:,.0f} s.", sizes()],
            }
        )
    )


def now() -> Any:
    return timezone.now()


def took(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1_000


def count_all() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM contacts_contact")
        cursor.fetchone()


def counted(user: User, tree: Node) -> int:
    return seen_by(user, tree, at=now()).many


def forget_windows() -> None:
    KeptSet.objects.filter(topic__in=WINDOWS).delete()
    in_memory.held.clear()


def fold_all() -> None:
    bitmaps.fold(at=now())
    facts.complete(patience=3_600)
    sheets.complete(patience=3_600)


def refreshed(user: User, trees: dict[str, Node]) -> float:
    """A hundred segments, the second time: most of their members are still there."""
    made = []
    for number in range(100):
        rule = list(RULES.values())[number % 6]
        made.append(
            Segment.objects.create(name=f"人群 {number}", rule=rule, owner=user)
        )
    for segment in made:
        refresh(segment_id=segment.pk, at=now())
    began = time.perf_counter()
    for segment in made:
        refresh(segment_id=segment.pk, at=now() + timedelta(seconds=1))
    return time.perf_counter() - began


def rfm_beside_its_base() -> float:
    """The cells of a year's buyers, beside the sums that they are made of."""
    asked = Asked(today=timezone.localdate())
    ratios = []
    for _pair in range(PAIRS):
        base = took(lambda: summed(asked))
        ratios.append(took(lambda: rfm(asked)) / base)
    return statistics.median(ratios)


def summed(asked: Asked) -> None:
    with connection.cursor() as cursor:
        sums = "SELECT count(*), sum(recency), sum(frequency), sum(money)"
        statement = f"{sums} FROM ({asked.buyers()}) AS buyers"
        cursor.execute(statement, asked.parameters())
        cursor.fetchone()


def tagging(more: list[str]) -> float:
    """Ten thousand taggings, one by one in a transaction, with and without triggers."""
    rates: dict[bool, list[float]] = {True: [], False: []}
    number = 0
    for _pair in range(3):
        for triggers in (True, False):
            with connection.cursor() as cursor:
                does = "ENABLE" if triggers else "DISABLE"
                cursor.execute(f"ALTER TABLE tags_tagging {does} TRIGGER {OURS}")
                began = time.perf_counter()
                for _batch in range(100):
                    with transaction.atomic():
                        for _row in range(100):
                            number += 1
                            cursor.execute(
                                "INSERT INTO tags_tagging (contact_id, tag_id, source) "
                                "VALUES (%s, %s, 'person') ON CONFLICT DO NOTHING",
                                [number, 480 + number % 20],
                            )
                rates[triggers].append(10_000 / (time.perf_counter() - began))
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE tags_tagging ENABLE TRIGGER {OURS}")
    spent = took(fold_all)
    with_them, without = (statistics.median(rates[each]) for each in (True, False))
    more.append(
        f"Taggings one by one: {with_them:,.0f}/s with the trigger, {without:,.0f}/s "
        f"without it; folding 30,000 of them took {spent:,.0f} ms."
    )
    return with_them / without


def sizes() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, pg_total_relation_size(oid) / 1048576.0, "
            "pg_indexes_size(oid) / 1048576.0 FROM pg_class "
            "WHERE relname IN ('rules_keptset', 'rules_fact', 'rules_sheet', "
            "'tags_tagging', 'followups_note', 'orders_order', 'behaviour_behaviour')"
        )
        told = [
            f"{name} {size:,.0f} MB, of them indexes {indexes:,.0f} MB"
            for name, size, indexes in sorted(cursor.fetchall())
        ]
        cursor.execute("SELECT count(*), sum(length(members)) FROM rules_keptset")
        many, held = cursor.fetchone()
    bitmaps_too = f"{many:,} bitmaps are kept, {held / 1_048_576:.1f} MB together"
    return f"Sizes: {'; '.join(told)}. {bitmaps_too}."


if __name__ == "__main__":
    main()
